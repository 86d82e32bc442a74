package dev.tunbridge.bridge.replay;

import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.bridge.tun.TunStats;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;

/** A TUN device that nobody listens on: each packet goes to a recipient at once, and none ever comes from it. */
final class RecordingTunDevice implements TunDevice {
    private static final int LONGEST_PACKET_BYTES = 0xffff + IpView.IPV6_HEADER_BYTES;

    private final Recipient recipient;
    private final ByteBuf joined = Unpooled.buffer(LONGEST_PACKET_BYTES);
    private final IpView ip = new IpView();
    private long packets;
    private long bytes;
    private long refused;

    /** Takes a whole IP packet; its bytes are valid during the call. */
    interface Recipient {
        void onPacket(ByteBuf buffer, int index, int length);
    }

    RecordingTunDevice(Recipient recipient) {
        this.recipient = recipient;
    }

    @Override
    public String name() {
        return "replay";
    }

    @Override
    public void open(EventLoop loop, TunHandler handler) {
        // Nothing to watch.
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void write(ByteBuf packet, int index, int length) {
        if (ip.wrap(packet, index, length) != IpProblem.OK) {
            refused++;
            return;
        }
        packets++;
        bytes += length;
        recipient.onPacket(packet, index, length);
    }

    @Override
    public void write(ByteBuf header, int headerIndex, int headerLength, ByteBuf body, int bodyIndex, int bodyLength) {
        joined.clear();
        joined.writeBytes(header, headerIndex, headerLength).writeBytes(body, bodyIndex, bodyLength);
        write(joined, 0, joined.readableBytes());
    }

    @Override
    public void flush() {
        // Nothing is kept.
    }

    @Override
    public void pauseReading() {
        // Nothing comes.
    }

    @Override
    public void resumeReading() {
        // Nothing comes.
    }

    @Override
    public TunStats stats() {
        return new TunStats(0, 0, 0, 0, packets, bytes, packets, 0, refused);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
