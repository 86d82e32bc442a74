package dev.tunbridge.sim.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client and a server of the Web on the loopback device; what is wrong is counted, and nothing is waited for in vain. */
@Timeout(20)
class WebLoadTest {
    private static final ThreadFactory THREADS = work -> {
        Thread thread = new Thread(work, "web-load-test");
        thread.setDaemon(true);
        return thread;
    };

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

    @Test
    void onlyTheFirstFetchOfAConnectionThatIsKeptHasToConnect() throws Exception {
        WebContent content = WebContent.ofMany(1, 20, 200_000);
        for (WebLoad.Connections connections : WebLoad.Connections.values()) {
            WebLoad.Outcome outcome = fetch(content, content, 20, connections);
            assertThat(outcome.failed()).isZero();
            assertThat(outcome.bytes()).isEqualTo(content.totalBytes());
            assertThat(outcome.fetches()).hasSize(20).allSatisfy(fetch -> {
                assertThat(fetch.firstByteNanos()).isGreaterThan(fetch.connectNanos());
                assertThat(fetch.nanos()).isGreaterThanOrEqualTo(fetch.firstByteNanos());
            });
            long connected = outcome.fetches().stream()
                    .filter(fetch -> fetch.connectNanos() > 0)
                    .count();
            assertThat(connected).isEqualTo(connections == WebLoad.Connections.KEPT ? 2 : 20);
        }
    }

    @Test
    void whatIsNotWhatWasAskedForHasFailed() throws Exception {
        WebContent other = WebContent.ofMany(2, 3, 30_000);
        WebContent expected = WebContent.ofMany(1, 3, 30_000);
        assertThatThrownBy(() -> fetch(other, expected, 3, WebLoad.Connections.FRESH))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nothing could be fetched")
                .hasMessageContaining("is not what was sent");
    }

    @Test
    void whatIsNotThereHasFailedAndTheRestGoesOn() throws Exception {
        // Two of one size and one seed: the first is the same in both, and the service has no second.
        WebLoad.Outcome outcome =
                fetch(WebContent.ofMany(1, 1, 500), WebContent.ofMany(1, 2, 1_000), 4, WebLoad.Connections.KEPT);
        assertThat(outcome.fetches()).hasSize(2);
        assertThat(outcome.failed()).isEqualTo(2);
        assertThat(outcome.fault()).contains("404");
    }

    @Test
    void aServiceThatDoesNotAnswerIsGivenUpAtTheLimit() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            WebLoad.Plan plan = new WebLoad.Plan(
                    WebContent.ofOne(1), 5, 2, WebLoad.Connections.FRESH, TimeUnit.MILLISECONDS.toNanos(200));
            long begin = System.nanoTime();
            assertThatThrownBy(() -> WebLoad.play(
                            THREADS, (InetSocketAddress) silent.getLocalSocketAddress(), Optional.empty(), plan))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("within 200 ms");
            assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(5));
        }
    }

    @Test
    void aServiceThatIsNotThereIsNamed() throws Exception {
        InetSocketAddress nobody;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = (InetSocketAddress) closed.getLocalSocketAddress();
        }
        WebLoad.Plan plan = new WebLoad.Plan(WebContent.ofOne(1), 3, 1, WebLoad.Connections.FRESH, LIMIT_NANOS);
        assertThatThrownBy(() -> WebLoad.play(THREADS, nobody, Optional.empty(), plan))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("refused");
    }

    @Test
    void aFewFilesMakeUpMostOfTheBytesAndASeedGivesTheSameAgain() {
        WebContent files = WebContent.ofMany(1, 100, 10_000_000);
        assertThat(files.totalBytes()).isBetween(9_900_000L, 10_100_000L);
        int[] sizes = IntStream.range(0, files.count())
                .map(file -> files.file(file).length)
                .sorted()
                .toArray();
        assertThat(IntStream.of(sizes).skip(80).sum()).as("the largest fifth").isGreaterThan(5_000_000);
        assertThat(sizes[99]).as("the largest").isBetween(200_000, 3_000_000);
        WebContent again = WebContent.ofMany(1, 100, 10_000_000);
        IntStream.range(0, 100).forEach(file -> assertThat(again.file(file)).isEqualTo(files.file(file)));
        assertThat(WebContent.ofMany(2, 100, 10_000_000).file(0)).isNotEqualTo(files.file(0));
    }

    private static WebLoad.Outcome fetch(
            WebContent served, WebContent expected, int fetches, WebLoad.Connections connections) throws Exception {
        try (WebService service = WebService.start(
                THREADS, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), served, Optional.empty())) {
            WebLoad.Plan plan = new WebLoad.Plan(expected, fetches, 2, connections, LIMIT_NANOS);
            return WebLoad.play(THREADS, service.address(), Optional.empty(), plan);
        }
    }
}
