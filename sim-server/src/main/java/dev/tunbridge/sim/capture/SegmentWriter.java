package dev.tunbridge.sim.capture;

import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Plays the remote end: writes TCP segments to a TUN device, which arrive as from a network card. A segment's sequence
 * number is its count, by which its reader finds out when it was written.
 */
final class SegmentWriter implements AutoCloseable {
    static final int PAYLOAD_BYTES = 1_448;
    /** IPv4, TCP with timestamps. */
    private static final int HEADER_BYTES = 20 + 32;

    static final int SEQUENCE_AT = 20 + TcpView.SEQUENCE_AT;

    /** Far more than ever wait. */
    private static final int REMEMBERED = 1 << 16;

    private final FileDescriptor device;
    private final ByteBuf packet;
    private final AtomicLongArray writtenNanos = new AtomicLongArray(REMEMBERED);
    private int count;

    SegmentWriter(TunInterface tun, FourTuple path) {
        device = new FileDescriptor(tun.fd());
        // The longest an IPv4 packet can be, whole segments only.
        packet = Unpooled.directBuffer(HEADER_BYTES + Traffic.COALESCED_SEGMENTS * PAYLOAD_BYTES);
        packet.writeByte(0x45)
                .writeByte(0)
                .writeShort(0)
                .writeInt(0)
                .writeByte(64)
                .writeByte(6)
                .writeShort(0);
        packet.writeBytes(path.remote().getAddress().getAddress());
        packet.writeBytes(path.local().getAddress().getAddress());
        packet.writeShort(path.remote().getPort()).writeShort(path.local().getPort());
        packet.writeLong(0)
                .writeByte(8 << 4)
                .writeByte(TcpView.ACK)
                .writeShort(0xffff)
                .writeInt(0);
        packet.writeInt(0x0101080a).writeLong(0);
        packet.writeZero(packet.writableBytes());
    }

    /** Writes one packet that stands for so many segments. */
    void write(int segments) throws IOException {
        int length = HEADER_BYTES + segments * PAYLOAD_BYTES;
        packet.setShort(2, length);
        packet.setInt(SEQUENCE_AT, count);
        writtenNanos.set(count++ % REMEMBERED, System.nanoTime());
        if (device.writeAddress(packet.memoryAddress(), 0, length) != length) {
            throw new IOException("the TUN device took only a part of " + length + " bytes");
        }
    }

    /** Of the packet that was written last. */
    int lastNumber() {
        return count - 1;
    }

    /** How long ago the packet of this number was written. */
    long ageNanos(int number) {
        return System.nanoTime() - writtenNanos.get(number % REMEMBERED);
    }

    /**
     * What has been written.
     *
     * @param writingNanos the time within the writes: the kernel's receive path runs in them
     */
    record Written(int packets, long writingNanos) {
        double nanosPerPacket() {
            return (double) writingNanos / packets;
        }
    }

    /** Keeps up a rate for a time. It waits in a busy loop, since a sleep is too coarse; so it takes a core of its own. */
    Written play(Traffic traffic, int segmentsPerSecond, long nanos) throws IOException {
        long begin = System.nanoTime();
        double nanosPerTurn = 1e9 * traffic.segmentsPerTurn() / segmentsPerSecond;
        int packets = 0;
        long writingNanos = 0;
        for (int turn = 0; turn * nanosPerTurn < nanos; turn++) {
            long due = begin + (long) (turn * nanosPerTurn);
            long started = System.nanoTime();
            while (started - due < 0) {
                Thread.onSpinWait();
                started = System.nanoTime();
            }
            for (int i = 0; i < traffic.packets; i++) {
                write(traffic.segments);
            }
            writingNanos += System.nanoTime() - started;
            packets += traffic.packets;
        }
        return new Written(packets, writingNanos);
    }

    /** One segment at a time, with the link and both processors idle in between. */
    void probe(int probes, long pauseNanos) throws IOException {
        for (int i = 0; i < probes; i++) {
            LockSupport.parkNanos(pauseNanos);
            write(1);
        }
    }

    @Override
    public void close() {
        packet.release();
    }
}
