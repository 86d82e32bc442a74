package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.WayView;
import dev.tunbridge.bridge.tunnel.WayFollower.Phase;
import dev.tunbridge.reassembly.stream.KernelView;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the way to the server while the host's network changes: looks where it leads by now, and has the tunnel do what the
 * {@link WayFollower} says. A server that was asked by a new way has a moment to answer, then the connection is given up. However
 * much changes, looks, questions and tries keep their {@link Pace}. Loop thread only; what blocks runs on the tunnel's blocking thread.
 */
final class WayWatch {
    private static final Logger LOG = LoggerFactory.getLogger(WayWatch.class);

    /** Of the time, one part of so many at most is spent on looking: a table of a million routes takes a second. */
    private static final int LOOKING_PARTS = 10;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** The tunnel, as far as its connection goes. */
    interface Connection {
        Phase phase();

        /** This end's address; nothing where there is no connection. */
        Optional<InetAddress> localAddress();

        /** Smoothed, as far as it is known; 0 where it is not. */
        long roundTripNanos();

        /** How much of what was sent the server has acknowledged; grows. */
        long ackedOffset();

        /** How much was written to the connection; grows. */
        long writtenOffset();

        /** Asks the server for an answer. */
        void ask();

        void lost(String reason);

        void reconnect(String why);
    }

    /** As soon as a session sends another keep-alive. */
    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Blocking blocking;
    private final NetworkSetup network;
    private final PathTuning tuning;
    private final Connection connection;
    private final WayFollower follower = new WayFollower();
    private final WayQuestion question = new WayQuestion();
    private final DeadlineTimer answer;
    private final DeadlineTimer nextLook;

    private final Pace looks = new Pace(10, SECOND / 10, SECOND / 2);
    private final Pace questions = new Pace(4, SECOND / 2, 2 * SECOND);
    private final Pace tries = new Pace(4, SECOND / 2, 2 * SECOND);

    private volatile List<InetAddress> servers = List.of();
    private volatile Set<Integer> interfaces = Set.of();
    private boolean isLooking;
    private boolean mustLookAgain;
    private boolean closed;

    /** Before this is over no look begins, because the latest took so long. */
    private long restedNanos = System.nanoTime();

    WayWatch(EventLoop loop, Blocking blocking, NetworkSetup network, PathTuning tuning, Connection connection) {
        this.blocking = blocking;
        this.network = network;
        this.tuning = tuning;
        this.connection = connection;
        answer = new DeadlineTimer(loop, this::onAnswerDue);
        nextLook = new DeadlineTimer(loop, this::look);
    }

    /** The addresses that are tried, or were last; on any thread. */
    List<InetAddress> servers() {
        return servers;
    }

    /** Through which interfaces the ways to them led when they were looked up last; on any thread. */
    Set<Integer> interfaces() {
        return interfaces;
    }

    /** A try begins, to these addresses. */
    void trying(List<InetAddress> addresses) {
        List<InetAddress> asked = List.copyOf(addresses);
        servers = asked;
        answer.cancel(); // what was asked, was asked of an earlier connection
        blocking.run(
                () -> network.ways(asked),
                ways -> {
                    interfaces = ways.interfaces();
                    follower.trying(ways);
                },
                fault -> LOG.debug("the ways to the server are not known: {}", fault.getMessage()));
    }

    /** Something came from the server. */
    void heard(long nowNanos) {
        question.heard(nowNanos);
    }

    /** There is no connection any more; was there another way meanwhile? */
    void disconnected() {
        withdraw();
        lookNow();
    }

    private void withdraw() {
        question.withdraw();
        answer.cancel();
    }

    void close() {
        closed = true;
        withdraw();
        nextLook.cancel();
    }

    /** This address was taken from an interface: perhaps it was the connection's, and no other interface has it. */
    void addressGone(InetAddress address) {
        if (connection.localAddress().filter(address::equals).isPresent()) {
            lookNow();
        }
    }

    /** The way may be another: looks, now or when it is time to. */
    void look() {
        if (closed) {
            return;
        }
        long now = System.nanoTime();
        long wait = Math.max(looks.waitNanos(now), restedNanos - now);
        if (wait > 0) {
            nextLook.set(now + wait);
        } else {
            looks.did(now);
            lookNow();
        }
    }

    /** Looks, once more afterwards where it was asked for meanwhile. */
    private void lookNow() {
        if (closed) {
            return;
        }
        if (isLooking) {
            mustLookAgain = true;
            return;
        }
        isLooking = true;
        List<InetAddress> asked = servers;
        long began = System.nanoTime();
        blocking.run(
                () -> {
                    follow();
                    return network.ways(asked);
                },
                ways -> {
                    try {
                        looked(ways);
                    } finally {
                        done(began);
                    }
                },
                fault -> {
                    LOG.warn("the way to the server could not be looked up: {}", fault.getMessage());
                    done(began);
                });
    }

    /** Where there is a connection, or a try, it has a route. Whatever becomes of it, the ways are what they are. */
    private void follow() {
        try {
            tuning.follow();
        } catch (IOException e) {
            LOG.warn("the route to the server does not follow the host's: {}", e.getMessage());
        }
    }

    private void looked(WayView ways) {
        if (closed) {
            return;
        }
        interfaces = ways.interfaces();
        if (!ways.hasWay()) {
            withdraw(); // no answer can come, and it is asked again once there is a way
        }
        Optional<InetAddress> local = connection.localAddress();
        switch (follower.look(connection.phase(), ways, local)) {
            case NOTHING -> {}
            case CONNECT, CONNECT_ANEW -> connect("the way to the server: " + ways);
            case GIVE_UP ->
                connection.lost("this end's address "
                        + local.map(InetAddress::getHostAddress).orElse("") + " is gone from the host");
            case ASK -> ask(ways);
        }
    }

    private void done(long beganNanos) {
        isLooking = false;
        long now = System.nanoTime();
        restedNanos = now + (now - beganNanos) * (LOOKING_PARTS - 1);
        if (mustLookAgain) {
            mustLookAgain = false;
            look();
        }
    }

    private void connect(String why) {
        long now = System.nanoTime();
        long wait = tries.waitNanos(now);
        if (wait > 0) {
            follower.putOff();
            nextLook.set(now + wait);
        } else {
            tries.did(now);
            connection.reconnect(why);
        }
    }

    private void ask(WayView ways) {
        long now = System.nanoTime();
        long wait = questions.waitNanos(now);
        if (wait > 0) {
            follower.putOff();
            nextLook.set(now + wait);
            return;
        }
        long acked = connection.ackedOffset();
        long written = connection.writtenOffset();
        connection.ask();
        if (connection.writtenOffset() == written && (acked >= written || acked == KernelView.UNKNOWN)) {
            // A keep-alive was sent within the last second, by the old way, and nothing else is to be acknowledged.
            follower.putOff();
            nextLook.set(now + ASK_AGAIN_NANOS);
            return;
        }
        questions.did(now);
        LOG.info("the way to the server is another: {}", ways);
        if (connection.phase() == Phase.CONNECTED
                && question.ask(now, connection.roundTripNanos(), acked, connection.writtenOffset())) {
            answer.cancel();
            answer.set(question.countsNanos());
        }
    }

    private void onAnswerDue() {
        if (connection.phase() != Phase.CONNECTED || !question.isPending()) {
            return;
        }
        long now = System.nanoTime();
        if (now - question.dueNanos() < 0) {
            question.count(connection.ackedOffset());
            answer.set(question.dueNanos());
        } else if (question.isUnanswered(connection.ackedOffset())) {
            long millis = TimeUnit.NANOSECONDS.toMillis(question.sinceNanos(now));
            tries.did(now);
            connection.reconnect("no answer within " + millis + " ms since the way to the server is another");
        }
    }
}
