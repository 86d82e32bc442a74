package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.receive.DeliveryObserver.Lane;
import dev.tunbridge.bridge.replay.ReplayOptions;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.PcapngWriter;
import io.netty.buffer.ByteBuf;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The files that a replay writes: delivered packets, and the stream in order; each only if it was asked for. */
final class ReplayOutputs implements AutoCloseable {
    private final CapturedSegment packet = new CapturedSegment();
    private final @Nullable PcapngWriter writer;
    private final @Nullable OutputStream follow;
    private final int early;
    private final int kernel;

    private ReplayOutputs(@Nullable PcapngWriter writer, @Nullable OutputStream follow) throws IOException {
        this.writer = writer;
        this.follow = follow;
        early = writer == null ? 0 : writer.addInterface("early");
        kernel = writer == null ? 0 : writer.addInterface("kernel");
    }

    static ReplayOutputs open(@Nullable Path packets, @Nullable Path stream) throws IOException {
        PcapngWriter writer = packets == null ? null : PcapngWriter.create(packets);
        try {
            return new ReplayOutputs(
                    writer, stream == null ? null : new BufferedOutputStream(Files.newOutputStream(stream)));
        } catch (IOException e) {
            if (writer != null) {
                writer.close();
            }
            throw e;
        }
    }

    ReplayOptions into(ReplayOptions options) {
        ReplayOptions with = options;
        PcapngWriter toPackets = writer;
        if (toPackets != null) {
            with = with.packets((lane, buffer, index, length, nowNanos) -> {
                packet.wrap(buffer, index, length, length, nowNanos);
                toPackets.write(lane == Lane.EARLY ? early : kernel, packet, nowNanos);
            });
        }
        OutputStream toStream = follow;
        if (toStream != null) {
            with = with.stream((ByteBuf buffer, int index, int length) -> buffer.getBytes(index, toStream, length));
        }
        return with;
    }

    @Override
    public void close() throws IOException {
        try {
            if (follow != null) {
                follow.close();
            }
        } finally {
            if (writer != null) {
                writer.close();
            }
        }
    }
}
