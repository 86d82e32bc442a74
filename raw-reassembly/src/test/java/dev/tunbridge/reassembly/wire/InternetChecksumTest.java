package dev.tunbridge.reassembly.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InternetChecksumTest {
    @Test
    void agreesWithTheExampleOfRfc1071() {
        ByteBuf bytes = Unpooled.wrappedBuffer(
                new byte[] {0, 1, (byte) 0xf2, 3, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7});
        assertThat(InternetChecksum.fold(InternetChecksum.sum(bytes, 0, 8))).isEqualTo(0xddf2);
        assertThat(InternetChecksum.complete(InternetChecksum.sum(bytes, 0, 8))).isEqualTo(0x220d);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void agreesWithWordByWordAdditionAtEveryLengthAndOffset(long seed) {
        Random random = new Random(seed);
        ByteBuf[] kinds = {
            Unpooled.directBuffer(4096),
            Unpooled.buffer(4096),
            new AdaptiveByteBufAllocator().directBuffer(4096),
            Unpooled.directBuffer(4200).retainedSlice(100, 4096).clear(),
            Unpooled.wrappedBuffer(
                            Unpooled.directBuffer(1000).writerIndex(1000),
                            Unpooled.directBuffer(3096).writerIndex(3096))
                    .clear()
        };
        for (ByteBuf buffer : kinds) {
            byte[] bytes = new byte[4096];
            random.nextBytes(bytes);
            if (seed == 3) {
                // All ones make every carry happen.
                java.util.Arrays.fill(bytes, (byte) 0xff);
            }
            buffer.writeBytes(bytes);
            for (int length = 0; length < 200; length++) {
                int index = random.nextInt(4096 - length);
                assertSameAsModel(buffer, bytes, index, length, seed);
            }
            for (int round = 0; round < 500; round++) {
                int index = random.nextInt(4096);
                assertSameAsModel(buffer, bytes, index, random.nextInt(4096 - index), seed);
            }
            buffer.release();
        }
    }

    private static void assertSameAsModel(ByteBuf buffer, byte[] bytes, int index, int length, long seed) {
        assertThat(InternetChecksum.fold(InternetChecksum.sum(buffer, index, length)))
                .as("seed %d index %d length %d", seed, index, length)
                .isEqualTo(slowSum(bytes, index, length));
    }

    @Test
    void sixtyFourKibibytesOfOnesDoNotOverflow() {
        byte[] ones = new byte[65_535];
        java.util.Arrays.fill(ones, (byte) 0xff);
        assertThat(InternetChecksum.fold(InternetChecksum.sum(Unpooled.wrappedBuffer(ones), 0, ones.length)))
                .isEqualTo(slowSum(ones, 0, ones.length));
        assertThat(InternetChecksum.fold(Long.MAX_VALUE)).isEqualTo(slowFold(Long.MAX_VALUE));
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void anUpdateEqualsComputingAnew(long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[64];
        for (int round = 0; round < 5_000; round++) {
            random.nextBytes(bytes);
            if (random.nextInt(4) == 0) {
                java.util.Arrays.fill(bytes, 2, bytes.length, (byte) 0);
            }
            int checksum = ~slowSum(bytes, 0, bytes.length) & 0xffff;
            int oldWord = ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
            int newWord = random.nextInt(8) == 0 ? 0 : random.nextInt(0x10000);
            bytes[0] = (byte) (newWord >>> 8);
            bytes[1] = (byte) newWord;
            int updated = InternetChecksum.updated(checksum, oldWord, newWord);
            // Both zeros of ones' complement are right; what counts is that the receiver's sum is all ones.
            assertThat(slowFold((long) slowSum(bytes, 0, bytes.length) + updated) % 0xffff)
                    .as("seed %d round %d", seed, round)
                    .isZero();
        }
    }

    /** One word at a time, folding after each: obviously right. */
    private static int slowSum(byte[] bytes, int index, int length) {
        int sum = 0;
        for (int at = 0; at < length; at += 2) {
            int high = bytes[index + at] & 0xff;
            int low = at + 1 < length ? bytes[index + at + 1] & 0xff : 0;
            sum = slowFold((long) sum + ((high << 8) | low));
        }
        return sum;
    }

    private static int slowFold(long sum) {
        long rest = sum;
        while (rest > 0xffff) {
            rest = (rest & 0xffff) + (rest >>> 16);
        }
        return (int) rest;
    }
}
