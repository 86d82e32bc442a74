package dev.tunbridge.sim.server;

import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.tun.LinuxTunDevice;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A simulated server with its own loop and TUN device, up and listening, until it is closed. */
public final class RunningServer implements AutoCloseable {
    /** The kernel's own default for a TUN device. */
    private static final int TX_QUEUE_LENGTH = 500;

    private static final long START_SECONDS = 10;
    private static final long CLOSE_SECONDS = 2;

    private final MultiThreadIoEventLoopGroup group;
    private final SimulatedServer server;
    private final TunNetwork network;
    private final InetSocketAddress address;
    private boolean closed;

    private RunningServer(
            MultiThreadIoEventLoopGroup group, SimulatedServer server, TunNetwork network, InetSocketAddress address) {
        this.group = group;
        this.server = server;
        this.network = network;
        this.address = address;
    }

    /** Starts in the network namespace that the factory's threads live in. */
    public static RunningServer start(
            ServerOptions options, SimulatedServer.AppListener listener, ThreadFactory threads) throws IOException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, threads, EpollIoHandler.newFactory());
        EventLoop loop = group.next();
        try {
            // On the loop's thread, like the socket, so that both are in the loop's namespace.
            TunDevice tun = onLoop(loop, () -> LinuxTunDevice.create(TunOptions.named(options.tun())));
            SimulatedServer server = new SimulatedServer(options, loop, tun, listener);
            InetSocketAddress address = await(server.start());
            try {
                TunAddressing addressing = new TunAddressing(
                        options.tun(),
                        options.tunnelAddress(),
                        options.prefixLength(),
                        options.mtu(),
                        TX_QUEUE_LENGTH,
                        List.of(),
                        TunAddressing.SourceRule.ABSENT);
                TunNetwork network = onLoop(loop, () -> TunNetwork.setUp(addressing));
                RunningServer running = new RunningServer(group, server, network, address);
                running.openSite();
                return running;
            } catch (IOException e) {
                await(server.close());
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            shutDown(group);
            throw e;
        }
    }

    private void openSite() throws IOException {
        try {
            await(server.openSite());
        } catch (IOException e) {
            onLoop(group.next(), () -> {
                network.close();
                return network;
            });
            throw new IOException("clients of virtual sockets: " + e.getMessage(), e);
        }
    }

    public InetSocketAddress address() {
        return address;
    }

    public SimulatedServer server() {
        return server;
    }

    /** Ends the session, takes device and addresses down; does nothing the second time. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            await(server.close());
            onLoop(group.next(), () -> {
                network.close();
                return network;
            });
        } catch (IOException e) {
            throw new IllegalStateException("the server did not end in order: " + e.getMessage(), e);
        } finally {
            shutDown(group);
        }
    }

    private static void shutDown(MultiThreadIoEventLoopGroup group) {
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS * 1000);
    }

    private static <T> T onLoop(EventLoop loop, Callable<T> work) throws IOException {
        try {
            return loop.submit(work).get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            throw asIo(e);
        }
    }

    private static <T> T await(CompletionStage<T> stage) throws IOException {
        try {
            return stage.toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            throw asIo(e);
        }
    }

    private static IOException asIo(Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        Throwable cause = e instanceof ExecutionException || e instanceof CompletionException ? e.getCause() : e;
        return cause instanceof IOException io ? io : new IOException(String.valueOf(cause), cause);
    }
}
