package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Seeds;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Client and server against each other over a line with a delay, in virtual time. */
class SessionPairTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final FrameFormat FORMAT = FrameFormat.builtin("reference");

    private record InFlight(long atNanos, Session to, Message message) {}

    private final InetAddress address = InetAddress.getLoopbackAddress();
    private final Session client = Script.client(List.of(Carriage.PACKET));
    private final Session server =
            Script.server(said -> Script.admit(new TunnelParameters(Carriage.PACKET, 1, 1400, 30, address, address)));

    private final PriorityQueue<InFlight> line = new PriorityQueue<>((a, b) -> Long.compare(a.atNanos(), b.atNanos()));
    private final List<SessionAction.Closed> closes = new ArrayList<>();
    private long nowNanos;
    private long delayNanos = SECOND / 10;
    private boolean cut;

    @Test
    void anIdleSessionLivesForADay() {
        connect();
        runUntil(86_400 * SECOND);
        assertThat(closes).isEmpty();
        assertThat(client.isEstablished()).isTrue();
        assertThat(server.isEstablished()).isTrue();
    }

    @Test
    void aCutLineEndsBothAfterTheDeadTime() {
        connect();
        runUntil(100 * SECOND);
        cut = true;
        line.clear();
        runUntil(100 * SECOND + FORMAT.deadAfterNanos());
        assertThat(closes)
                .extracting(SessionAction.Closed::reason)
                .containsOnly(CloseReason.PEER_DEAD)
                .hasSize(2);
    }

    @Test
    void goodbyeOfOneEndsTheOther() {
        connect();
        runUntil(7 * SECOND);
        apply(client, client.close(nowNanos));
        runUntil(8 * SECOND);
        assertThat(closes).extracting(SessionAction.Closed::reason).containsExactly(CloseReason.LOCAL, CloseReason.BYE);
    }

    @Test
    void aDelayBelowTheTimeoutsDoesNoHarm() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        delayNanos = 1 + (long) (random.nextDouble() * 4.9 * SECOND);
        connect();
        runUntil(1_000 * SECOND);
        assertThat(closes).as("seed %d delay %d ns", seed, delayNanos).isEmpty();
    }

    private void connect() {
        apply(server, server.connected(nowNanos));
        apply(client, client.connected(nowNanos));
    }

    /** Moves time from event to event: the next message to arrive, or the next deadline of an end. */
    private void runUntil(long endNanos) {
        while (true) {
            InFlight next = line.peek();
            long messageNanos = next == null ? Long.MAX_VALUE : next.atNanos();
            long deadlineNanos = Math.min(client.nextDeadlineNanos(), server.nextDeadlineNanos());
            if (Math.min(messageNanos, deadlineNanos) > endNanos) {
                nowNanos = endNanos;
                return;
            }
            nowNanos = Math.min(messageNanos, deadlineNanos);
            if (next != null && messageNanos <= deadlineNanos) {
                line.remove();
                apply(next.to(), next.to().received(next.message(), nowNanos));
            } else {
                apply(client, client.tick(nowNanos));
                apply(server, server.tick(nowNanos));
            }
        }
    }

    private void apply(Session from, List<SessionAction> actions) {
        Session to = from == client ? server : client;
        for (SessionAction action : actions) {
            if (action instanceof SessionAction.Send send && !cut) {
                line.add(new InFlight(nowNanos + delayNanos, to, send.message()));
            } else if (action instanceof SessionAction.Closed closed) {
                closes.add(closed);
            }
        }
    }
}
