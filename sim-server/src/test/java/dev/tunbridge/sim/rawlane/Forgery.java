package dev.tunbridge.sim.rawlane;

import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.reassembly.wire.TcpView;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What somebody who cannot see the connection gets wrong: a segment that is right in everything else, at the right place. */
enum Forgery {
    TCP_CHECKSUM(Rejection.TCP_CHECKSUM, ByKernel.REFUSED, CraftedSegment::breakTcpChecksum),
    IP_CHECKSUM(Rejection.IP_CHECKSUM, ByKernel.REFUSED, CraftedSegment::breakIpChecksum),
    BEYOND_THE_WINDOW(Rejection.WINDOW, ByKernel.REFUSED, segment -> segment.moveSequenceNumber(1 << 20)),
    FAR_BEYOND_THE_WINDOW(Rejection.WINDOW, ByKernel.REFUSED, segment -> segment.moveSequenceNumber(1 << 30)),
    ACKNOWLEDGES_WHAT_WAS_NEVER_SENT(
            Rejection.ACK_NOT_SENT, ByKernel.REFUSED, segment -> segment.moveAcknowledgementNumber(1_000)),
    ACKNOWLEDGES_WHAT_IS_LONG_PAST(
            Rejection.ACK_ANCIENT, ByKernel.REFUSED, segment -> segment.moveAcknowledgementNumber(-200_000)),
    ACK_FLAG_MISSING(Rejection.NO_ACK, ByKernel.REFUSED, segment -> segment.flags(TcpView.PSH)),
    OLD_TIMESTAMP(Rejection.TIMESTAMP_OLD, ByKernel.REFUSED, segment -> segment.moveTimestamps(-60_000, 0)),
    SYN_WITH_DATA(Rejection.SYN, ByKernel.REFUSED, segment -> segment.flags(TcpView.SYN | TcpView.ACK)),
    RST_WITH_DATA(Rejection.RST, ByKernel.REFUSED, segment -> segment.flags(TcpView.RST | TcpView.ACK)),
    OTHER_ADDRESS(null, ByKernel.REFUSED, segment -> segment.from(new InetSocketAddress("198.18.0.3", 7_000))),
    OTHER_PORT(null, ByKernel.REFUSED, segment -> segment.from(new InetSocketAddress("198.18.0.2", 7_001))),
    FOREIGN_TIMESTAMP_ECHO(Rejection.TIMESTAMP_ECHO, ByKernel.TAKEN, segment -> segment.moveTimestamps(0, 0x1000_0000)),
    MISSING_TIMESTAMP(Rejection.TIMESTAMP_MISSING, ByKernel.TAKEN, segment -> segment.options(new byte[0])),
    FAR_FUTURE_TIMESTAMP(Rejection.TIMESTAMP_FUTURE, ByKernel.TAKEN, segment -> segment.moveTimestamps(0x1000_0000, 0));

    /** What Linux does with it. */
    enum ByKernel {
        REFUSED,
        TAKEN
    }

    private final Optional<Rejection> rejection;
    private final ByKernel byKernel;

    @SuppressWarnings("ImmutableEnumChecker") // none of them keeps anything
    private final UnaryOperator<CraftedSegment> change;

    Forgery(@Nullable Rejection rejection, ByKernel byKernel, UnaryOperator<CraftedSegment> change) {
        this.rejection = Optional.ofNullable(rejection);
        this.byKernel = byKernel;
        this.change = change;
    }

    /** Under which reason it is counted; nothing where the capture does not even let it in. */
    Optional<Rejection> rejection() {
        return rejection;
    }

    ByKernel byKernel() {
        return byKernel;
    }

    CraftedSegment of(CraftedSegment right) {
        return change.apply(right);
    }
}
