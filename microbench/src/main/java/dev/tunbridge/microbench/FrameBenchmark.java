package dev.tunbridge.microbench;

import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Frames of one full packet each: made from it, and found in a stream of them. */
public class FrameBenchmark extends LoopBenchmark implements FrameHandler {
    private static final int FRAMES = Traffic.SEGMENTS;
    private static final int DATA = 16;

    @Param({"reference", "plain-le", "hdlc"})
    public String format = "";

    private ByteBuf[] packets = {};
    private ByteBuf stream = Unpooled.EMPTY_BUFFER;
    private ByteBuf out = Unpooled.EMPTY_BUFFER;
    private FrameDecoder decoder;
    private FrameEncoder encoder;
    private long bytes;

    @Setup
    public void setUp() {
        FrameFormat loaded = FrameFormat.builtin(format);
        packets = Traffic.flow(FRAMES);
        encoder = new FrameEncoder(loaded);
        decoder = new FrameDecoder(loaded);
        out = Unpooled.directBuffer(1 << 18);
        encode();
        stream = out.copy();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int encode() {
        out.clear();
        for (ByteBuf packet : packets) {
            encoder.encode(out, DATA, packet);
        }
        return out.writerIndex();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long decode() {
        stream.readerIndex(0);
        decoder.decode(stream, this);
        return bytes;
    }

    @Override
    public void onFrame(FrameView frame) {
        bytes += frame.payloadLength();
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        throw new IllegalStateException(reason + " at " + offset);
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        throw new IllegalStateException("skipped from " + fromOffset + " to " + toOffset);
    }
}
