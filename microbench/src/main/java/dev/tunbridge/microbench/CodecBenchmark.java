package dev.tunbridge.microbench;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.message.MessageCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;

/** One full segment of the reference protocol, written as its description lays it out, and as code that knows the layout by heart. */
public class CodecBenchmark extends LoopBenchmark {
    private static final int SEGMENTS = Traffic.SEGMENTS;
    private static final int TCP = 6;
    private static final int TCP_TYPE = 0x21;
    private static final int IP_BYTES = 20;
    private static final int SOURCE_AT = 12;
    private static final int DESTINATION_AT = 16;

    private final Protocol protocol = Protocol.builtin("reference");
    private final MessageCodec codec = protocol.newCodec();
    private final FrameEncoder encoder = codec.newEncoder();
    private ByteBuf[] packets = {};
    private ByteBuf out = Unpooled.EMPTY_BUFFER;

    @Setup
    public void setUp() {
        packets = Traffic.flow(SEGMENTS);
        out = Unpooled.directBuffer(1 << 18);
    }

    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public int described() {
        out.clear();
        for (ByteBuf packet : packets) {
            codec.beginSegment(encoder, out, TCP, packet, DESTINATION_AT, SOURCE_AT, Integer.BYTES)
                    .writeBytes(packet, IP_BYTES, packet.readableBytes() - IP_BYTES);
            encoder.end();
        }
        return out.writerIndex();
    }

    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public int byHeart() {
        out.clear();
        for (ByteBuf packet : packets) {
            ByteBuf payload = encoder.begin(out, TCP_TYPE);
            payload.writeByte(4);
            payload.writeInt(packet.getInt(DESTINATION_AT)).writeInt(packet.getInt(SOURCE_AT));
            payload.writeBytes(packet, IP_BYTES, packet.readableBytes() - IP_BYTES);
            encoder.end();
        }
        return out.writerIndex();
    }
}
