package dev.tunbridge.sim.capture;

import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.ModeratedReadiness;
import dev.tunbridge.linux.PacketSocket;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.LiveSource;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The simplest capture there can be: it reads a packet socket. No stamps of the kernel, no word on checksums or
 * interfaces; only here to be measured. All on the loop.
 */
final class PlainRead implements LiveSource {
    private static final int LONGEST_PACKET_BYTES = 1 << 16;

    private final PacketSocket socket;
    private final FileDescriptor descriptor;
    private final ByteBuf buffer = Unpooled.directBuffer(LONGEST_PACKET_BYTES);
    private final CapturedSegment segment = new CapturedSegment();
    private @Nullable ModeratedReadiness readiness;
    private CaptureCounters counters = CaptureCounters.NONE;

    private PlainRead(PacketSocket socket) {
        this.socket = socket;
        descriptor = new FileDescriptor(socket.fd());
    }

    static PlainRead open(CaptureOptions options) throws IOException {
        PacketSocket socket = PacketSocket.open();
        try {
            Sockets.set(socket.fd(), SocketOption.SO_RCVBUFFORCE, options.ringBytes());
            Sockets.set(socket.fd(), SocketOption.PACKET_IGNORE_OUTGOING, 1);
            socket.attach(options.filter().toSocketFilter());
            socket.bind(Interfaces.index(options.interfaceName().orElseThrow()), PacketSocket.ETH_P_ALL);
            return new PlainRead(socket);
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }

    @Override
    public void start(EventLoop loop, Runnable onReadable) throws IOException {
        readiness = ModeratedReadiness.watch(loop, socket.fd(), "plain-read", onReadable);
    }

    @Override
    public int drain(SegmentHandler handler, int most) throws IOException {
        int drained = 0;
        while (drained < most) {
            // Netty's answer to an empty socket is 0.
            int bytes = descriptor.readAddress(buffer.memoryAddress(), 0, LONGEST_PACKET_BYTES);
            if (bytes <= 0) {
                break;
            }
            drained++;
            handler.onSegment(segment.wrap(buffer, 0, bytes, bytes, System.nanoTime()));
        }
        if (readiness != null) {
            readiness.took(drained, drained == most, System.nanoTime());
        }
        return drained;
    }

    @Override
    public CaptureCounters counters() {
        try {
            PacketSocket.Statistics since = socket.takeStatistics();
            counters = counters.plus(new CaptureCounters(since.packets(), since.dropped(), 0));
        } catch (IOException closed) {
            return counters;
        }
        return counters;
    }

    @Override
    public void close() {
        if (readiness != null) {
            readiness.close();
            readiness = null;
            buffer.release();
        }
        socket.close();
    }
}
