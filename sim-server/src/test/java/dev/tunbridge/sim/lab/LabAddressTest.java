package dev.tunbridge.sim.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabAddressTest {

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.1/30", "198.19.255.254/15", "2001:2::1/64", "2001:2:0:ffff::1/48", "198.18.0.1"})
    void takesTheBenchmarkRanges(String text) {
        assertThat(LabAddress.parse(text)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1/8", "198.17.0.1/30", "198.20.0.1/30", "198.18.0.1/14", "198.18.0.1/33", "0.0.0.0/0",
                "2001:2:1::1/64", "2001:2::1/47", "::ffff:198.18.0.1/128", "fe80::1/64", "localhost/32", "198.18.0.1/x",
                "198.18.0.1/-1", "", "/24"
            })
    void refusesEverythingElseAndSaysWhatIsAllowed(String text) {
        assertThatThrownBy(() -> LabAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed: within 198.18.0.0/15 or 2001:2::/48");
    }
}
