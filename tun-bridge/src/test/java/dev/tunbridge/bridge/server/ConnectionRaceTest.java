package dev.tunbridge.bridge.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectionRaceTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    /** Where {@code System.nanoTime} wraps on the way. */
    private static final long START = Long.MAX_VALUE - 100 * MILLI;

    private static List<Integer> begun(ConnectionRace race, long nowNanos) {
        List<Integer> begun = new ArrayList<>();
        for (OptionalInt next = race.begin(nowNanos); next.isPresent(); next = race.begin(nowNanos)) {
            begun.add(next.getAsInt());
        }
        return begun;
    }

    @Test
    void theNextAttemptBeginsAQuarterOfASecondAfterTheOneBefore() {
        ConnectionRace race = new ConnectionRace(3);
        assertThat(begun(race, START)).containsExactly(0);
        assertThat(begun(race, START + 249 * MILLI)).isEmpty();
        assertThat(race.dueNanos()).isEqualTo(START + 250 * MILLI);
        assertThat(begun(race, START + 250 * MILLI)).containsExactly(1);
        assertThat(begun(race, START + 499 * MILLI)).isEmpty();
        assertThat(race.hasMore()).isTrue();
        assertThat(begun(race, START + 500 * MILLI)).containsExactly(2);
        assertThat(race.hasMore()).isFalse();
        assertThat(race.isLost()).isFalse();
    }

    @Test
    void aFailureBeginsTheNextAtOnceAndThatOneHasItsWholeTime() {
        ConnectionRace race = new ConnectionRace(3);
        begun(race, START);
        race.failed();
        assertThat(begun(race, START + 2 * MILLI)).containsExactly(1);
        assertThat(begun(race, START + 250 * MILLI)).isEmpty();
        assertThat(begun(race, START + 252 * MILLI)).containsExactly(2);
    }

    @Test
    void isLostWhenAllHaveFailedAndNotBefore() {
        ConnectionRace race = new ConnectionRace(2);
        begun(race, START);
        race.failed();
        assertThat(race.isLost()).isFalse();
        begun(race, START);
        race.failed();
        assertThat(race.isLost()).isTrue();
        assertThat(begun(race, START + 1000 * MILLI)).isEmpty();
    }
}
