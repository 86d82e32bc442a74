package dev.tunbridge.bridge.receive;

import dev.tunbridge.bridge.flow.Flow;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.reassembly.recovery.EarlyHandler;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which packets from beyond a hole may go early. A TCP segment that would leave a hole in its own flow stays: three duplicate
 * acknowledgements would make a sender that nobody here can change retransmit and halve its rate (RFC 5681). From a boundary that is
 * only likely, nothing goes but what continues a flow that the kernel lane has shown.
 */
final class EarlyRules {
    /** Ticket of a packet whose flow is not known. It may become known with the next packet of the kernel lane. */
    static final long UNKNOWN_FLOW = Long.MAX_VALUE;

    private static final long RECENT_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** How far a pure acknowledgement may lie from the flow's next number: the largest window without scaling. */
    private static final int WINDOW_BYTES = 65_535;

    private final FlowTable flows;

    EarlyRules(FlowTable flows) {
        this.flows = flows;
    }

    /** One of the answers of {@link EarlyHandler#onEarlyFrame}. */
    long judge(InnerPacket packet, BoundaryGrade grade, long nowNanos) {
        boolean isWhole = packet.fragment() == InnerPacket.Fragment.WHOLE;
        if (!isWhole || !(packet.isIcmp() || packet.hasTransportHeader())) {
            return EarlyHandler.REFUSED; // what cannot be judged waits
        }
        // A boundary that was merely found counts as anchored once the operator has let it count at all.
        boolean isProven = grade == BoundaryGrade.PROVEN;
        if (packet.isIcmp()) {
            return isProven ? EarlyHandler.DELIVERED : EarlyHandler.REFUSED;
        }
        Flow flow = flows.peekFromTunnel(packet);
        if (packet.isTcp()) {
            return isProven ? provenSegment(packet, flow) : likelySegment(packet, flow, nowNanos);
        }
        return isProven || (flow != null && flow.isKnown(nowNanos, RECENT_NANOS))
                ? EarlyHandler.DELIVERED
                : UNKNOWN_FLOW;
    }

    private static long provenSegment(InnerPacket packet, @Nullable Flow flow) {
        int flags = packet.tcpFlags();
        int length = packet.tcpSequenceLength();
        if (length < 0 || (flags & TcpView.RST) != 0) {
            return EarlyHandler.REFUSED;
        }
        if ((flags & TcpView.SYN) != 0 || packet.isPureAck()) {
            return EarlyHandler.DELIVERED;
        }
        if (flow == null || !flow.hasNext()) {
            return UNKNOWN_FLOW;
        }
        int ahead = SequenceNumber.difference(packet.tcpSequenceNumber(), flow.next());
        if (ahead > 0) {
            return ticket(flow, packet.tcpSequenceNumber());
        }
        boolean isOldEnd = ahead < 0 && (flags & TcpView.FIN) != 0;
        return isOldEnd ? EarlyHandler.REFUSED : EarlyHandler.DELIVERED;
    }

    private static long likelySegment(InnerPacket packet, @Nullable Flow flow, long nowNanos) {
        int flags = packet.tcpFlags();
        if (packet.tcpSequenceLength() < 0 || (flags & (TcpView.RST | TcpView.SYN)) != 0) {
            return EarlyHandler.REFUSED;
        }
        if (flow == null || !flow.hasNext() || !flow.isKnown(nowNanos, RECENT_NANOS)) {
            return UNKNOWN_FLOW;
        }
        int ahead = SequenceNumber.difference(packet.tcpSequenceNumber(), flow.next());
        if (packet.isPureAck()) {
            return Math.abs(ahead) <= WINDOW_BYTES ? EarlyHandler.DELIVERED : EarlyHandler.REFUSED;
        }
        if (ahead == 0) {
            return EarlyHandler.DELIVERED;
        }
        return ahead > 0 ? ticket(flow, packet.tcpSequenceNumber()) : EarlyHandler.REFUSED;
    }

    private static long ticket(Flow flow, int sequenceNumber) {
        return (long) flow.index() << Integer.SIZE | Integer.toUnsignedLong(sequenceNumber);
    }

    /** Whether the flow has come to the number that a ticket waits for. */
    boolean isRipe(long ticket) {
        if (ticket == UNKNOWN_FLOW) {
            return true;
        }
        Flow flow = flows.at((int) (ticket >>> Integer.SIZE));
        return flow.hasNext() && SequenceNumber.isAtOrAfter(flow.next(), (int) ticket);
    }
}
