package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.wire.TcpView;
import java.util.OptionalInt;

/**
 * What the handshake has settled, seen from the receiving end.
 *
 * @param remoteInitial the initial number of the stream that is received; empty where the capture began too late
 * @param localInitial that of the other direction
 * @param localWindowShift by how much to scale the windows that this end offers, or {@link #UNKNOWN}
 * @param remoteWindowShift the same of the other end
 * @param timestamps whether both ends have agreed on them (RFC 7323)
 * @param sumsCount whether the checksums of what is received mean anything
 */
record StreamFacts(
        OptionalInt remoteInitial,
        OptionalInt localInitial,
        int localWindowShift,
        int remoteWindowShift,
        boolean timestamps,
        boolean sumsCount) {
    static final int UNKNOWN = -1;

    /** RFC 7323 section 2.3: a larger shift counts as this one. */
    private static final int MOST_SHIFT = 14;

    static StreamFacts of(Connection connection, End receiver) {
        Half local = connection.of(receiver);
        Half remote = connection.other(receiver);
        return new StreamFacts(
                initial(remote, local),
                initial(local, remote),
                shift(local, remote),
                shift(remote, local),
                local.timestamps() && remote.timestamps(),
                remote.sumsCount());
    }

    private static OptionalInt initial(Half half, Half other) {
        if (half.initialNumber().isPresent()) {
            return half.initialNumber();
        }
        OptionalInt acknowledged = other.acknowledgedBySyn();
        return acknowledged.isPresent() ? OptionalInt.of(acknowledged.getAsInt() - 1) : OptionalInt.empty();
    }

    /** Scaling holds only where both ends have offered it; where one SYN is missing, the other end is taken to have agreed. */
    private static int shift(Half half, Half other) {
        if (half.initialNumber().isEmpty()) {
            return UNKNOWN;
        }
        boolean isRefused = other.initialNumber().isPresent() && other.windowScale() == TcpView.ABSENT;
        return half.windowScale() == TcpView.ABSENT || isRefused ? 0 : Math.min(MOST_SHIFT, half.windowScale());
    }
}
