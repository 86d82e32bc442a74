package dev.tunbridge.microbench;

import dev.tunbridge.protocol.frame.Checksum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Checksums of a full packet and of a super-packet. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {LoopThreads.EXECUTOR, LoopThreads.CLASS})
public class ChecksumBenchmark {
    private static final int SUPER_BYTES = 65_536;

    private final ByteBuf bytes = Unpooled.directBuffer(SUPER_BYTES).writeZero(SUPER_BYTES);
    private final Checksum crc16 = new ChecksumAlgorithm.Crc(16, 0x1021, 0xffff, false, false, 0).newChecksum();
    private final Checksum crc32 =
            new ChecksumAlgorithm.Crc(32, 0x04c11db7, 0xffffffff, true, true, 0xffffffff).newChecksum();

    @Setup
    public void fill() {
        bytes.setBytes(0, Traffic.packet(1, SUPER_BYTES - Traffic.HEADER_BYTES - 100), 0, SUPER_BYTES - 200);
    }

    @Benchmark
    @OperationsPerInvocation(1)
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
