package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The way of a packet from the server to the device: checked, counted, given an IP header where it travelled without,
 * written to the device. Payload is not copied: the device takes it from where the socket was read to, so the bytes stay
 * as they are until {@link #flush()}.
 */
final class Downlink {
    private static final int MAX_IP_PACKET_BYTES = 65_535;

    private final TunDevice device;
    private final FlowTable flows;
    private final Refusals refusals;
    private final IpView ip = new IpView();
    private final InnerPacket packet = new InnerPacket();
    private final SegmentHeader header = new SegmentHeader();
    private @Nullable Route route;
    private long packets;
    private long bytes;
    private long wrongCarriage;

    /** What the welcome has settled. */
    record Route(Carriage carriage, TunnelFilter filter) {}

    Downlink(TunDevice device, FlowTable flows, Refusals refusals) {
        this.device = device;
        this.flows = flows;
        this.refusals = refusals;
    }

    void connect(Route route) {
        this.route = route;
    }

    void disconnect() {
        route = null;
    }

    /** A whole IP packet. */
    void packet(ByteBuf buffer, int index, int length, long nowNanos) {
        Route current = route;
        if (current == null || current.carriage() != Carriage.PACKET) {
            wrongCarriage++;
            return;
        }
        if (ip.wrap(buffer, index, length) != IpProblem.OK) {
            refusals.fromTunnel(Refusal.MALFORMED);
            return;
        }
        packet.wrap(ip);
        if (passes(current, nowNanos)) {
            device.write(buffer, index, length);
        }
    }

    /** A TCP segment or UDP datagram without its IP header. */
    void segment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength,
            long nowNanos) {
        Route current = route;
        if (current == null || current.carriage() != Carriage.SEGMENT) {
            wrongCarriage++;
            return;
        }
        packet.wrapSegment(
                buffer, clientAddressIndex, deviceAddressIndex, addressBytes, ipProtocol, segmentIndex, segmentLength);
        if (packet.totalLength() > MAX_IP_PACKET_BYTES) {
            refusals.fromTunnel(Refusal.TOO_LONG);
            return;
        }
        if (!passes(current, nowNanos)) {
            return;
        }
        header.write(
                device,
                ipProtocol,
                buffer,
                clientAddressIndex,
                deviceAddressIndex,
                addressBytes,
                segmentIndex,
                segmentLength);
    }

    /** Hands what was written to the kernel; afterwards the bytes may change. */
    void flush() {
        device.flush();
    }

    long packets() {
        return packets;
    }

    long bytes() {
        return bytes;
    }

    /** Counts traffic that only another carriage has. */
    void countWrongCarriage() {
        wrongCarriage++;
    }

    /** Traffic in another carriage than the one agreed. */
    long wrongCarriage() {
        return wrongCarriage;
    }

    void release() {
        header.release();
    }

    private boolean passes(Route current, long nowNanos) {
        Refusal refusal = current.filter().fromTunnel(packet);
        if (refusal != null) {
            refusals.fromTunnel(refusal);
            return false;
        }
        flows.fromTunnel(packet, nowNanos);
        packets++;
        bytes += packet.totalLength();
        return true;
    }
}
