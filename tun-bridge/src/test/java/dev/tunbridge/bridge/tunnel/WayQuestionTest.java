package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.stream.KernelView;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WayQuestionTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long ROUND_TRIP = 100 * MILLI;

    private final WayQuestion question = new WayQuestion();

    @Test
    void isUnansweredWhereNothingComes() {
        question.ask(0, ROUND_TRIP, 1_000, 1_020);
        assertThat(question.dueNanos()).isEqualTo(1_900 * MILLI);
        assertThat(question.isUnanswered(1_000)).isTrue();
        assertThat(question.isPending()).isFalse();
    }

    @Test
    void takesWhatWasUnderWayForNoAnswer() {
        question.ask(0, ROUND_TRIP, 1_000, 9_020);
        question.heard(20 * MILLI);
        question.count(5_000); // acknowledged within half a round trip
        assertThat(question.isUnanswered(5_000)).isTrue();
    }

    @Test
    void isAnsweredByAnythingLaterWhereTheKernelTellsOfNoAcknowledgement() {
        question.ask(0, ROUND_TRIP, KernelView.UNKNOWN, 9_020);
        question.heard(60 * MILLI);
        assertThat(question.isUnanswered(KernelView.UNKNOWN)).isFalse();
        question.ask(0, ROUND_TRIP, KernelView.UNKNOWN, 9_020);
        question.heard(20 * MILLI);
        assertThat(question.isUnanswered(KernelView.UNKNOWN)).isTrue();
    }

    /** A server may go on talking by the old way to one that it does not hear any more. */
    @Test
    void isNotAnsweredByWhatTheServerSaysBesides() {
        question.ask(0, ROUND_TRIP, 1_000, 9_020);
        question.heard(60 * MILLI);
        assertThat(question.isUnanswered(1_000)).isTrue();
    }

    @Test
    void isAnsweredByItsOwnAcknowledgementAndByProgress() {
        question.ask(0, ROUND_TRIP, 1_000, 1_020);
        question.count(1_020); // a path that is shorter than a timer
        assertThat(question.isUnanswered(1_020)).isFalse();

        question.ask(0, ROUND_TRIP, 1_000, 90_000);
        question.count(2_000);
        assertThat(question.isUnanswered(3_000)).isFalse();
    }

    @Test
    void keepsItsTimeWhereItIsAskedAgainAndBeginsAnewOnceAnswered() {
        assertThat(question.ask(0, ROUND_TRIP, 1_000, 1_020)).isTrue();
        assertThat(question.ask(500 * MILLI, ROUND_TRIP, 1_000, 1_040)).isFalse();
        assertThat(question.dueNanos()).isEqualTo(1_900 * MILLI);
        question.heard(600 * MILLI);
        assertThat(question.ask(1_800 * MILLI, ROUND_TRIP, 1_040, 1_060)).isTrue();
        assertThat(question.dueNanos()).isEqualTo(3_700 * MILLI);
    }

    @Test
    void isNoQuestionOnceWithdrawn() {
        question.ask(0, ROUND_TRIP, 1_000, 1_020);
        question.withdraw();
        assertThat(question.isUnanswered(1_000)).isFalse();
    }
}
