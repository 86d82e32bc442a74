package dev.tunbridge.sim.rawlane;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.sim.lab.LabNamespace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;

/** An interface of a namespace whose wire ends in the test: what is written arrives there, what is sent there is read. */
final class WireTun implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int PACKET_BYTES = 64 * 1024;

    private final TunInterface tun;
    private final ByteBuf out = Unpooled.directBuffer(PACKET_BYTES);
    private final ByteBuf in = Unpooled.directBuffer(PACKET_BYTES);

    private WireTun(TunInterface tun) {
        this.tun = tun;
    }

    /** @param address the namespace's own, with the prefix that is reached by this wire */
    static WireTun open(LabNamespace namespace, String name, String address) throws IOException {
        TunInterface tun = namespace.call(() -> TunInterface.open(name, TunKind.TUN));
        try {
            namespace.run(LIMIT, "ip", "address", "add", address, "dev", name);
            namespace.run(LIMIT, "ip", "link", "set", name, "up");
            return new WireTun(tun);
        } catch (IOException | RuntimeException e) {
            tun.close();
            throw e;
        }
    }

    /** Lets one packet arrive. */
    void write(ByteBuf packet) throws IOException {
        out.clear().writeBytes(packet, packet.readerIndex(), packet.readableBytes());
        if (Descriptors.write(tun.fd(), out.memoryAddress(), out.readableBytes()) != out.readableBytes()) {
            throw new IOException("the interface has not taken a whole packet");
        }
    }

    /** The next packet that was sent, in a buffer for this moment; without readable bytes if there is none. */
    ByteBuf read() throws IOException {
        int length = Descriptors.read(tun.fd(), in.memoryAddress(), PACKET_BYTES);
        return in.setIndex(0, Math.max(0, length));
    }

    @Override
    public void close() {
        tun.close();
        out.release();
        in.release();
    }
}
