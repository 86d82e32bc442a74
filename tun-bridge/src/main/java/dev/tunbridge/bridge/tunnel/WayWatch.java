package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.WayView;
import dev.tunbridge.bridge.tunnel.WayFollower.Phase;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the way to the server while the host's network changes: looks where it leads by now, and has the tunnel do what the
 * {@link WayFollower} says. A server that was asked by a new way has a moment to answer, then the connection is given up. Loop
 * thread only; what blocks runs on the tunnel's blocking thread.
 */
final class WayWatch {
    private static final Logger LOG = LoggerFactory.getLogger(WayWatch.class);

    /** Longer than the kernel waits between two tries (1 s with TCP_RTO_MAX_MS), and within the two seconds that a return may take. */
    private static final long ANSWER_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

    /** Beside that, so many round trips: the question, one lost, and the answer behind what waits. */
    private static final int ANSWER_ROUND_TRIPS = 4;

    /** The tunnel, as far as its connection goes. */
    interface Connection {
        Phase phase();

        /** This end's address; nothing where there is no connection. */
        Optional<InetAddress> localAddress();

        /** Smoothed, as far as it is known; 0 where it is not. */
        long roundTripNanos();

        /** How much of what was sent the server has acknowledged; grows. */
        long ackedOffset();

        /** Asks the server for an answer. */
        void ask();

        void lost(String reason);

        void connectNow(String why);

        void reconnect(String why);
    }

    private final Blocking blocking;
    private final NetworkSetup network;
    private final PathTuning tuning;
    private final Connection connection;
    private final WayFollower follower = new WayFollower();
    private final DeadlineTimer answer;

    private List<InetAddress> servers = List.of();
    private boolean isLooking;
    private boolean mustLookAgain;
    private boolean isHeard;
    private long ackedWhenAsked;
    private long askedNanos;

    WayWatch(EventLoop loop, Blocking blocking, NetworkSetup network, PathTuning tuning, Connection connection) {
        this.blocking = blocking;
        this.network = network;
        this.tuning = tuning;
        this.connection = connection;
        answer = new DeadlineTimer(loop, this::onNoAnswer);
    }

    /** A try begins, to these addresses. */
    void trying(List<InetAddress> addresses) {
        List<InetAddress> asked = List.copyOf(addresses);
        servers = asked;
        answer.cancel(); // what was asked, was asked of an earlier connection
        blocking.run(
                () -> network.ways(asked),
                follower::trying,
                fault -> LOG.debug("the ways to the server are not known: {}", fault.getMessage()));
    }

    /** Something came from the server. */
    void heard() {
        isHeard = true;
    }

    /** There is no connection any more; was there another way meanwhile? */
    void disconnected() {
        answer.cancel();
        look();
    }

    void close() {
        answer.cancel();
    }

    /** The host does not have this address any more. */
    void addressGone(InetAddress address) {
        if (connection.phase() == Phase.CONNECTED
                && connection.localAddress().filter(address::equals).isPresent()) {
            giveUp(address);
        }
    }

    private void giveUp(InetAddress address) {
        connection.lost("this end's address " + address.getHostAddress() + " is gone from the host");
    }

    /** The way may be another: looks, once more afterwards where it was asked for meanwhile. */
    void look() {
        if (isLooking) {
            mustLookAgain = true;
            return;
        }
        isLooking = true;
        List<InetAddress> asked = servers;
        blocking.run(
                () -> {
                    tuning.follow(); // where there is a connection, or a try, it has a route
                    return network.ways(asked);
                },
                this::looked,
                fault -> {
                    LOG.warn("the way to the server could not be looked up: {}", fault.getMessage());
                    done();
                });
    }

    private void looked(WayView ways) {
        Optional<InetAddress> local = connection.localAddress();
        switch (follower.look(connection.phase(), ways, local)) {
            case NOTHING -> {}
            case CONNECT -> connection.connectNow("there is a way: " + ways);
            case CONNECT_ANEW -> connection.reconnect("there is another way: " + ways);
            case GIVE_UP -> giveUp(local.orElseThrow());
            case ASK -> ask(ways);
        }
        done();
    }

    private void done() {
        isLooking = false;
        if (mustLookAgain) {
            mustLookAgain = false;
            look();
        }
    }

    private void ask(WayView ways) {
        LOG.info("the way to the server is another: {}", ways);
        isHeard = false;
        ackedWhenAsked = connection.ackedOffset();
        askedNanos = System.nanoTime();
        connection.ask();
        if (connection.phase() == Phase.CONNECTED) {
            answer.set(askedNanos + ANSWER_NANOS + ANSWER_ROUND_TRIPS * connection.roundTripNanos());
        }
    }

    private void onNoAnswer() {
        if (connection.phase() == Phase.CONNECTED && !isHeard && connection.ackedOffset() <= ackedWhenAsked) {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedNanos);
            connection.reconnect("no answer within " + millis + " ms since the way to the server is another");
        }
    }
}
