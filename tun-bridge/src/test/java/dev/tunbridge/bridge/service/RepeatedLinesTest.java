package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.spi.FilterReply;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class RepeatedLinesTest {
    private static final String LINE = "routes: ::/0 is not of the tunnel's address family, left out";

    private final RepeatedLines filter = new RepeatedLines();
    private long nowMillis = 1_764_000_000_000L;

    private boolean isSaid(Level level, String line) {
        LoggingEvent event = new LoggingEvent();
        event.setLevel(level);
        event.setMessage(line);
        event.setTimeStamp(nowMillis);
        return filter.decide(event) != FilterReply.DENY;
    }

    @Test
    void theSameLineIsSaidTwiceAndThenOnceAMinute() {
        int said = 0;
        for (int i = 0; i < 3_000; i++) { // five minutes
            said += isSaid(Level.WARN, LINE) ? 1 : 0;
            nowMillis += 100;
        }
        assertThat(said).isEqualTo(2 + 4);
    }

    @Test
    void linesThatDifferInDurationsAreTheSameAndOthersAreNot() {
        assertThat(isSaid(Level.INFO, "ended after 0.5 s")).isTrue();
        assertThat(isSaid(Level.INFO, "ended after 0.6 s")).isTrue();
        assertThat(isSaid(Level.INFO, "ended after 700 ms")).isFalse();
        assertThat(isSaid(Level.INFO, "port 5060 after 0.7 s")).isTrue();
        assertThat(isSaid(Level.INFO, "port 5061 after 0.7 s")).isTrue();
        assertThat(isSaid(Level.INFO, "port 5062 after 0.7 s")).isTrue();
    }

    @Test
    void whatIsForWhoLooksForAFaultStaysWhole() {
        for (int i = 0; i < 10; i++) {
            assertThat(isSaid(Level.DEBUG, LINE)).isTrue();
        }
    }

    @Test
    void aClockThatIsSetBackSilencesNothingForLongerThanAMinute() {
        isSaid(Level.WARN, LINE);
        isSaid(Level.WARN, LINE);
        nowMillis -= 86_400_000;
        assertThat(isSaid(Level.WARN, LINE)).isTrue();
    }

    @Test
    void manyLinesAreForgottenInTheOrderInWhichTheyWereSeen() {
        isSaid(Level.WARN, LINE);
        isSaid(Level.WARN, LINE);
        for (int i = 0; i < 255; i++) {
            isSaid(Level.WARN, "another, number " + i);
        }
        assertThat(isSaid(Level.WARN, LINE)).isFalse();
        for (int i = 0; i < 256; i++) {
            isSaid(Level.WARN, "and another, number " + i);
        }
        assertThat(isSaid(Level.WARN, LINE)).isTrue();
    }

    @Test
    void theServicesOwnConfigurationHasIt() throws Exception {
        LoggerContext context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            JoranConfigurator configurator = new JoranConfigurator();
            configurator.setContext(context);
            configurator.doConfigure(RepeatedLines.class.getResource("logback.xml"));
            Logger log = context.getLogger("dev.tunbridge.bridge.Any");
            for (int i = 0; i < 5; i++) {
                log.warn("{} again", i % 2);
            }
        } finally {
            System.setErr(before);
            context.stop();
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines()).hasSize(4).allMatch(line -> line.endsWith(" again"));
    }
}
