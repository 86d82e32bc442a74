package dev.tunbridge.bridge.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortRangeTest {

    @Test
    void readsOnePortAndMany() {
        assertThat(PortRange.parse("53")).isEqualTo(new PortRange(53, 53));
        assertThat(PortRange.parse("5000-5010")).isEqualTo(new PortRange(5000, 5010));
        assertThat(PortRange.parse("0-65535")).isEqualTo(new PortRange(0, 65535));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "65536", "5-4", "1-", "-1", "1-70000", "dns", "1 - 2", "999999"})
    void refusesWhatIsNoRange(String text) {
        assertThatThrownBy(() -> PortRange.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(PortRange.ALLOWED);
    }
}
