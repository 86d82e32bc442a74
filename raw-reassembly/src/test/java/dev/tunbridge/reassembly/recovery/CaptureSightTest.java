package dev.tunbridge.reassembly.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CaptureSightTest {
    private static final int OTHER = 7;

    private final CaptureSight sight = new CaptureSight();
    private long nowNanos = TimeUnit.HOURS.toNanos(-1);
    private long position;

    /** The kernel lane comes on, a segment every ten milliseconds. */
    private boolean goesBlind(int segments, int bytes) {
        boolean isBlind = false;
        for (int i = 0; i < segments; i++) {
            position += bytes;
            nowNanos += TimeUnit.MILLISECONDS.toNanos(10);
            isBlind |= sight.look(position, nowNanos);
        }
        return isBlind;
    }

    private void begin() {
        sight.seen(position);
        sight.look(position, nowNanos);
    }

    @Test
    void isNotBlindAsLongAsItSeesSomething() {
        for (int i = 0; i < 50; i++) {
            begin();
            assertThat(goesBlind(90, 1_400)).isFalse();
        }
    }

    @Test
    void isBlindWhereTheKernelReceivesWhatIsNotSeen() {
        begin();
        assertThat(goesBlind(200, 1_400)).isTrue();
        assertThat(sight.isBlind()).isTrue();
        assertThat(goesBlind(200, 1_400)).as("said once").isFalse();
        begin();
        assertThat(sight.isBlind()).as("something was seen again").isFalse();
    }

    @Test
    void noticesItInASlowStreamToo() {
        begin();
        assertThat(goesBlind(400, 40)).isFalse();
        assertThat(goesBlind(200, 40)).isTrue();
    }

    @Test
    void silenceIsNotBlindness() {
        begin();
        nowNanos += TimeUnit.HOURS.toNanos(1);
        assertThat(sight.look(position, nowNanos)).isFalse();
        position += 10 * CaptureSight.BLIND_BYTES;
        assertThat(sight.look(position, nowNanos)).as("all at once").isFalse();
    }

    @Test
    void restIsNotBlindness() {
        begin();
        sight.pause();
        assertThat(goesBlind(1_000, 1_400)).isFalse();
        sight.restart(position);
        assertThat(goesBlind(50, 1_400)).isFalse();
        assertThat(goesBlind(200, 1_400)).isTrue();
    }

    @Test
    void knowsByWhichInterfaceTheKernelReceives() {
        begin();
        for (int i = 0; i < 200; i++) {
            sight.seenElsewhere(OTHER, position + 1_400, 1_400);
            sight.seenElsewhere(OTHER + 1, position + 400, 400);
            goesBlind(1, 1_400);
        }
        assertThat(sight.isBlind()).isTrue();
        assertThat(sight.elsewhere(position)).isEqualTo(OTHER);
    }

    /** As libpcap shows them: the last copy of the old way is the first that is seen of the new one. */
    @Test
    void ofAPortAndItsBridgeThePortIsFollowedWhichHasEachSegmentFirst() {
        int bridge = OTHER + 1;
        begin();
        sight.seenElsewhere(bridge, position, 1_400);
        for (int i = 0; i < 200; i++) {
            sight.seenElsewhere(OTHER, position + 1_400, 1_400);
            sight.seenElsewhere(bridge, position + 1_400, 1_400);
            goesBlind(1, 1_400);
        }
        assertThat(sight.isBlind()).isTrue();
        assertThat(sight.elsewhere(position)).isEqualTo(OTHER);
    }

    @Test
    void whoeverSendsALittleElsewhereIsNotFollowed() {
        begin();
        sight.seenElsewhere(OTHER, position + 20_000, 20_000);
        goesBlind(200, 1_400);
        assertThat(sight.isBlind()).isTrue();
        assertThat(sight.elsewhere(position)).isZero();
    }

    @Test
    void whatSomebodySendsElsewhereMeanwhileIsForgotten() {
        begin();
        sight.seenElsewhere(OTHER, position + 1_000_000, 1_000_000);
        begin();
        goesBlind(200, 1_400);
        assertThat(sight.elsewhere(position)).isZero();
    }
}
