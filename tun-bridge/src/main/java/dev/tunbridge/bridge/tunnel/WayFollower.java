package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.WayView;
import java.net.InetAddress;
import java.util.Optional;

/**
 * What is to be done when the way to the server may have changed. A wait that began while there was no way, or another one, has lost
 * its reason; a connection goes on by another way where it can, and is asked at once whether it can. No I/O, no clock.
 */
final class WayFollower {
    /** How far the tunnel is. */
    enum Phase {
        WAITING,
        CONNECTING,
        CONNECTED
    }

    /** What is to be done. */
    enum Step {
        NOTHING,
        /** The wait for the next try ends. */
        CONNECT,
        /** The try that is under way goes where there is nothing any more: begin anew. */
        CONNECT_ANEW,
        /** Ask the server whether it still hears. */
        ASK,
        /** The connection's own address has gone, and nothing can come to it. */
        GIVE_UP
    }

    private WayView known = WayView.NONE;

    /** A try begins, with these ways. */
    void trying(WayView ways) {
        known = ways;
    }

    /** What was to be done has not been done: the next look asks for it again. */
    void putOff() {
        known = WayView.NONE;
    }

    /** Looks at the ways as they are now; {@code local} is this end's address of the connection. */
    Step look(Phase phase, WayView now, Optional<InetAddress> local) {
        boolean isOther = now.hasWay() && !now.isSameWay(known);
        known = now;
        return switch (phase) {
            case WAITING -> isOther ? Step.CONNECT : Step.NOTHING;
            case CONNECTING -> isOther ? Step.CONNECT_ANEW : Step.NOTHING;
            case CONNECTED -> {
                if (local.isPresent() && !local.get().isLoopbackAddress() && !now.isOwn(local.get())) {
                    known = WayView.NONE; // by whatever way there is, the next try need not wait
                    yield Step.GIVE_UP;
                }
                yield isOther ? Step.ASK : Step.NOTHING;
            }
        };
    }
}
