package dev.tunbridge.bridge.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EcnWatchTest {
    private final ModelConnection connection = new ModelConnection();
    private final EcnWatch watch = new EcnWatch();

    private Optional<String> look() {
        return watch.sample(connection.sample());
    }

    @Test
    void findsAPathOnWhichEachSegmentMustBeSentTwiceAndSaysItOnce() {
        int rounds = 0;
        Optional<String> said = look();
        while (said.isEmpty()) {
            connection.send(3, ModelConnection.MSS);
            assertThat(look()).isEmpty();
            connection.arrive(3);
            said = look();
            rounds++;
        }
        assertThat(rounds).isEqualTo(4);
        assertThat(said.get()).contains("do not reach it").contains("12 segments");
        connection.send(3, ModelConnection.MSS);
        connection.arrive(3);
        assertThat(look()).isEmpty();
    }

    @Test
    void findsItWhereASegmentIsSentNowAndThen() {
        look();
        for (int i = 0; i < 7; i++) {
            connection.send(1, 40);
            look();
            connection.arrive(1);
            assertThat(look()).as("segment %d", i).isEmpty();
        }
        connection.send(1, 40);
        look();
        connection.arrive(1);
        assertThat(look()).isPresent();
    }

    @Test
    void anOutageIsNoSuchPath() {
        look();
        for (int outage = 0; outage < 20; outage++) {
            connection.send(30, ModelConnection.MSS);
            connection.timeouts = 5;
            look();
            connection.arrive(40); // some of it more than twice
            assertThat(look()).isEmpty();
            connection.send(10, ModelConnection.MSS);
            look();
            connection.arrive(0);
            assertThat(look()).isEmpty();
        }
    }

    @Test
    void randomLossesOfThirtyPerCentAreNoSuchPath() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        look();
        for (int round = 0; round < 20_000; round++) {
            int segments = 3 + random.nextInt(10);
            connection.send(segments, ModelConnection.MSS);
            look();
            long again = random.ints(segments, 0, 100).filter(draw -> draw < 30).count();
            connection.arrive(again);
            assertThat(look()).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void saysNothingWithoutEcn() {
        connection.ecn = ConnectionSample.Ecn.NONE;
        for (int i = 0; i < 100; i++) {
            connection.send(3, ModelConnection.MSS);
            look();
            connection.arrive(3);
            connection.receive(3, ModelConnection.MSS);
            assertThat(look()).isEmpty();
        }
    }

    @Test
    void findsAPathFromWhichNothingMarkedComesAndLittleElse() {
        int segments = 0;
        Optional<String> said = look();
        while (said.isEmpty()) {
            connection.receive(5, ModelConnection.MSS);
            segments += 5;
            for (int i = 0; i < 20 && said.isEmpty(); i++) {
                said = look();
            }
        }
        assertThat(segments).isBetween(30, 45);
        assertThat(said.get()).contains("do not come from it").contains("none of " + segments);
    }

    @Test
    void aPathThatClearsMarksAndCarriesMuchIsLeftAlone() {
        look();
        for (int i = 0, window = 10; i < 5; i++, window *= 2) {
            connection.receive(window, ModelConnection.MSS);
            for (int j = 0; j < 25; j++) { // a round trip of 250 ms
                assertThat(look()).as("round trip %d", i).isEmpty();
            }
        }
        for (int i = 0; i < 10_000; i++) {
            connection.receive(1, ModelConnection.MSS);
            assertThat(look()).isEmpty();
        }
    }

    @Test
    void oneMarkedPacketIsEnough() {
        connection.ecn = ConnectionSample.Ecn.SEEN;
        for (int i = 0; i < 100; i++) {
            connection.receive(2, ModelConnection.MSS);
            assertThat(look()).isEmpty();
        }
    }
}
