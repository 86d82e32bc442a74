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
 * Which packets from beyond a hole may go early. A TCP segment that would leave a hole in its own flow stays: three
 * duplicate acknowledgements would make a sender that nobody here can change retransmit and halve its rate (RFC 5681).
 * From a boundary that is only likely, nothing goes but what continues a flow that the kernel lane has shown.
 */
final class EarlyRules {
    /** Bits of a flow's number in a ticket. */
    private static final int FLOW_BITS = 30;
    /** In a ticket of a packet that waits for the kernel lane to show its flow. */
    private static final long UNKNOWN = (long) EarlyHandler.OTHER_KIND << Integer.SIZE;

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
                : UNKNOWN | ticket(packet, 0);
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
            return ticket(packet, packet.tcpSequenceNumber());
        }
        int ahead = SequenceNumber.difference(packet.tcpSequenceNumber(), flow.next());
        if (ahead > 0) {
            return ticket(packet, packet.tcpSequenceNumber());
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
            int lead = packet.isPureAck() ? WINDOW_BYTES : 0;
            return UNKNOWN | ticket(packet, SequenceNumber.add(packet.tcpSequenceNumber(), -lead));
        }
        int ahead = SequenceNumber.difference(packet.tcpSequenceNumber(), flow.next());
        if (packet.isPureAck()) {
            return ahead >= -WINDOW_BYTES && ahead <= WINDOW_BYTES ? EarlyHandler.DELIVERED : EarlyHandler.REFUSED;
        }
        if (ahead == 0) {
            return EarlyHandler.DELIVERED;
        }
        return ahead > 0 ? ticket(packet, packet.tcpSequenceNumber()) : EarlyHandler.REFUSED;
    }

    private static long ticket(InnerPacket packet, int sequenceNumber) {
        return (long) flowOf(packet) << Integer.SIZE | Integer.toUnsignedLong(sequenceNumber);
    }

    /** The number of a packet's flow, as in tickets. */
    static int flowOf(InnerPacket packet) {
        return FlowTable.numberFromTunnel(packet, FLOW_BITS);
    }

    /** Whether the flow that a ticket waits for has been shown, and has come to the number. */
    boolean isRipe(long ticket, long nowNanos) {
        Flow flow = flows.numbered((int) ((ticket & ~UNKNOWN) >>> Integer.SIZE), FLOW_BITS);
        if (flow == null || ((ticket & UNKNOWN) != 0 && !flow.isKnown(nowNanos, RECENT_NANOS))) {
            return false;
        }
        return flow.protocol() != InnerPacket.TCP
                || (flow.hasNext() && SequenceNumber.isAtOrAfter(flow.next(), (int) ticket));
    }
}
