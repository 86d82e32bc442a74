package dev.tunbridge.bridge.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.server.SegmentWatch.Advice;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentWatchTest {
    private final ModelConnection connection = new ModelConnection();
    private final SegmentWatch watch = new SegmentWatch(4, Integer.MAX_VALUE);

    /** Whether the server's kernel answers what it is asked. */
    private boolean answers = true;

    private int asked;

    private Advice look(int samples) {
        for (int i = 0; i < samples; i++) {
            Advice advice = watch.sample(connection.sample());
            if (advice == Advice.ASK) {
                asked++;
                connection.segmentsIn += answers ? 1 : 0;
            } else if (advice != Advice.NOTHING) {
                return advice;
            }
        }
        return Advice.NOTHING;
    }

    @ParameterizedTest
    @CsvSource({
        "1460, 4, 1360",
        "1452, 4, 1360",
        "1360, 4, 1240",
        "1240, 4, 1024",
        "1024, 4, 536",
        "536, 4, 0",
        "1440, 16, 1340",
        "1340, 16, 1220",
        "1220, 16, 0",
        "65483, 4, 1360"
    })
    void stepsAreWhatLinksLeave(int from, int addressBytes, int to) {
        assertThat(SegmentSteps.below(from, addressBytes))
                .isEqualTo(to == 0 ? OptionalInt.empty() : OptionalInt.of(to));
    }

    @Test
    void segmentsThatDoNotGetThereWhileTheServerAnswersAreTooLong() {
        look(1);
        connection.send(10, ModelConnection.MSS);
        assertThat(look(20)).isEqualTo(Advice.NOTHING);
        assertThat(asked).as("before the first timeout").isZero();
        for (int timeouts = 1; timeouts <= 2; timeouts++) {
            connection.timeouts = timeouts;
            assertThat(look(60)).isEqualTo(Advice.NOTHING);
        }
        connection.timeouts = 3;
        assertThat(look(60)).isEqualTo(Advice.SHORTEN_UP);
        ConnectionSample sample = connection.sample();
        assertThat(watch.limit(Advice.SHORTEN_UP, sample)).hasValue(1360);
        assertThat(SegmentWatch.words(Advice.SHORTEN_UP, sample, 1360))
                .contains("1448")
                .contains("1360");
        assertThat(look(100)).as("said once").isEqualTo(Advice.NOTHING);
    }

    @Test
    void anOutageIsNoHoleAndNeitherIsItsEnd() {
        answers = false;
        look(1);
        connection.send(10, ModelConnection.MSS);
        for (int timeouts = 1; timeouts <= 12; timeouts++) {
            connection.timeouts = timeouts;
            assertThat(look(100)).isEqualTo(Advice.NOTHING);
        }
        answers = true;
        assertThat(look(100)).isEqualTo(Advice.NOTHING);
        connection.timeouts++; // sent again a moment ago, and on its way
        assertThat(look(10)).isEqualTo(Advice.NOTHING);
        connection.arrive(10);
        assertThat(look(100)).isEqualTo(Advice.NOTHING);
    }

    @Test
    void anOutageOfTheWayUpUnderADownloadIsNoHole() {
        answers = false;
        look(1);
        connection.send(10, ModelConnection.MSS);
        for (int timeouts = 1; timeouts <= 12; timeouts++) {
            connection.timeouts = timeouts;
            connection.receive(20, ModelConnection.MSS);
            assertThat(look(50)).isEqualTo(Advice.NOTHING);
            connection.dataSegmentsIn++; // again what came before: no acknowledgement of it gets there
            connection.segmentsIn++;
            assertThat(look(50)).isEqualTo(Advice.NOTHING);
        }
        assertThat(asked).isPositive();
    }

    @Test
    void isMorePatientWhereLongSegmentsHadPassed() {
        look(1);
        connection.send(10, ModelConnection.MSS);
        look(1);
        connection.arrive(0);
        look(1);
        connection.send(10, ModelConnection.MSS);
        for (int timeouts = 1; timeouts <= 5; timeouts++) {
            connection.timeouts = timeouts;
            assertThat(look(50)).isEqualTo(Advice.NOTHING);
        }
        connection.timeouts = 6;
        assertThat(look(60)).isEqualTo(Advice.SHORTEN_UP);
    }

    @Test
    void shortSegmentsCannotBeTooLong() {
        look(1);
        connection.send(1, 300);
        for (int timeouts = 1; timeouts <= 12; timeouts++) {
            connection.timeouts = timeouts;
            assertThat(look(50)).isEqualTo(Advice.NOTHING);
        }
    }

    @Test
    void segmentsThatDoNotComeWhileTheServerAnswersAreTooLong() {
        look(1);
        connection.receive(2, 200);
        assertThat(look(50)).isEqualTo(Advice.NOTHING);
        assertThat(asked).isZero();
        assertThat(look(2)).isEqualTo(Advice.NOTHING);
        assertThat(asked).as("in silence, once").isOne();
        connection.serverAhead = 14_480; // as its answer tells
        Advice advice = look(400);
        assertThat(advice).isEqualTo(Advice.SHORTEN_DOWN);
        ConnectionSample sample = connection.sample();
        assertThat(watch.limit(advice, sample)).hasValue(1360);
        assertThat(SegmentWatch.words(advice, sample, 1360)).contains("more than 536 bytes do not come");
    }

    @Test
    void aHoleBehindWhichSegmentsCameIsAsGoodAsACapture() {
        look(1);
        connection.receive(1, 200);
        look(1);
        connection.outOfOrderIn = 1;
        assertThat(look(150)).isEqualTo(Advice.NOTHING);
        assertThat(look(200)).isEqualTo(Advice.SHORTEN_DOWN);
    }

    @Test
    void anIdleServerIsAskedOnceAndOneWhoseLongSegmentsCameNever() {
        look(1);
        look(100_000);
        assertThat(asked).isOne();
        connection.receive(1, ModelConnection.MSS);
        look(100_000);
        assertThat(asked).isOne();
    }

    @Test
    void aServerThatDoesNotAnswerIsInAnOutage() {
        answers = false;
        look(1);
        connection.serverAhead = 14_480;
        assertThat(look(2_000)).isEqualTo(Advice.NOTHING);
        assertThat(asked).as("in 20 s").isBetween(30, 40);
    }

    @Test
    void aServerWhoseTimerHasGrownInAnOutageIsGivenTheTimeToTryAgain() {
        answers = false;
        look(1);
        connection.serverAhead = 2_000;
        assertThat(look(300)).as("three seconds of outage").isEqualTo(Advice.NOTHING);
        answers = true;
        assertThat(look(320)).as("its timer falls within as long again").isEqualTo(Advice.NOTHING);
        connection.receive(4, 500);
        connection.serverAhead = 0;
        assertThat(look(2_000)).isEqualTo(Advice.NOTHING);
    }

    @Test
    void answersThatAnOutageInterruptsDoNotCountTogether() {
        look(1);
        connection.serverAhead = 2_000;
        for (int i = 0; i < 20; i++) {
            answers = true;
            assertThat(look(120)).isEqualTo(Advice.NOTHING);
            answers = false;
            assertThat(look(120)).isEqualTo(Advice.NOTHING);
        }
    }

    @Test
    void anOutageBetweenTwoAnswersIsNoHole() {
        look(1);
        connection.send(10, ModelConnection.MSS);
        connection.timeouts = 1;
        assertThat(look(60)).isEqualTo(Advice.NOTHING);
        answers = false;
        for (int timeouts = 2; timeouts <= 5; timeouts++) {
            connection.timeouts = timeouts;
            assertThat(look(100)).isEqualTo(Advice.NOTHING);
        }
        answers = true;
        assertThat(look(100)).isEqualTo(Advice.NOTHING);
        connection.timeouts = 6;
        assertThat(look(60)).as("sent again a moment ago").isEqualTo(Advice.NOTHING);
        connection.arrive(10);
        assertThat(look(100)).isEqualTo(Advice.NOTHING);
    }

    @Test
    void aHoleThatIsFilledIsALoss() {
        look(1);
        for (int i = 0; i < 50; i++) {
            connection.serverAhead = 5_000;
            connection.outOfOrderIn++;
            assertThat(look(150)).isEqualTo(Advice.NOTHING);
            connection.serverAhead = 0;
            connection.receive(3, 1_000);
        }
    }

    @Test
    void endsAtTheShortestStep() {
        SegmentWatch last = new SegmentWatch(4, 536);
        connection.sendMss = 524;
        connection.advertisedMss = 524;
        last.sample(connection.sample());
        connection.send(5, 524);
        connection.serverAhead = 5_000;
        for (int i = 1; i < 1_000; i++) {
            connection.timeouts = i / 100;
            connection.segmentsIn++;
            assertThat(last.sample(connection.sample())).isEqualTo(Advice.NOTHING);
        }
    }
}
