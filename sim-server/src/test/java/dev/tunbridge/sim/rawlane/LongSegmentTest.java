package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.sim.e2e.Scenes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments of any length up to those that receive offload joins, which do not fit a slot of the capture's ring. */
class LongSegmentTest {

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17, 24, 25, 150})
    void everyFrameOfASegmentBeyondAHoleGoesEarly(int frames) throws Exception {
        try (BridgeUnderTest bridge = BridgeUnderTest.open(Map.of())) {
            int hole = bridge.stream().end();
            int behind = bridge.add(1);
            int end = behind;
            List<Integer> early = new ArrayList<>();
            for (int i = 0; i < frames; i++) {
                early.add(2 + i);
                end = bridge.add(2 + i);
            }
            bridge.send(behind, end);
            for (int number : early) {
                bridge.awaitArrived(number);
            }
            bridge.send(hole, behind);
            bridge.awaitArrived(1);
            ReceiveStats stats = bridge.settled(bridge.stats(), 0);
            assertThat(bridge.arrived()).as("each once").hasSize(frames + 2);
            assertThat(stats.earlyFrames()).isEqualTo(frames);
            assertThat(stats.swallowed()).isEqualTo(frames);
            assertThat(stats.rejected()).isEmpty();
        }
    }
}
