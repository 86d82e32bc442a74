package dev.tunbridge.bridge.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ServerMemoryTest {
    private static final InetAddress FOUR = address("198.18.0.1");
    private static final InetAddress FOUR_TOO = address("198.18.0.2");
    private static final InetAddress FOUR_AS_WELL = address("198.18.0.3");
    private static final InetAddress SIX = address("2001:2::1");
    private static final InetAddress SIX_TOO = address("2001:2::2");
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    /** Where {@code System.nanoTime} wraps on the way. */
    private static final long START = Long.MAX_VALUE - HOUR / 2;

    private final ServerMemory memory = new ServerMemory();

    private static InetAddress address(String text) {
        return InetAddresses.forString(text);
    }

    @Test
    void familiesTakeTurnsIpv6FirstAndKeepTheResolversOrder() {
        assertThat(memory.order(List.of(FOUR, FOUR_TOO, FOUR_AS_WELL, SIX, SIX_TOO, FOUR)))
                .containsExactly(SIX, FOUR, SIX_TOO, FOUR_TOO, FOUR_AS_WELL);
        assertThat(memory.order(List.of())).isEmpty();
    }

    @Test
    void theLastGoodAddressGoesFirstWhereTheNameStillHasIt() {
        memory.welcomed(FOUR_TOO);
        assertThat(memory.order(List.of(FOUR, FOUR_TOO, SIX))).containsExactly(FOUR_TOO, SIX, FOUR);
        assertThat(memory.order(List.of(FOUR, SIX))).containsExactly(SIX, FOUR);
    }

    @Test
    void anAddressThatConnectsAndDoesNotWelcomeGoesLastUntilItDoes() {
        memory.welcomed(SIX);
        memory.notWelcomed(SIX);
        assertThat(memory.order(List.of(SIX, SIX_TOO, FOUR))).containsExactly(SIX_TOO, FOUR, SIX);
        memory.welcomed(SIX);
        assertThat(memory.order(List.of(SIX_TOO, SIX, FOUR))).containsExactly(SIX, SIX_TOO, FOUR);
    }

    @Test
    void ecnIsOffForAnHourThenTwoAndNeverMoreThanADay() {
        assertThat(memory.allowsEcn(SIX, START)).isTrue();
        long now = START;
        for (long hours : new long[] {1, 2, 4, 8, 16, 24, 24}) {
            assertThat(memory.ecnFailed(SIX, now)).isEqualTo(hours * HOUR);
            assertThat(memory.allowsEcn(SIX, now + hours * HOUR - 1)).isFalse();
            assertThat(memory.allowsEcn(FOUR, now)).as("another address").isTrue();
            now += hours * HOUR;
            assertThat(memory.allowsEcn(SIX, now)).isTrue();
        }
    }

    @Test
    void aSegmentSizeIsRememberedForItsTime() {
        assertThat(memory.maxSegment(FOUR, START)).isEmpty();
        memory.limitSegment(FOUR, 1360, START);
        memory.limitSegment(FOUR, 1240, START + HOUR);
        assertThat(memory.maxSegment(FOUR, START + ServerMemory.SEGMENT_NANOS)).hasValue(1240);
        assertThat(memory.maxSegment(FOUR, START + HOUR + ServerMemory.SEGMENT_NANOS))
                .isEmpty();
    }

    @Test
    void isBoundedAndForgetsWhatWasNotHeardOfForLongest() {
        memory.limitSegment(FOUR, 1360, START);
        memory.limitSegment(SIX, 1360, START);
        List<InetAddress> many = IntStream.range(0, 1_000)
                .mapToObj(i -> address("198.19." + i / 250 + "." + i % 250))
                .toList();
        for (InetAddress other : many) {
            memory.ecnFailed(other, START);
            memory.welcomed(SIX);
            assertThat(memory.size()).isLessThanOrEqualTo(ServerMemory.MOST_ADDRESSES);
        }
        assertThat(memory.maxSegment(FOUR, START)).isEmpty();
        assertThat(memory.maxSegment(SIX, START)).hasValue(1360);
        List<InetAddress> all =
                new ArrayList<>(Stream.concat(many.stream(), Stream.of(SIX)).toList());
        assertThat(memory.order(all)).hasSize(ServerMemory.MOST_ATTEMPTS).startsWith(SIX);
    }
}
