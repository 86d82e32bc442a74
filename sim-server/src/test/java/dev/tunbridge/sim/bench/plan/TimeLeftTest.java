package dev.tunbridge.sim.bench.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.bench.load.Workload;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is left to do is told from what was done. */
class TimeLeftTest {
    private static final Workload DOWN = Workload.parse("tcp:down", 10);
    private static final Workload PING = Workload.parse("ping", 5);

    @Test
    void timeLeftIsPlannedLengthsAndWhatCellsTakeBesides() {
        TimeLeft left = new TimeLeft();
        for (int cell = 0; cell < 4; cell++) {
            left.plan(DOWN, Duration.ofSeconds(10));
            left.plan(PING, Duration.ofSeconds(5));
        }
        assertThat(left.estimate()).as("before anything is known").hasSeconds(4 * 13 + 4 * 8);
        left.took(DOWN, Duration.ofSeconds(10), Duration.ofSeconds(12));
        assertThat(left.estimate()).as("all like the one").hasSeconds(3 * 12 + 4 * 7);
        left.took(PING, Duration.ofSeconds(5), Duration.ofSeconds(25));
        assertThat(left.estimate()).as("each like its own").hasSeconds(3 * 12 + 3 * 25);
        TimeLeft next = new TimeLeft();
        next.plan(PING, Duration.ofSeconds(5));
        assertThat(next.learning(left).estimate()).hasSeconds(25);
        assertThat(next.and(next).estimate()).hasSeconds(2 * 8);
    }

    @Test
    void timesAreSaidAsPeopleDo() {
        assertThat(TimeLeft.words(Duration.ofSeconds(59))).isEqualTo("59 s");
        assertThat(TimeLeft.words(Duration.ofSeconds(185))).isEqualTo("3:05 min");
        assertThat(TimeLeft.words(Duration.ofMinutes(440))).isEqualTo("7 h 20 min");
    }
}
