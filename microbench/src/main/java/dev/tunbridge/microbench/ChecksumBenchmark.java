package dev.tunbridge.microbench;

import dev.tunbridge.protocol.frame.Checksum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Checksums of a full packet and of a super-packet, in a virtual machine that has seen four kinds of buffers, as that of a
 * bridge has: with one kind it compiles code that no bridge runs.
 */
public class ChecksumBenchmark extends LoopBenchmark {
    private static final int SUPER_BYTES = 65_536;

    private final ByteBuf bytes = Unpooled.directBuffer(SUPER_BYTES).writeZero(SUPER_BYTES);
    private final ByteBuf[] kinds = {
        bytes,
        Unpooled.buffer(1_000).writeZero(1_000),
        PooledByteBufAllocator.DEFAULT.directBuffer(1_000).writeZero(1_000),
        new AdaptiveByteBufAllocator().directBuffer(1_000).writeZero(1_000)
    };
    private final Checksum crc16 = new ChecksumAlgorithm.Crc(16, 0x1021, 0xffff, false, false, 0).newChecksum();
    private final Checksum crc32 =
            new ChecksumAlgorithm.Crc(32, 0x04c11db7, 0xffffffff, true, true, 0xffffffff).newChecksum();

    @Setup
    public void fill() {
        for (int round = 0; round < 20_000; round++) {
            for (ByteBuf kind : kinds) {
                InternetChecksum.sum(kind, 0, 200);
                crc16.compute(kind, 0, 600);
            }
        }
        bytes.setBytes(0, Traffic.packet(1, SUPER_BYTES - Traffic.HEADER_BYTES - 100), 0, SUPER_BYTES - 200);
    }

    @Benchmark
    public long internetOfAPacket() {
        return InternetChecksum.sum(bytes, 0, 1_400);
    }

    @Benchmark
    public long internetOf64KiB() {
        return InternetChecksum.sum(bytes, 0, SUPER_BYTES);
    }

    @Benchmark
    public long crc16OfAPacket() {
        return crc16.compute(bytes, 0, 1_400);
    }

    @Benchmark
    public long crc32OfAPacket() {
        return crc32.compute(bytes, 0, 1_400);
    }
}
