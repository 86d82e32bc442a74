package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.filter.Refusal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Counters as JSON. */
class StatsJsonTest {

    /** Public, as the records of the bridge are. */
    public record Inner(int someNumber, boolean isIt) {}

    /** One component of each kind that counters have. */
    public record Outer(
            String text, Inner nested, Map<Refusal, Long> refused, Refusal last, double share, double none) {}

    /** Of a kind that they do not have. */
    public record Foreign(Duration length) {}

    @Test
    void recordsAndMapsBecomeObjectsKeyByKey() {
        Map<Refusal, Long> refused = new LinkedHashMap<>();
        refused.put(Refusal.values()[0], Long.MAX_VALUE);
        refused.put(Refusal.values()[1], 0L);
        String first = Refusal.values()[0].name().toLowerCase(java.util.Locale.ROOT);
        String second = Refusal.values()[1].name().toLowerCase(java.util.Locale.ROOT);
        assertThat(StatsJson.of(
                        new Outer("a\"b\\c\nd", new Inner(-3, true), refused, Refusal.values()[1], 0.25, Double.NaN)))
                .isEqualTo(
                        "{\"text\":\"a\\\"b\\\\c\\u000ad\",\"nested\":{\"some_number\":-3,\"is_it\":true},\"refused\":{\""
                                + first + "\":9223372036854775807,\"" + second + "\":0},\"last\":\"" + second
                                + "\",\"share\":0.25,\"none\":null}");
    }

    @Test
    void aKindThatNobodyHasThoughtOfIsAnErrorAndNotWrongJson() {
        assertThatThrownBy(() -> StatsJson.of(new Foreign(Duration.ofSeconds(1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Duration");
    }
}
