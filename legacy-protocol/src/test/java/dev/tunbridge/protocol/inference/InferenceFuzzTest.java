package dev.tunbridge.protocol.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.protocol.FuzzSeeds;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Arbitrary bytes that somebody asks a description of; how to fuzz is in CONTRIBUTING. */
class InferenceFuzzTest {
    private static final int FRAMES = 12;
    private static final long MOST_STEPS = 5_000_000;
    /** A step takes some nanoseconds; forty times that where the code is watched or not compiled yet. */
    private static final long MOST_CPU_NANOS = 10_000_000_000L;

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Stream<byte[]> recordings() {
        FuzzSeeds seeds = new FuzzSeeds();
        List<byte[]> recordings = new ArrayList<>();
        for (String name : FrameFormat.builtinNames()) {
            byte[] stream = seeds.stream(FrameFormat.builtin(name), FRAMES);
            byte[] input = new byte[1 + stream.length];
            input[0] = (byte) (recordings.size() % 3 == 0 ? 100 : 0);
            System.arraycopy(stream, 0, input, 1, stream.length);
            recordings.add(input);
        }
        return recordings.stream();
    }

    /** Within a bounded time and memory, and what is proposed is a description. */
    @MethodSource("recordings")
    @FuzzTest(maxDuration = "10m")
    void proposesWhatCanBeLoaded(byte[] input) {
        if (input.length == 0) {
            return;
        }
        // The first byte says how many 256th of the others are the other direction's.
        int other = (input.length - 1) * (input[0] & 0xff) / 256;
        List<byte[]> directions =
                List.of(Arrays.copyOfRange(input, 1 + other, input.length), Arrays.copyOfRange(input, 1, 1 + other));
        long cpuNanos = THREADS.getCurrentThreadCpuTime();
        Inference.Findings findings = Inference.of(directions, MOST_STEPS);
        assertThat(findings.steps()).isLessThanOrEqualTo(MOST_STEPS);
        assertThat(THREADS.getCurrentThreadCpuTime() - cpuNanos)
                .as("nanoseconds of %d steps over %d bytes", findings.steps(), input.length)
                .isLessThan(MOST_CPU_NANOS);
        for (Proposal proposal : findings.proposals()) {
            assertThat(Protocol.parse(proposal.yaml(), "inferred").format().name())
                    .as(proposal.yaml())
                    .isEqualTo("inferred");
            assertThat(proposal.explainedBytes()).isLessThanOrEqualTo(proposal.bytes());
            assertThat(proposal.bits()).isFinite();
        }
    }
}
