package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.capture.SegmentSource;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Packets that a test has made, one a millisecond unless it says otherwise, read as a capture file is. */
final class MemoryRecording implements Recording {
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

    MemoryRecording add(TcpPackets.Builder segment) {
        return add(segment.bytes());
    }

    MemoryRecording pauseMillis(long millis) {
        nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
        return this;
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
