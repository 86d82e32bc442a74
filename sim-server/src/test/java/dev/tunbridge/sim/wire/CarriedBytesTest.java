package dev.tunbridge.sim.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What came out of a tunnel twice, of captures whose answer is known. */
class CarriedBytesTest {
    private static final int PORT = 40_000;

    private final CarriedBytes carried = new CarriedBytes();

    @Test
    void whatComesOnceIsUniqueAndWhatComesAgainIsRepeated() {
        data(1, 1_000, 500);
        data(1, 1_500, 500);
        data(1, 1_000, 500);
        assertThat(carried.uniqueBytes()).isEqualTo(1_000);
        assertThat(carried.repeatedBytes()).isEqualTo(500);
        assertThat(carried.repeatedPercent()).isEqualTo(50, within(1e-9));
    }

    @Test
    void aRetransmissionOfWhatWasLostBeforeTheTunnelIsCarriedOnce() {
        data(1, 1_000, 500);
        data(1, 2_000, 500);
        data(1, 1_500, 500);
        assertThat(carried.uniqueBytes()).isEqualTo(1_500);
        assertThat(carried.repeatedBytes()).isZero();
    }

    @Test
    void ofAnOverlapOnlyThePartThatHadComeIsRepeated() {
        data(1, 1_000, 500);
        data(1, 2_000, 500);
        // Covers the end of the first, the hole, and the beginning of the second.
        data(1, 1_400, 700);
        assertThat(carried.uniqueBytes()).isEqualTo(1_500);
        assertThat(carried.repeatedBytes()).isEqualTo(200);
    }

    @Test
    void sequenceNumbersWrap() {
        data(1, -300, 500);
        data(1, 200, 500);
        data(1, -300, 500);
        data(1, -1, 2);
        assertThat(carried.uniqueBytes()).isEqualTo(1_000);
        assertThat(carried.repeatedBytes()).isEqualTo(502);
    }

    @Test
    void moreThanFourGigabytesOfOneFlowWrapAgainAndAgain() {
        int sequenceNumber = 7;
        int bytes = 60_000;
        for (int segment = 0; segment < 200_000; segment++) {
            data(1, sequenceNumber, bytes);
            sequenceNumber += bytes;
        }
        assertThat(carried.uniqueBytes()).isEqualTo(12_000_000_000L);
        assertThat(carried.repeatedBytes()).isZero();
    }

    @Test
    void flowsAreToldApartByAddressPortAndFamily() {
        data(1, 1_000, 500);
        data(2, 1_000, 500);
        carried.onSegment(Packets.tcp4(1, PORT + 1, 1_000, TcpView.ACK, 500));
        carried.onSegment(Packets.tcp6(1, PORT, 1_000, TcpView.ACK, 500));
        assertThat(carried.repeatedBytes()).isZero();
        carried.onSegment(Packets.tcp6(1, PORT, 1_100, TcpView.ACK, 500));
        assertThat(carried.uniqueBytes()).isEqualTo(2_100);
        assertThat(carried.repeatedBytes()).isEqualTo(400);
    }

    @Test
    void aNewConnectionOnTheSamePortsBeginsAnewAndARepeatedSynDoesNot() {
        carried.onSegment(Packets.tcp4(1, PORT, 999, TcpView.SYN | TcpView.ACK, 0));
        data(1, 1_000, 500);
        carried.onSegment(Packets.tcp4(1, PORT, 999, TcpView.SYN | TcpView.ACK, 0));
        data(1, 1_000, 500);
        assertThat(carried.repeatedBytes()).isEqualTo(500);
        carried.onSegment(Packets.tcp4(1, PORT, 899, TcpView.SYN, 0));
        data(1, 900, 500);
        assertThat(carried.uniqueBytes()).isEqualTo(1_000);
        assertThat(carried.repeatedBytes()).isEqualTo(500);
    }

    @Test
    void whatIsNoPayloadOutOfTheTunnelDoesNotCount() {
        data(1, 1_000, 500);
        carried.onSegment(Packets.tcp4(1, PORT, 1_000, TcpView.ACK, 0));
        carried.onSegment(Packets.tcp4(1, PORT, 1_000, TcpView.ACK, 500).mark(1, true, false));
        carried.onSegment(Packets.udp(Unpooled.buffer().writeZero(100), 0));
        assertThat(carried.uniqueBytes()).isEqualTo(500);
        assertThat(carried.repeatedBytes()).isZero();
    }

    @Test
    void holesAreBoundedAndTheOldestCountsAsFilled() {
        for (int segment = 0; segment <= CarriedBytes.MAX_RANGES + 1; segment++) {
            data(1, 1_000 + 20 * segment, 10);
        }
        data(1, 1_010, 10);
        assertThat(carried.repeatedBytes()).as("the oldest hole is forgotten").isEqualTo(10);
        data(1, 1_000 + 20 * CarriedBytes.MAX_RANGES + 10, 10);
        assertThat(carried.repeatedBytes()).as("the newest is not").isEqualTo(10);
    }

    @Test
    void flowsAreBoundedAndTheRestIsSaid() {
        for (int flow = 0; flow <= CarriedBytes.MAX_FLOWS; flow++) {
            carried.onSegment(Packets.tcp4(1, 1_000 + flow, 5, TcpView.ACK, 10));
        }
        assertThat(carried.uncounted()).isEqualTo(1);
        assertThat(carried.uniqueBytes()).isEqualTo(10L * CarriedBytes.MAX_FLOWS);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agreesWithAModelThatRemembersEveryByte(long seed) {
        Random random = new Random(seed);
        int initial = random.nextInt();
        Set<Integer> seen = new HashSet<>();
        long unique = 0;
        long repeated = 0;
        for (int segment = 0; segment < 2_000; segment++) {
            int at = random.nextInt(60_000);
            int length = 1 + random.nextInt(200);
            data(1, initial + at, length);
            for (int offset = at; offset < at + length; offset++) {
                if (seen.add(offset)) {
                    unique++;
                } else {
                    repeated++;
                }
            }
        }
        assertThat(carried.uniqueBytes()).as("seed %d", seed).isEqualTo(unique);
        assertThat(carried.repeatedBytes()).as("seed %d", seed).isEqualTo(repeated);
    }

    private void data(int source, int sequenceNumber, int bytes) {
        carried.onSegment(Packets.tcp4(source, PORT, sequenceNumber, TcpView.ACK, bytes));
    }
}
