package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.capture.SegmentSource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Packets that a test has made, one a millisecond unless it says otherwise, read as a capture file is. */
public final class MemoryRecording implements Recording {
    private final List<byte[]> packets = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private final List<Integer> wireLengths = new ArrayList<>();
    private long nowNanos = TimeUnit.DAYS.toNanos(20_000); // since 1970

    MemoryRecording add(byte[] packet) {
        return addCut(packet, packet.length);
    }

    MemoryRecording addCut(byte[] packet, int wireLength) {
        packets.add(packet);
        nowNanos += TimeUnit.MILLISECONDS.toNanos(1);
        times.add(nowNanos);
        wireLengths.add(wireLength);
        return this;
    }

    public MemoryRecording add(TcpPackets.Builder segment) {
        return add(segment.bytes());
    }

    public MemoryRecording pauseMillis(long millis) {
        nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
        return this;
    }

    /** Makes each packet what it is inside of. */
    public MemoryRecording within(UnaryOperator<byte[]> carrier) {
        for (int i = 0; i < packets.size(); i++) {
            int length = packets.get(i).length;
            packets.set(i, carrier.apply(packets.get(i)));
            wireLengths.set(i, wireLengths.get(i) + packets.get(i).length - length);
        }
        return this;
    }

    /**
     * As a pcap file of raw IP.
     *
     * @param firstMillis the stamp of the first packet
     * @param borrowedSeconds taken from the seconds of each stamp and added to its microseconds
     */
    public Path writeTo(Path file, long firstMillis, int borrowedSeconds) throws IOException {
        ByteBuf out = Unpooled.buffer();
        out.writeInt(0xa1b2c3d4)
                .writeShort(2)
                .writeShort(4)
                .writeLong(0)
                .writeInt(0)
                .writeInt(101);
        for (int i = 0; i < packets.size(); i++) {
            long micros = TimeUnit.NANOSECONDS.toMicros(times.get(i) - times.get(0)) + firstMillis * 1_000;
            out.writeInt((int) (micros / 1_000_000 - borrowedSeconds))
                    .writeInt((int) (micros % 1_000_000 + borrowedSeconds * 1_000_000L));
            out.writeInt(packets.get(i).length).writeInt(wireLengths.get(i)).writeBytes(packets.get(i));
        }
        return Files.write(file, ByteBufUtil.getBytes(out));
    }

    @Override
    public SegmentSource open() {
        return new SegmentSource() {
            private final CapturedSegment segment = new CapturedSegment();
            private int next;

            @Override
            public int drain(SegmentHandler handler, int most) {
                if (next == packets.size()) {
                    return END;
                }
                int count = 0;
                for (; next < packets.size() && count < most; next++, count++) {
                    byte[] copy = packets.get(next).clone(); // valid during the call only: nobody may keep it
                    handler.onSegment(segment.wrap(
                            Unpooled.wrappedBuffer(copy), 0, copy.length, wireLengths.get(next), times.get(next)));
                    java.util.Arrays.fill(copy, (byte) 0xee);
                }
                return count;
            }

            @Override
            public CaptureCounters counters() {
                return new CaptureCounters(next, 0, 0);
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
    }
}
