package dev.tunbridge.microbench;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The search for frame boundaries in bytes that begin anywhere: an operation is one frame length. */
public class ScanBenchmark extends LoopBenchmark {
    private static final int FRAMES = Traffic.SEGMENTS;
    private static final int DATA = 16;
    private static final int CUT = 700;

    @Param({"reference", "plain-le"})
    public String format = "";

    private ByteBuf held = Unpooled.EMPTY_BUFFER;
    private FrameScanner scanner;

    @Setup
    public void setUp() {
        FrameFormat loaded = FrameFormat.builtin(format);
        FrameEncoder encoder = new FrameEncoder(loaded);
        held = Unpooled.directBuffer(1 << 18);
        for (ByteBuf packet : Traffic.flow(FRAMES)) {
            encoder.encode(held, DATA, packet);
        }
        scanner = new FrameScanner(loaded);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int scan() {
        scanner.begin(held, CUT, held.writerIndex());
        int found = 0;
        while (scanner.next() != FrameScanner.NONE) {
            found++;
        }
        return found;
    }
}
