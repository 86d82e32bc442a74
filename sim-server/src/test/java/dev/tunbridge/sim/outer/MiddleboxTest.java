package dev.tunbridge.sim.outer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.linux.CongestionControl;
import dev.tunbridge.sim.e2e.Scenes;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A router eats packets for their marks or for their length, and says nothing. */
class MiddleboxTest {
    private static final String FOUR = "198.18.1.2";
    private static final String SIX = "2001:2:0:9::2";
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    @ParameterizedTest
    @CsvSource({"198.18.1.2, cubic", "198.18.1.2, bbr", "2001:2:0:9::2, cubic"})
    void givesEcnUpWhereMarkedPacketsDoNotReachTheServer(String server, String congestionControl) throws Exception {
        assumeThat(CongestionControl.refusal(congestionControl)).isEmpty();
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.onTheWay("iifname near0 ip ecn != not-ect drop");
            lab.onTheWay("iifname near0 ip6 ecn != not-ect drop");
            lab.bridge(Map.of("socket.congestion-control", congestionControl), server);
            lab.awaitUp(1);
            try (Transfer upload = Transfer.up(lab)) {
                assertThat(upload).isNotNull();
                lab.awaitUp(2);
            }
            assertThat(lab.news()).anyMatch(line -> line.endsWith(": without ECN"));
            assertThat(info(lab))
                    .as("the socket")
                    .isNotEmpty()
                    .contains(" ts sack")
                    .doesNotContain(" ecn");
            try (Transfer upload = Transfer.up(lab)) {
                upload.awaitEnd();
            }
            assertThat(lab.sessions()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {FOUR, SIX})
    void givesEcnUpWhereMarkedPacketsDoNotComeFromTheServer(String server) throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.onTheWay("iifname far0 ip ecn != not-ect drop");
            lab.onTheWay("iifname far0 ip6 ecn != not-ect drop");
            lab.bridge(Map.of(), server);
            lab.awaitUp(1);
            try (Transfer download = Transfer.down(lab)) {
                assertThat(download).isNotNull();
                lab.awaitUp(2);
            }
            assertThat(lab.news()).anyMatch(line -> line.endsWith(": without ECN"));
            try (Transfer download = Transfer.down(lab)) {
                download.awaitEnd();
            }
            assertThat(lab.sessions()).isEqualTo(2);
        }
    }

    @Test
    void keepsEcnWhereNothingIsEaten() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.bridge(Map.of(), FOUR);
            lab.awaitUp(1);
            for (int i = 0; i < 3; i++) {
                try (Transfer upload = Transfer.up(lab);
                        Transfer download = Transfer.down(lab)) {
                    upload.awaitEnd();
                    download.awaitEnd();
                }
            }
            assertThat(info(lab)).contains(" ecn ecnseen ");
            assertThat(lab.sessions()).isOne();
        }
    }

    @Test
    void asksForEcnNoMoreWhereOnlyASynWithoutItIsAnswered() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.onTheWay("tcp flags & (syn|ecn|cwr) == (syn|ecn|cwr) counter drop");
            lab.bridge(Map.of(), FOUR);
            lab.awaitUp(1);
            lab.bridge().reconnect();
            lab.awaitUp(2);
            lab.bridge().reconnect();
            lab.awaitUp(3);
            String counted = lab.router()
                    .run(RoutedLab.LIMIT, "nft", "list", "chain", "inet", "test", "way")
                    .output();
            assertThat(counted).as("each cost a second").contains("packets 2 ");
        }
    }

    @ParameterizedTest
    @CsvSource({"198.18.1.2, auto", "2001:2:0:9::2, auto", "198.18.1.2, off"})
    void sendsShorterSegmentsWhereLongOnesDoNotReachTheServer(String server, String notsent) throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            narrow(lab, "far0", 1_300);
            lab.bridge(Map.of("socket.notsent-lowat", notsent), server);
            long first = lab.awaitUp(1);
            try (Transfer upload = Transfer.up(lab)) {
                assertThat(upload).isNotNull();
                long third = lab.awaitUp(3);
                assertThat(third - first)
                        .as("with 1360 and then 1240, or 1340 and 1220")
                        .isLessThan(30 * SECOND);
            }
            assertThat(lab.news()).anyMatch(line -> line.contains("with segments of 12"));
            try (Transfer upload = Transfer.up(lab)) {
                upload.awaitEnd();
            }
            assertThat(lab.sessions()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {FOUR, SIX})
    void asksForShorterSegmentsWhereLongOnesDoNotCome(String server) throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            narrow(lab, "near0", 1_420);
            lab.bridge(Map.of(), server);
            long first = lab.awaitUp(1);
            try (Transfer download = Transfer.down(lab)) {
                assertThat(download).isNotNull();
                assertThat(lab.awaitUp(2) - first).isLessThan(30 * SECOND);
            }
            assertThat(lab.news()).anyMatch(line -> line.contains("with segments of 13"));
            lab.bridge().reconnect();
            lab.awaitUp(3);
            try (Transfer download = Transfer.down(lab)) {
                download.awaitEnd();
            }
            assertThat(lab.sessions()).as("it is remembered").isEqualTo(3);
        }
    }

    @Test
    void leavesSegmentsAloneWhereSwitchedOff() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            narrow(lab, "far0", 1_300);
            lab.bridge(Map.of("socket.max-segment", "off"), FOUR);
            lab.awaitUp(1);
            try (Transfer upload = Transfer.up(lab)) {
                await().during(Duration.ofSeconds(3)).atMost(RoutedLab.LIMIT).until(() -> lab.sessions() == 1);
                assertThat(upload.isOver()).isFalse();
            }
        }
    }

    @Test
    void aSizeThatIsSetIsAskedForAndSent() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            narrow(lab, "far0", 1_300);
            lab.bridge(Map.of("socket.max-segment", "1200"), FOUR);
            lab.awaitUp(1);
            assertThat(info(lab)).contains(" advmss:1188").contains(" mss:1188");
            try (Transfer upload = Transfer.up(lab)) {
                upload.awaitEnd();
            }
            assertThat(lab.sessions()).isOne();
        }
    }

    /** The router's link has a smaller MTU, and what it says of it is lost. */
    private static void narrow(RoutedLab lab, String link, int mtu) throws IOException {
        RoutedLab.run(lab.router(), "ip", "link", "set", link, "mtu", String.valueOf(mtu));
        lab.byTheRouter("icmp type destination-unreachable drop");
        lab.byTheRouter("icmpv6 type packet-too-big drop");
    }

    private static String info(RoutedLab lab) throws IOException {
        return lab.device()
                .run(RoutedLab.LIMIT, "ss", "-Htino", "state", "established", "dport", "=", "7000")
                .output();
    }
}
