package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.receive.DeliveryObserver.Lane;
import dev.tunbridge.bridge.replay.ReplayOptions;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recording.PcapngWriter;
import io.netty.buffer.ByteBuf;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The files that a replay writes: delivered packets, and the stream in order; each only if it was asked for. */
final class ReplayOutputs implements AutoCloseable {
    static final String PACKETS = "--pcap";
    static final String STREAM = "--follow";

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

    /**
     * Creates the files.
     *
     * @param recording is read once more while they are written, so it must be none of them
     * @throws ConfigException naming the option
     */
    static ReplayOutputs open(Path recording, @Nullable Path packets, @Nullable Path stream) throws IOException {
        mustDiffer(PACKETS, packets, recording, "the recording itself");
        mustDiffer(STREAM, stream, recording, "the recording itself");
        PcapngWriter writer = packets == null ? null : create(PACKETS, packets, PcapngWriter::create);
        try {
            mustDiffer(STREAM, stream, packets, "the file of " + PACKETS);
            OutputStream follow = stream == null ? null : create(STREAM, stream, Files::newOutputStream);
            return new ReplayOutputs(writer, follow == null ? null : new BufferedOutputStream(follow));
        } catch (IOException | ConfigException e) {
            if (writer != null) {
                writer.close();
            }
            throw e;
        }
    }

    /** Also behind another name: a link. */
    private static void mustDiffer(String option, @Nullable Path output, @Nullable Path other, String what)
            throws IOException {
        if (output != null && other != null && Files.exists(output) && Files.isSameFile(output, other)) {
            throw new ConfigException(option, output.toString(), "a file of its own, and not " + what);
        }
    }

    private interface Creation<T> {
        T create(Path file) throws IOException;
    }

    private static <T> T create(String option, Path file, Creation<T> creation) {
        try {
            return creation.create(file);
        } catch (IOException e) {
            throw FileFault.cannotWrite(option, file, e);
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
