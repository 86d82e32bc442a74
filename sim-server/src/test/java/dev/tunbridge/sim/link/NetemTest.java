package dev.tunbridge.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetemTest {

    @Test
    void saysAProfileInNetemsWords() throws Exception {
        assertThat(Netem.arguments("ab", LinkProfile.named("high").ab()))
                .isEqualTo("limit 1000 delay 6000.000us 1500.000us loss random 2.500000% 50.000000%"
                        + " reorder 5.000000% rate 100000000bit");
        // 1250 kB of queue and 100 ms at 50 Mbit/s within the delay, in packets.
        assertThat(Netem.arguments("ab", LinkProfile.named("ge").ab()))
                .isEqualTo("limit 1250 delay 100000.000us loss gemodel 1.000000% 25.000000% 90.000000% 1.000000%"
                        + " rate 50000000bit");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            blackout.for=1s | ba.blackout
            drop.bytes=1    | ba.drop.bytes
            """)
    void refusesWhatNetemCannot(String setting, String field) {
        assertThatThrownBy(() -> Netem.arguments("ba", VirtualLink.impairment(setting)))
                .isInstanceOf(LinkSettingException.class)
                .hasMessageStartingWith(field)
                .hasMessageEndingWith("none with the shaper netem");
    }
}
