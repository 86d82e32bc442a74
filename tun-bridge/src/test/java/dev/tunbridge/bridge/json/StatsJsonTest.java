package dev.tunbridge.bridge.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.measure.WaitHistogram;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.reassembly.stream.Handshake;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Counters as JSON. */
class StatsJsonTest {

    /** Public, as the records of the bridge are. */
    public record Inner(int someNumber, boolean isIt) {}

    /** One component of each kind that counters have. */
    public record Outer(
            String text, Inner nested, Map<Refusal, Long> refused, Refusal last, double share, double none) {}

    /** What may be missing, and what is more than a number. */
    public record Rare(Optional<Inner> there, Optional<Inner> missing, WaitHistogram waits) {}

    /** What was negotiated. */
    public record Connection(Optional<Handshake> handshake) {}

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
    void whatIsMissingIsNullAndOfAHistogramTheUsualFiguresAreTold() {
        Rare rare = new Rare(Optional.of(new Inner(1, false)), Optional.empty(), new ReceiveCounters().waits());
        assertThat(StatsJson.of(rare))
                .isEqualTo("{\"there\":{\"some_number\":1,\"is_it\":false},\"missing\":null,\"waits\":{\"count\":0,"
                        + "\"over_one_ms\":0,\"over_five_ms\":0,\"over_fifty_ms\":0,"
                        + "\"p50_ms\":0.0,\"p99_ms\":0.0,\"max_ms\":0.0}}");
    }

    @Test
    void numbersOfAHandshakeHaveNoSign() {
        Handshake handshake = new Handshake(-1, -2, true, false, 0, 0, 7, 1460, 3);
        assertThat(StatsJson.of(new Connection(Optional.of(handshake))))
                .isEqualTo(
                        "{\"handshake\":{\"sack\":true,\"timestamps\":false,\"window_scale\":7,"
                                + "\"maximum_segment_size\":1460,\"initial_sequence_number\":4294967295,\"interface_index\":3}}");
    }

    @Test
    void aKindThatNobodyHasThoughtOfIsAnErrorAndNotWrongJson() {
        assertThatThrownBy(() -> StatsJson.of(new Foreign(Duration.ofSeconds(1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Duration");
    }
}
