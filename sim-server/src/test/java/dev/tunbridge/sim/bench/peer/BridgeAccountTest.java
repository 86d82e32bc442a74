package dev.tunbridge.sim.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a bridge has written of itself. */
class BridgeAccountTest {
    private static final String RECEIVE =
            "\"receive\":{\"early_frames\":3,\"waits\":{\"over_five_ms\":2,\"p99_ms\":7.5}}";

    @TempDir
    private Path folder;

    @Test
    void whatTheQueueDroppedIsAddedUpOverCausesAndClasses() throws Exception {
        assertThat(dropped("{\"packets\":4,\"dropped\":6,\"dropped_bytes\":8000}"))
                .isEqualTo(6);
        assertThat(dropped("{\"packets\":4,\"classes\":{"
                        + "\"bulk\":{\"dropped_by_codel\":1,\"dropped_by_bound\":20,\"dropped_bytes\":9},"
                        + "\"prompt\":{\"dropped_by_codel\":300,\"dropped_by_bound\":0}}}"))
                .isEqualTo(321);
        assertThat(dropped("{}")).isZero();
    }

    @Test
    void whatWasSuppressedIsToldWhereAnythingCouldBe() throws Exception {
        String rest = "\"queue\":{}," + RECEIVE + "}";
        Measures none = Measures.ofBytes(1);
        assertThat(account("{\"suppression\":{\"copies\":7}," + rest)
                        .addTo(none)
                        .value(Metric.OWN_SUPPRESSED))
                .hasValue(7);
        assertThat(account("{\"suppression\":null," + rest).addTo(none).value(Metric.OWN_SUPPRESSED))
                .isEmpty();
        assertThat(account("{" + rest).addTo(none).value(Metric.OWN_SUPPRESSED)).isEmpty();
    }

    @Test
    void countersThatAreNotThereAreNamed() throws Exception {
        assertThatThrownBy(() -> account("{" + RECEIVE + "}").addTo(Measures.ofBytes(1)))
                .hasMessageContaining("no 'queue'");
        assertThatThrownBy(() -> account("[1]").addTo(Measures.ofBytes(1))).hasMessageContaining("no counters");
    }

    private double dropped(String queue) throws Exception {
        Measures measures = account("{\"queue\":" + queue + "," + RECEIVE + "}").addTo(Measures.ofBytes(1));
        assertThat(measures.value(Metric.OWN_EARLY)).hasValue(3);
        return measures.value(Metric.OWN_DROPPED).orElseThrow();
    }

    private BridgeAccount account(String json) throws Exception {
        return new BridgeAccount(Files.writeString(folder.resolve("bridge.json"), json));
    }
}
