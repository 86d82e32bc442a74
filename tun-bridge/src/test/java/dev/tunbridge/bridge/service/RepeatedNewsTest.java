package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RepeatedNewsTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final String CONNECTING = "connecting to 198.18.0.2:7000";

    private final RepeatedNews news = new RepeatedNews();
    private final List<String> said = new ArrayList<>();
    private long now = -5 * SECOND;

    private void say(Optional<String> text) {
        text.ifPresent(said::add);
    }

    private void session(int number, double seconds, double wait) {
        say(news.connecting(CONNECTING));
        say(news.up("tunnel up: session " + number, now));
        now += (long) (seconds * SECOND);
        say(news.waiting("ended after " + seconds + " s: closed; next try in " + wait + " s", now));
        now += (long) (wait * SECOND);
    }

    private void failure(String reason, double wait) {
        say(news.connecting(CONNECTING));
        say(news.waiting(reason + "; next try in " + wait + " s", now));
        now += (long) (wait * SECOND);
    }

    @Test
    void aServerThatEndsEachSessionAtOnceIsSaidTwiceAndThenOnceAMinute() {
        for (int i = 0; i < 240; i++) {
            session(i, 0.5, 2.5);
        }
        assertThat(said.subList(0, 6))
                .containsExactly(
                        CONNECTING,
                        "tunnel up: session 0",
                        "ended after 0.5 s: closed; next try in 2.5 s",
                        CONNECTING,
                        "tunnel up: session 1",
                        "ended after 0.5 s: closed; next try in 2.5 s");
        assertThat(said.subList(6, said.size()))
                .as("of twelve minutes")
                .hasSize(11)
                .allMatch(line -> line.equals("ended after 0.5 s: closed; next try in 2.5 s (20 times in 60 s)"));
    }

    /** Whether a close arrives as an end or as a reset is a matter of microseconds. */
    @Test
    void reasonsThatAlternateAreEachSaidTwiceAndThenOnceAMinute() {
        for (int i = 0; i < 600; i++) {
            failure(i % 3 == 0 ? "Connection reset by peer" : "the server closed the connection", 0.5);
        }
        assertThat(said).as("of five minutes").hasSizeLessThan(25);
        assertThat(said)
                .filteredOn(line -> line.contains("Connection reset by peer"))
                .hasSizeBetween(5, 7);
    }

    @Test
    void saysASessionThatLastsAfterManyThatDidNot() {
        for (int i = 0; i < 5; i++) {
            session(i, 0.5, 1);
        }
        said.clear();
        say(news.connecting(CONNECTING));
        say(news.up("tunnel up: session 5", now));
        say(news.lasting(now + RepeatedNews.LASTING_NANOS - 1));
        assertThat(said).isEmpty();
        say(news.lasting(now + RepeatedNews.LASTING_NANOS));
        assertThat(said).containsExactly("tunnel up: session 5");
        say(news.lasting(now + 2 * RepeatedNews.LASTING_NANOS));
        assertThat(said).as("once").hasSize(1);
        now += 3600 * SECOND;
        say(news.waiting("ended after 60 min: nothing was heard; next try in 1.0 s", now));
        assertThat(said).hasSize(2);
    }

    @Test
    void saysAtOnceWhatIsDifferent() {
        for (int i = 0; i < 5; i++) {
            failure("cannot connect: Connection refused", 1);
        }
        assertThat(said).hasSize(4);
        failure("cannot connect: Connection timed out", 1);
        assertThat(said).last().isEqualTo("cannot connect: Connection timed out; next try in 1.0 s");
        said.clear();
        session(1, 0.5, 1);
        assertThat(said).as("a session after tries without one").hasSize(3);
    }

    @Test
    void aSessionIsToldAtOnceAfterAnOutage() {
        for (int i = 0; i < 9; i++) {
            failure("cannot connect: Connection timed out", 8);
        }
        said.clear();
        say(news.connecting(CONNECTING));
        say(news.up("tunnel up: session 2", now));
        assertThat(said).containsExactly("tunnel up: session 2");
    }

    @Test
    void longSessionsOfTheSameEndAreEachTold() {
        for (int i = 0; i < 6; i++) {
            session(i, 30, 1);
        }
        assertThat(said).hasSize(18);
    }
}
