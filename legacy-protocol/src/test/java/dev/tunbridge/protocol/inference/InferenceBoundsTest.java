package dev.tunbridge.protocol.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever the bytes are, the search ends, and says nothing that cannot be loaded. */
class InferenceBoundsTest {
    private static final int MOST_BYTES = 12_000;
    /** A campaign: {@code -Dtunbridge.inference.inputs=N}. */
    private static final int INPUTS = Integer.getInteger("tunbridge.inference.inputs", 12);

    private static final long FEW_STEPS = 100_000_000;

    @Test
    void takesAnyBytesInBoundedWorkAndProposesOnlyWhatCanBeLoaded() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int input = 0; input < INPUTS; input++) {
            List<byte[]> directions = random.nextInt(3) == 0
                    ? List.of(bytes(random, input), bytes(random, random.nextInt(6)))
                    : List.of(bytes(random, input));
            Inference.Findings findings = Inference.of(directions, FEW_STEPS);
            assertThat(findings.steps()).as("seed %d", seed).isLessThanOrEqualTo(FEW_STEPS);
            for (Proposal proposal : findings.proposals()) {
                assertThat(Protocol.parse(proposal.yaml(), "inferred").format().name())
                        .as("seed %d%n%s", seed, proposal.yaml())
                        .isEqualTo("inferred");
                assertThat(proposal.explainedBytes()).as("seed %d", seed).isLessThanOrEqualTo(proposal.bytes());
            }
        }
    }

    @Test
    void stopsWhereTheWorkIsSpentAndSaysSo() {
        byte[] recording = Recordings.of(FrameFormat.builtin("reference"), Recordings.Content.MIXED, 50, 1);
        Inference.Findings findings = Inference.of(List.of(recording), 10_000);
        assertThat(findings.isWhole()).isFalse();
        assertThat(findings.steps()).isLessThanOrEqualTo(10_000);
    }

    @Test
    void saysNothingOfRandomBytes() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int length : new int[] {0, 1, 7, 100, 3_000, MOST_BYTES}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertThat(Inference.of(List.of(bytes)).proposals())
                    .as("seed %d, %d bytes", seed, length)
                    .isEmpty();
        }
    }

    @Test
    void saysNothingOfRandomLines() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        byte[] text = new byte[MOST_BYTES];
        for (int i = 0; i < text.length; i++) {
            int value = random.nextInt(96);
            text[i] = (byte) (value == 95 ? '\n' : ' ' + value);
        }
        assertThat(Inference.of(List.of(text)).proposals()).as("seed %d", seed).isEmpty();
    }

    @Test
    void tellsTheBlocksInFrontOfTheFirstFrame() {
        long seed = Seeds.next();
        byte[] recording = behindBlocks(
                recorded("vtun", 60, seed),
                "VTUN server ver 3.X 08/19/2016\n",
                "OK CHAL: <abcdefghijklmnopabcdefghijklmnop>\n");
        Proposal best = Inference.of(List.of(recording)).proposals().get(0);
        assertThat(best.frames()).as("seed %d", seed).isEqualTo(60);
        assertThat(best.yaml())
                .as("seed %d", seed)
                .contains("# 100 bytes stand in front")
                .contains("unframed: {size: 50, pad: \"00\"}");
    }

    @Test
    void tellsTheBlocksInFrontOfTheFramesOfBothEnds() {
        long seed = Seeds.next();
        byte[] more =
                behindBlocks(recorded("reference", 60, seed), "ACME 3\n", "OK CHAL: <abcdefghijklmnop>\n", "READY\n");
        byte[] less = behindBlocks(recorded("reference", 30, seed + 1), "HOST: site\n", "CHAL: <ponmlkjihgfedcba>\n");
        Proposal best = Inference.of(List.of(less, more)).proposals().get(0);
        assertThat(best.frames()).as("seed %d%n%s", seed, best.yaml()).isEqualTo(90);
        assertThat(best.yaml())
                .as("seed %d", seed)
                .contains("# 150 bytes stand in front of the first frame of who has sent more")
                .contains("# 100 bytes stand in front of the first frame of who has sent less")
                .contains("#   HOST: site\n");
    }

    private static byte[] recorded(String format, int frames, long seed) {
        return Recordings.of(FrameFormat.builtin(format), Recordings.Content.PACKETS, frames, seed);
    }

    /** Blocks of 50 bytes, filled up with zeros. */
    private static byte[] behindBlocks(byte[] frames, String... blocks) {
        byte[] recording = new byte[50 * blocks.length + frames.length];
        for (int i = 0; i < blocks.length; i++) {
            byte[] text = blocks[i].getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, recording, 50 * i, text.length);
        }
        System.arraycopy(frames, 0, recording, 50 * blocks.length, frames.length);
        return recording;
    }

    private static byte[] bytes(Random random, int kind) {
        byte[] bytes = new byte[random.nextInt(MOST_BYTES)];
        switch (kind % 6) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> Arrays.fill(bytes, (byte) random.nextInt(256));
            case 2 -> {
                byte[] word = new byte[1 + random.nextInt(40)];
                random.nextBytes(word);
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = word[i % word.length];
                }
            }
            case 3 -> {
                byte[] lines = "HELLO 250 ready\r\n7e\r\n".getBytes(StandardCharsets.US_ASCII);
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = lines[i % lines.length];
                }
            }
            case 4 -> {
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = Seeds.pick(random, List.of(0, 0, 0, 1, 2, 0x7e, 0x7d, 0xc0, 0xdb, 0xff))
                            .byteValue();
                }
            }
            default -> {
                byte[] recording = Recordings.of(
                        FrameFormat.builtin(Seeds.pick(random, Protocol.builtinNames())),
                        Recordings.Content.MIXED,
                        40,
                        random.nextLong());
                bytes = Arrays.copyOfRange(
                        recording,
                        random.nextInt(Math.min(50, recording.length)),
                        Math.min(MOST_BYTES, recording.length));
                for (int i = 0; i < bytes.length / 200; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
        }
        return bytes;
    }
}
