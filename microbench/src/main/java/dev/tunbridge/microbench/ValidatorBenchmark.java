package dev.tunbridge.microbench;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.stream.SegmentValidator;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** The judgement on a captured segment of the outer connection, its checksum included. */
public class ValidatorBenchmark extends LoopBenchmark {
    private final CapturedSegment segment = new CapturedSegment();
    private final ByteBuf data = Traffic.packet(1, Traffic.PAYLOAD_BYTES);
    private SegmentValidator validator;

    private static final class Kernel implements KernelView {
        @Override
        public void refresh() {}

        @Override
        public long ackedOffset() {
            return 0;
        }

        @Override
        public long sentOffset() {
            return 0;
        }

        @Override
        public long receiveWindowBytes() {
            return 1 << 20;
        }

        @Override
        public long unreadBytes() {
            return 0;
        }
    }

    @Setup
    public void setUp() throws UnknownHostException {
        FourTuple path = new FourTuple(
                new InetSocketAddress(InetAddress.getByName("198.19.0.9"), 40_000),
                new InetSocketAddress(InetAddress.getByName("198.19.0.1"), 80));
        validator = new SegmentValidator(path, new Kernel(), false, 0);
        ByteBuf synAck = Traffic.packet(0, 0);
        synAck.setByte(33, 0x12);
        synAck.setShort(36, synAck.getUnsignedShort(36) - 2); // a flag more
        judge(synAck);
        if (judge(data) != null) {
            throw new IllegalStateException("refused: " + judge(data));
        }
    }

    private Object judge(ByteBuf packet) {
        int length = packet.readableBytes();
        return validator.judge(segment.wrap(packet, 0, length, length, 1).mark(0, false, false), 0, 1 << 20);
    }

    @Benchmark
    public Object validate() {
        return judge(data);
    }
}
