package dev.tunbridge.bridge.receive;

import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.Flow;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.suppress.InnerSender;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.bridge.suppress.SenderFeedback;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.reassembly.recovery.EarlyHandler;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The way of a packet from the server to the device: checked, counted, given an IP header where it travelled without,
 * written to the device; and of a channel's bytes to who serves it. Payload is not copied: the device takes it from where the socket or the capture was read to, so
 * the bytes stay as they are until {@link #flush()}.
 */
public final class Downlink {
    private static final int MAX_IP_PACKET_BYTES = 65_535;
    /** Ticket of a packet that came before the welcome. */
    private static final long NO_ROUTE = Long.MAX_VALUE;

    private final TunDevice device;
    private final FlowTable flows;
    private final Refusals refusals;
    private final EarlyRules early;
    private final IpView ip = new IpView();
    private final InnerPacket packet = new InnerPacket();
    private final SegmentHeader header = new SegmentHeader();
    private @Nullable RetransmitSuppressor suppressor;
    private @Nullable SenderFeedback feedback;
    private @Nullable Route route;
    private @Nullable ChannelSink channels;
    private long packets;
    private long bytes;
    private long wrongCarriage;

    /** What the welcome has settled. */
    public record Route(Carriage carriage, TunnelFilter filter) {}

    public Downlink(TunDevice device, FlowTable flows, Refusals refusals) {
        this.device = device;
        this.flows = flows;
        this.refusals = refusals;
        early = new EarlyRules(flows);
    }

    /**
     * Local senders are told what became of their segments.
     *
     * @param suppressor hears what the packets tell; null where nothing is suppressed
     */
    public void tellSenders(@Nullable RetransmitSuppressor suppressor) {
        this.suppressor = suppressor;
        feedback = new SenderFeedback(suppressor);
    }

    /** Where the bytes of channels go. */
    public void serveChannels(ChannelSink channels) {
        this.channels = channels;
    }

    /** From now on traffic passes. */
    public void connect(Route route) {
        this.route = route;
    }

    public void disconnect() {
        route = null;
    }

    /** A whole IP packet by the kernel lane. */
    public void packet(ByteBuf buffer, int index, int length, long nowNanos) {
        Route current = routeOf(Carriage.PACKET);
        if (current == null) {
            wrongCarriage++;
            return;
        }
        if (!wrap(buffer, index, length)) {
            refusals.fromTunnel(Refusal.MALFORMED);
            return;
        }
        Flow flow = passes(current, nowNanos);
        if (flow != null && !isTelling(flow, nowNanos)) {
            device.write(buffer, index, length);
        }
    }

    /** A TCP segment or UDP datagram without its IP header, by the kernel lane. */
    public void segment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength,
            long nowNanos) {
        Route current = routeOf(Carriage.SEGMENT);
        if (current == null) {
            wrongCarriage++;
            return;
        }
        packet.wrapSegment(
                buffer, clientAddressIndex, deviceAddressIndex, addressBytes, ipProtocol, segmentIndex, segmentLength);
        if (packet.totalLength() > MAX_IP_PACKET_BYTES) {
            refusals.fromTunnel(Refusal.TOO_LONG);
            return;
        }
        Flow flow = passes(current, nowNanos);
        if (flow != null && !isTelling(flow, nowNanos)) {
            writeSegment();
        }
    }

    /** Bytes of a channel, or one datagram, by the kernel lane. */
    public void data(int channel, ByteBuf buffer, int index, int length, long nowNanos) {
        ChannelSink sink = channels;
        if (sink == null || routeOf(Carriage.SOCKET) == null) {
            wrongCarriage++;
        } else {
            sink.data(channel, buffer, index, length, nowNanos);
        }
    }

    /**
     * Bytes of a channel from beyond a hole; answers as {@link EarlyHandler#onEarlyFrame}. An open channel is a flow that is known, so every
     * grade that the operator lets count is enough, as for a datagram of such a flow.
     */
    long earlyData(int channel, ByteBuf buffer, int index, int length, long nowNanos) {
        ChannelSink sink = channels;
        boolean isTaken = sink != null
                && routeOf(Carriage.SOCKET) != null
                && sink.early(channel, buffer, index, length, nowNanos);
        return isTaken ? EarlyHandler.DELIVERED : EarlyHandler.REFUSED;
    }

    /** A whole IP packet from beyond a hole; answers as {@link EarlyHandler#onEarlyFrame}. */
    long earlyPacket(ByteBuf buffer, int index, int length, BoundaryGrade grade, long nowNanos) {
        Route current = routeOf(Carriage.PACKET);
        if (current == null) {
            return withoutRoute();
        }
        if (!wrap(buffer, index, length)) {
            return EarlyHandler.REFUSED;
        }
        long answer = judge(current, grade, nowNanos);
        if (answer == EarlyHandler.DELIVERED) {
            if (!ip.headerChecksumValid()) {
                return EarlyHandler.REFUSED;
            }
            if (!isTelling(countEarly(nowNanos), nowNanos)) {
                device.write(buffer, index, length);
            }
        }
        return answer;
    }

    /** A TCP segment or UDP datagram from beyond a hole; answers as {@link EarlyHandler#onEarlyFrame}. */
    long earlySegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength,
            BoundaryGrade grade,
            long nowNanos) {
        Route current = routeOf(Carriage.SEGMENT);
        if (current == null) {
            return withoutRoute();
        }
        packet.wrapSegment(
                buffer, clientAddressIndex, deviceAddressIndex, addressBytes, ipProtocol, segmentIndex, segmentLength);
        if (packet.totalLength() > MAX_IP_PACKET_BYTES) {
            return EarlyHandler.REFUSED;
        }
        long answer = judge(current, grade, nowNanos);
        if (answer == EarlyHandler.DELIVERED) {
            if (!isTelling(countEarly(nowNanos), nowNanos)) {
                writeSegment();
            }
        }
        return answer;
    }

    /** The welcome may still lie in the hole. */
    private long withoutRoute() {
        return route == null ? NO_ROUTE : EarlyHandler.REFUSED;
    }

    /** What is refused here is not counted: the kernel lane will bring it, and count it then. */
    private long judge(Route current, BoundaryGrade grade, long nowNanos) {
        if (current.filter().fromTunnel(packet) != null) {
            return EarlyHandler.REFUSED;
        }
        long answer = early.judge(packet, grade, nowNanos);
        return answer == EarlyHandler.DELIVERED && !packet.isTransportChecksumValid() ? EarlyHandler.REFUSED : answer;
    }

    /** Whether a packet that was put off may go now. */
    boolean isRipe(long ticket, long nowNanos) {
        return ticket == NO_ROUTE ? route != null : early.isRipe(ticket, nowNanos);
    }

    /** The flow of the packet last delivered early, as in tickets. */
    int earlyFlow() {
        return EarlyRules.flowOf(packet);
    }

    /** The kernel lane has reached a packet that had gone early. */
    void swallowedPacket(ByteBuf buffer, int index, int length, long nowNanos) {
        if (wrap(buffer, index, length)) {
            known(nowNanos);
        }
    }

    /** The kernel lane has reached a segment that had gone early. */
    void swallowedSegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength,
            long nowNanos) {
        packet.wrapSegment(
                buffer, clientAddressIndex, deviceAddressIndex, addressBytes, ipProtocol, segmentIndex, segmentLength);
        known(nowNanos);
    }

    private void known(long nowNanos) {
        Flow flow = flows.peekFromTunnel(packet);
        if (flow != null) {
            flow.known(nowNanos);
        }
    }

    /** Hands what was written to the kernel; afterwards the bytes may change. */
    public void flush() {
        device.flush();
        if (channels != null) {
            channels.flush();
        }
    }

    public long packets() {
        return packets;
    }

    public long bytes() {
        return bytes;
    }

    /** Traffic in another carriage than the one agreed. */
    public long wrongCarriage() {
        return wrongCarriage;
    }

    /** Frees the memory. */
    public void release() {
        header.release();
        if (feedback != null) {
            feedback.release();
        }
    }

    /** Whether the packet has been written, changed, to tell its receiver what became of the segments that it sent. */
    private boolean isTelling(Flow flow, long nowNanos) {
        if (feedback == null || !packet.isTcp()) {
            return false;
        }
        InnerSender duplicate = suppressor == null ? null : suppressor.heard(packet, flow, nowNanos);
        boolean echoes = flow.isCongested()
                && packet.hasTransportHeader()
                && (packet.tcpFlags() & (TcpView.ACK | TcpView.SYN)) == TcpView.ACK;
        return (duplicate != null || echoes) && feedback.write(device, packet, echoes ? TcpView.ECE : 0, duplicate);
    }

    private @Nullable Route routeOf(Carriage carriage) {
        Route current = route;
        return current != null && current.carriage().includes(carriage) ? current : null;
    }

    private boolean wrap(ByteBuf buffer, int index, int length) {
        if (ip.wrap(buffer, index, length) != IpProblem.OK) {
            return false;
        }
        packet.wrap(ip);
        return true;
    }

    private void writeSegment() {
        header.write(
                device,
                packet.protocol(),
                packet.buffer(),
                packet.sourceIndex(),
                packet.destinationIndex(),
                packet.addressBytes(),
                packet.transportIndex(),
                packet.transportLength());
    }

    /** The packet's flow, or null if it is refused. */
    private @Nullable Flow passes(Route current, long nowNanos) {
        Refusal refusal = current.filter().fromTunnel(packet);
        if (refusal != null) {
            refusals.fromTunnel(refusal);
            return null;
        }
        Flow flow = flows.fromTunnel(packet, nowNanos);
        flow.known(nowNanos);
        boolean isOrdered =
                packet.isTcp() && packet.fragment() == InnerPacket.Fragment.WHOLE && packet.hasTransportHeader();
        if (isOrdered && (!flow.hasNext() || packet.tcpSequenceLength() > 0)) {
            advance(flow);
        }
        count();
        return flow;
    }

    /**
     * An acknowledgement alone shows where its sender is, not that all before has come: what it sent before may lie in
     * the hole, and what it sends then would leave a hole in its flow.
     */
    private Flow countEarly(long nowNanos) {
        Flow flow = flows.fromTunnel(packet, nowNanos);
        if (packet.isTcp() && packet.tcpSequenceLength() > 0) {
            advance(flow);
        }
        count();
        return flow;
    }

    private void advance(Flow flow) {
        int length = packet.tcpSequenceLength();
        if (length >= 0) {
            flow.delivered(packet.tcpSequenceNumber() + length, (packet.tcpFlags() & TcpView.SYN) != 0);
        }
    }

    private void count() {
        packets++;
        bytes += packet.totalLength();
    }
}
