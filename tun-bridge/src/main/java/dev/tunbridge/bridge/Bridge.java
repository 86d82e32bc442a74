package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.local.AppTarget;
import dev.tunbridge.bridge.mapping.MappedClient;
import dev.tunbridge.bridge.queue.AppOutbox;
import dev.tunbridge.bridge.queue.QueueFullException;
import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.ChannelEvents;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import dev.tunbridge.bridge.tunnel.Tunnel;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bridge between one server connection and one TUN device. Thread-safe. Built by {@link #builder()}, started once,
 * closed once.
 */
public final class Bridge implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Bridge.class);

    /** An orderly end takes milliseconds, and seconds on a machine with next to no processor; what takes longer is stuck. */
    private static final long CLOSE_SECONDS = 10;

    /** As it was built, or changed since. */
    private volatile BridgeConfig config;

    private final @Nullable EventLoopGroup ownGroup;
    private final EventLoop loop;
    private final Function<TunDevice, Tunnel> tunnels;
    private final DeviceFactory devices;
    private final BridgeListener listener;
    private final CompletableFuture<TunnelInfo> established = new CompletableFuture<>();
    private final CompletableFuture<@Nullable BridgeException> ended = new CompletableFuture<>();
    private final int maxAppBytes;

    /**
     * Messages on their way to the loop, in bytes. A listener may keep the loop for long, and before it nothing else
     * bounds what the senders' threads bring.
     */
    private final AtomicInteger handedOverBytes = new AtomicInteger();

    private final int maxHandedOverBytes;
    private final AtomicBoolean watchesLoop = new AtomicBoolean();
    private final AtomicBoolean loopHasEnded = new AtomicBoolean();
    private final GenericFutureListener<Future<Object>> onLoopEnd = over -> abandon();
    private volatile BridgeState state = BridgeState.NEW;

    /** Made when the bridge starts; belongs to the loop. */
    private volatile @Nullable Tunnel tunnel;

    /** What the counters were at the end; null before. */
    private volatile @Nullable BridgeStats lastStats;

    Bridge(
            BridgeConfig config,
            Endpoint server,
            Login login,
            List<AppTarget> applications,
            BridgeListener listener,
            @Nullable EventLoopGroup group,
            DeviceFactory devices,
            NetworkSetup networkSetup,
            NameResolver resolver) {
        this.config = config;
        this.listener = listener;
        this.devices = devices;
        EventLoopGroup used = group == null ? newGroup(config.get(Settings.TUN_NAME)) : group;
        ownGroup = group == null ? used : null;
        loop = used.next();
        maxHandedOverBytes = config.get(Settings.APP_QUEUE_BYTES);
        maxAppBytes = login.protocol().newCodec().maxAppBytes();
        tunnels = device -> new Tunnel(
                this.config, server, login, applications, loop, device, networkSetup, resolver, new FromTunnel());
    }

    public static BridgeBuilder builder() {
        return new BridgeBuilder();
    }

    /** One loop of the best kind that this machine has. */
    private static EventLoopGroup newGroup(String deviceName) {
        DefaultThreadFactory threads = new DefaultThreadFactory("tunbridge-" + deviceName, true);
        return new MultiThreadIoEventLoopGroup(
                1, threads, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /**
     * Opens the device and begins to connect. Network faults are tried again with growing waits.
     *
     * @return completes when the first session is established; fails with a {@link BridgeException} where no new try
     *     would help, or with {@link IllegalStateException} where the bridge is closed before
     */
    public CompletionStage<TunnelInfo> start() {
        onLoop(this::startOnLoop);
        return established.minimalCompletionStage();
    }

    /** For what decides over the bridge's fate: where the loop does not run it any more, its end takes the bridge with it. */
    private void onLoop(Runnable task) {
        if (!watchesLoop.getAndSet(true)) {
            loop.terminationFuture().addListener(onLoopEnd);
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (loop.isTerminated()) {
                abandon(); // the listener's thread may be one that waits for this
            }
        }
    }

    private void startOnLoop() {
        if (state != BridgeState.NEW) {
            return;
        }
        Tunnel made;
        try {
            TunDevice device = devices.create();
            try {
                made = tunnels.apply(device);
            } catch (Throwable e) {
                device.close();
                throw e;
            }
        } catch (Throwable e) { // also an Error, such as that of a native library that is not there
            over(e instanceof BridgeException fault ? fault : BridgeException.of("cannot make the TUN device", e));
            return;
        }
        tunnel = made;
        made.start();
    }

    /** The end of a bridge that has no tunnel. */
    private void over(@Nullable BridgeException fault) {
        FromTunnel events = new FromTunnel();
        events.onState(
                fault == null ? BridgeState.CLOSED : BridgeState.FAILED,
                fault == null ? "closed" : String.valueOf(fault.getMessage()));
        events.onEnd(fault);
    }

    private Tunnel started() {
        Tunnel current = tunnel;
        if (current == null) {
            throw new IllegalStateException("the bridge is not started");
        }
        return current;
    }

    /** To exchange application messages; what comes in goes to {@link BridgeListener#onApp}. */
    public AppChannel app() {
        return this::sendApp;
    }

    public BridgeState state() {
        return state;
    }

    /** Takes a snapshot on the loop; fails with {@link IllegalStateException} where the bridge was never started. */
    public CompletionStage<BridgeStats> stats() {
        BridgeStats last = lastStats;
        if (last != null) {
            return CompletableFuture.completedStage(last);
        }
        try {
            return CompletableFuture.supplyAsync(() -> started().stats(), loop);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedStage(new IllegalStateException("the bridge is closed", e));
        }
    }

    /**
     * Who has which address of the pool, the most recently active first; nobody where clients keep their addresses.
     * Taken on the loop; fails with {@link IllegalStateException} where the bridge is not started, or closed.
     */
    public CompletionStage<List<MappedClient>> clients() {
        try {
            return CompletableFuture.supplyAsync(() -> started().clients(), loop);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedStage(new IllegalStateException("the bridge is closed", e));
        }
    }

    /** Completes at the end: with null after an orderly one, with the fault otherwise. */
    public CompletionStage<@Nullable BridgeException> ended() {
        return ended.minimalCompletionStage();
    }

    /**
     * Connects anew at once, whatever is under way: a session says goodbye first, a wait for the next try ends. Does nothing
     * before the start and after the end. Inner connections live on.
     */
    public void reconnect() {
        try {
            loop.execute(() -> {
                Tunnel current = tunnel;
                if (current != null) {
                    current.reconnect("asked to");
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("asked to reconnect after the end");
        }
    }

    /**
     * Takes settings that count at once; the session and all that travels in it go on.
     *
     * @param next the configuration that this bridge has, but for such settings
     * @throws IllegalArgumentException naming the first that takes a new bridge
     */
    public void reconfigure(BridgeConfig next) {
        for (Setting<?> changed : next.changedFrom(config)) {
            if (changed.reload() != Setting.Reload.LIVE) {
                throw new IllegalArgumentException(
                        changed.key() + ": counts " + changed.reload().words() + "; allowed: a new bridge");
            }
        }
        config = next;
        try {
            loop.execute(() -> {
                Tunnel current = tunnel;
                if (current != null) {
                    current.reconfigure(next);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("asked to take other settings after the end");
        }
    }

    /** Begins to close: tells the server, takes device, addresses, routes and rules back. */
    public CompletionStage<@Nullable BridgeException> shutdown() {
        onLoop(() -> {
            Tunnel current = tunnel;
            if (current != null) {
                current.close();
            } else if (state == BridgeState.NEW) {
                over(null);
            }
        });
        return ended();
    }

    /** The loop has ended before the bridge, whose caller has shut it down: what is left needs no loop. */
    private void abandon() {
        if (loopHasEnded.getAndSet(true)) {
            return;
        }
        Tunnel left = tunnel;
        if (left != null) {
            left.abandon();
        } else if (!ended.isDone()) {
            over(null);
        }
    }

    /** Closes and waits for it, at most ten seconds; from the loop itself it does not wait. */
    @Override
    public void close() {
        shutdown();
        if (loop.inEventLoop()) {
            return;
        }
        try {
            ended.get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the bridge did not end within {} s", CLOSE_SECONDS);
        }
    }

    private CompletionStage<Void> sendApp(int topic, byte[] payload) {
        if (topic < 0 || topic > 0xffff) {
            throw new IllegalArgumentException("topic: " + topic + " is not valid; allowed: 0 to 65535");
        }
        if (payload.length > maxAppBytes) {
            throw new IllegalArgumentException(
                    "payload: " + payload.length + " bytes are too many; allowed: at most " + maxAppBytes);
        }
        CompletableFuture<Void> written = new CompletableFuture<>();
        AppOutbox.Entry entry = new AppOutbox.Entry(new Message.App(topic, Octets.of(payload)), written);
        int cost = entry.cost();
        int before = handedOverBytes.getAndUpdate(bytes -> cost > maxHandedOverBytes - bytes ? bytes : bytes + cost);
        if (cost > maxHandedOverBytes - before) {
            written.completeExceptionally(new QueueFullException(before, maxHandedOverBytes));
            return written.minimalCompletionStage();
        }
        try {
            loop.execute(() -> {
                handedOverBytes.addAndGet(-cost);
                Tunnel current = tunnel;
                if (current == null) {
                    written.completeExceptionally(new IllegalStateException("the bridge is not started"));
                } else {
                    current.send(entry);
                }
            });
        } catch (RejectedExecutionException e) {
            handedOverBytes.addAndGet(-cost);
            written.completeExceptionally(new IllegalStateException("the bridge is closed", e));
        }
        return written.minimalCompletionStage();
    }

    private final class FromRelay implements ChannelEvents {
        @Override
        public void onOpened(Channel channel) {
            tell(() -> listener.onChannelOpened(ChannelInfo.of(channel.asked())));
        }

        @Override
        public void onRefused(Message.Open asked, OpenRefusal reason) {
            tell(() -> listener.onChannelRefused(ChannelInfo.of(asked), reason));
        }

        @Override
        public void onClosed(Channel channel) {
            tell(() ->
                    listener.onChannelClosed(ChannelInfo.of(channel.asked()), channel.bytesDown(), channel.bytesUp()));
        }
    }

    private void tell(Runnable event) {
        try {
            event.run();
        } catch (Throwable e) {
            // Also an Error, such as a failed assertion: it must not keep the bridge from taking everything back.
            LOG.error("the listener threw", e);
        }
    }

    private final class FromTunnel implements Tunnel.Events {
        private final ChannelEvents channels = new FromRelay();

        @Override
        public void onState(BridgeState next, String detail) {
            state = next;
            tell(() -> listener.onState(next, detail));
        }

        @Override
        public void onTrouble(Trouble trouble, String detail) {
            tell(() -> listener.onTrouble(trouble, detail));
        }

        @Override
        public void onEstablished(TunnelInfo info) {
            established.complete(info);
            tell(() -> listener.onEstablished(info));
        }

        @Override
        public void onApp(Message.App message) {
            tell(() -> listener.onApp(message.topic(), message.content().toByteArray()));
        }

        @Override
        public ChannelEvents channels() {
            return channels;
        }

        @Override
        public void onEnd(@Nullable BridgeException fault) {
            Tunnel over = tunnel;
            try {
                lastStats = over == null ? null : over.stats();
            } catch (Throwable e) {
                LOG.warn("there are no last counters", e);
            }
            ended.complete(fault); // before the other: who hears that the start failed may wait for the end
            established.completeExceptionally(
                    fault != null ? fault : new IllegalStateException("the bridge was closed before it was up"));
            loop.terminationFuture().removeListener(onLoopEnd);
            if (ownGroup != null) {
                ownGroup.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            }
        }
    }
}
