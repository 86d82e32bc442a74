package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.net.WayView;
import dev.tunbridge.bridge.tunnel.WayFollower.Phase;
import dev.tunbridge.bridge.tunnel.WayFollower.Step;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WayFollowerTest {
    private static final InetAddress LOCAL = InetAddresses.forString("198.18.0.10");
    private static final Optional<InetAddress> OWN = Optional.of(LOCAL);
    private static final WayView A = new WayView(List.of("by a0"), true, Set.of(LOCAL), Set.of());
    private static final WayView B = new WayView(List.of("by b0"), true, Set.of(LOCAL), Set.of());
    private static final WayView NO_WAY = new WayView(List.of("no way"), false, Set.of(LOCAL), Set.of());
    private static final WayView B_WITHOUT_ADDRESS = new WayView(List.of("by b0"), true, Set.of(), Set.of());

    private final WayFollower follower = new WayFollower();

    @BeforeEach
    void triesByA() {
        follower.trying(A);
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void doesNothingWhileTheWayIsTheSameOrThereIsNone(Phase phase) {
        assertThat(follower.look(phase, A, OWN)).isEqualTo(Step.NOTHING);
        assertThat(follower.look(phase, NO_WAY, OWN)).isEqualTo(Step.NOTHING);
        assertThat(follower.look(phase, NO_WAY, OWN)).isEqualTo(Step.NOTHING);
    }

    @Test
    void endsAWaitOnceForEachWay() {
        assertThat(follower.look(Phase.WAITING, B, Optional.empty())).isEqualTo(Step.CONNECT);
        assertThat(follower.look(Phase.WAITING, B, Optional.empty())).isEqualTo(Step.NOTHING);
    }

    @Test
    void takesTheSameWayForAnotherOnceItWasGone() {
        follower.look(Phase.WAITING, NO_WAY, Optional.empty());
        assertThat(follower.look(Phase.WAITING, A, Optional.empty())).isEqualTo(Step.CONNECT);
    }

    @Test
    void beginsATryAnewAndAsksWithinAConnection() {
        assertThat(follower.look(Phase.CONNECTING, B, Optional.empty())).isEqualTo(Step.CONNECT_ANEW);
        assertThat(follower.look(Phase.CONNECTED, A, OWN)).isEqualTo(Step.ASK);
    }

    @Test
    void givesAConnectionUpWithItsAddressAndDoesNotWaitThen() {
        assertThat(follower.look(Phase.CONNECTED, B_WITHOUT_ADDRESS, OWN)).isEqualTo(Step.GIVE_UP);
        assertThat(follower.look(Phase.WAITING, B_WITHOUT_ADDRESS, Optional.empty()))
                .isEqualTo(Step.CONNECT);
    }

    @Test
    void asksAgainForWhatWasPutOffUnlessATryHasBegun() {
        follower.look(Phase.WAITING, B, Optional.empty());
        follower.putOff();
        assertThat(follower.look(Phase.WAITING, B, Optional.empty())).isEqualTo(Step.CONNECT);
        follower.putOff();
        follower.trying(B);
        assertThat(follower.look(Phase.CONNECTING, B, Optional.empty())).isEqualTo(Step.NOTHING);
    }

    @Test
    void keepsAConnectionWithinTheHost() {
        Optional<InetAddress> loopback = Optional.of(InetAddress.getLoopbackAddress());
        assertThat(follower.look(Phase.CONNECTED, A, loopback)).isEqualTo(Step.NOTHING);
    }
}
