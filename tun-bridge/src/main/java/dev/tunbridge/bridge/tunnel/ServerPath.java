package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.path.TuningStats;
import dev.tunbridge.bridge.path.TunnelShape;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.server.ServerMemory;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the server, over all connections: what is remembered of its addresses, how the host leads there, what eats packets on it,
 * and what queue, device and routes are tuned to. Loop thread only, but for what blocks.
 */
final class ServerPath {
    private static final Logger LOG = LoggerFactory.getLogger(ServerPath.class);

    private final Blocking blocking;
    private final WayWatch.Connection owner;
    private final ServerMemory memory = new ServerMemory();
    private final MiddleboxWatch middleboxes;
    private final PathTuning tuning;
    private final WayWatch way;
    private final DeadlineTimer tick;
    private @Nullable OuterConnection connection;

    /** @param guarded runs a step at once, and takes whatever it throws */
    ServerPath(
            BridgeConfig config,
            EventLoop loop,
            Blocking blocking,
            Executor guarded,
            NetworkSetup network,
            EgressQueue queue,
            String device,
            WayWatch.Connection owner) {
        this.blocking = blocking;
        this.owner = owner;
        middleboxes = new MiddleboxWatch(config, memory);
        tuning = new PathTuning(queue, device, network);
        way = new WayWatch(loop, blocking, network, tuning, owner);
        tick = new DeadlineTimer(loop, () -> guarded.execute(this::onTick));
    }

    /** Follows the host's routes to the server. */
    WayWatch way() {
        return way;
    }

    /** Once the device exists. */
    void open() {
        blocking.run(
                () -> {
                    tuning.open();
                    return tuning;
                },
                opened -> {},
                fault -> LOG.warn("nothing is tuned: {}", FaultReason.of(fault)));
    }

    // A try

    /** The addresses in the order in which to try them. */
    List<InetAddress> order(List<InetAddress> addresses) {
        return memory.order(addresses);
    }

    /** A try begins, to these addresses. */
    void trying(List<InetAddress> addresses) {
        way.trying(addresses);
    }

    /** Prepares the way to an address; whatever comes of it, {@code dial} is told then. */
    void prepare(InetAddress address, Consumer<InetAddress> dial) {
        RouteMetrics.Flag ecn = middleboxes.ecn(address);
        blocking.run(
                () -> {
                    tuning.prepare(address, ecn);
                    return address;
                },
                dial,
                fault -> {
                    LOG.warn("nothing is tuned: {}", fault.getMessage());
                    dial.accept(address);
                });
    }

    /** The longest segment of a connection to this address; empty for the kernel's. */
    OptionalInt maxSegment(InetAddress address) {
        return middleboxes.maxSegment(address);
    }

    // A connection

    /** This is the connection: the ways of other attempts are not needed any more. */
    void connected(OuterConnection made) {
        connection = made;
        middleboxes.connected(made);
        InetAddress address = made.server().getAddress();
        RouteMetrics.Flag ecn = middleboxes.ecn(address);
        blocking.run(
                () -> {
                    tuning.keep(address, ecn);
                    return address;
                },
                kept -> {},
                fault -> LOG.warn("a route to another address of the server stays: {}", fault.getMessage()));
    }

    /** The server at the connection's address has let a session in. */
    void welcomed() {
        server().ifPresent(memory::welcomed);
    }

    /** The connection, where there is one, ends without a welcome. */
    void notWelcomed() {
        server().ifPresent(memory::notWelcomed);
    }

    private Optional<InetAddress> server() {
        return Optional.ofNullable(connection).map(made -> made.server().getAddress());
    }

    /** Traffic passes: from now on the path is looked at. */
    void established(TunnelShape shape) {
        OuterConnection made = connection;
        if (made != null) {
            tuning.established(made, shape);
            tick.set(System.nanoTime());
        }
    }

    /** Something waits, the first sign of a path that is full. */
    void busy() {
        tick.set(tuning.busyDueNanos());
    }

    /** The device has been given its routes anew, without their tuning. */
    void renew() {
        if (connection != null) {
            tuning.renew();
        }
    }

    void disconnected() {
        connection = null;
        tick.cancel();
        tuning.disconnected();
        middleboxes.disconnected();
    }

    /** Takes the routes of a connection back. */
    void release() {
        blocking.run(
                () -> {
                    tuning.release();
                    return tuning;
                },
                released -> {},
                fault -> LOG.warn("the route to the server could not be taken back: {}", FaultReason.of(fault)));
    }

    private void onTick() {
        OuterConnection current = connection;
        if (current == null) {
            return;
        }
        long now = System.nanoTime();
        long pause = tuning.sample(now);
        if (pause > 0) {
            tick.set(now + pause);
        }
        if (current.takeOutageEnd()) {
            owner.ask();
        }
        middleboxes.look(now).ifPresent(owner::reconnect);
    }

    Optional<TuningStats> stats() {
        return tuning.stats();
    }

    // The end

    void close() {
        way.close();
    }

    /** On the blocking thread. */
    void takeBack() throws IOException {
        tuning.close();
    }
}
