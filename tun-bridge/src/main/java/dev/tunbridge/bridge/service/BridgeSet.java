package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The bridges of one process. Each has a device, a server and a fate of its own; they share event loops, on each of which
 * a bridge stays, and memory: see {@link BridgeConfig#oneOf}. From any thread.
 */
final class BridgeSet implements AutoCloseable {
    private static final long CLOSE_SECONDS = 10;
    private static final long ANSWER_MILLIS = 500;

    /** By the names of their devices, in the order of the configurations. */
    private final Map<String, Bridge> bridges;

    private final EventLoopGroup group;

    private BridgeSet(Map<String, Bridge> bridges, EventLoopGroup group) {
        this.bridges = bridges;
        this.group = group;
    }

    /**
     * Checks all configurations; nothing is started.
     *
     * @param configs each with another device name
     * @param listeners makes one for each device name
     * @throws dev.tunbridge.bridge.config.ConfigException for what is wrong in one of them
     */
    static BridgeSet of(List<BridgeConfig> configs, int loops, Function<String, BridgeListener> listeners) {
        EventLoopGroup group = newGroup(Math.min(loops, configs.size()));
        Map<String, Bridge> bridges = new LinkedHashMap<>();
        try {
            for (BridgeConfig config : configs) {
                String device = config.get(Settings.TUN_NAME);
                Bridge bridge = Bridge.builder()
                        .config(config.oneOf(configs.size()))
                        .listener(listeners.apply(device))
                        .eventLoopGroup(group)
                        .build();
                bridges.put(device, bridge);
            }
        } catch (RuntimeException e) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw e;
        }
        return new BridgeSet(bridges, group);
    }

    /** Event loops of the best kind that this machine has. */
    static EventLoopGroup newGroup(int loops) {
        return new MultiThreadIoEventLoopGroup(
                loops,
                new DefaultThreadFactory("tunbridge", true),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    void start() {
        bridges.values().forEach(Bridge::start);
    }

    /** Waits until none is left; the faults of those that ended by one. */
    List<BridgeException> awaitEnd() throws InterruptedException {
        CompletableFuture<?>[] ends =
                ends().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(ends).join();
        return ends().map(end -> end.toCompletableFuture().join())
                .filter(Objects::nonNull)
                .toList();
    }

    /** Whether none is left. */
    boolean hasEnded() {
        return ends().allMatch(end -> end.toCompletableFuture().isDone());
    }

    private Stream<CompletionStage<BridgeException>> ends() {
        return bridges.values().stream().map(Bridge::ended);
    }

    /** The counters by device; of a single bridge without its name. Those of one that does not answer are missing. */
    CompletionStage<String> stats() {
        Collection<Bridge> all = bridges.values();
        if (all.size() == 1) {
            return all.iterator().next().stats().thenApply(StatsJson::of);
        }
        Map<String, CompletableFuture<BridgeStats>> asked = new LinkedHashMap<>();
        // A loop that is stuck keeps its own tunnels' counters only.
        bridges.forEach((device, bridge) -> asked.put(
                device, bridge.stats().toCompletableFuture().copy().orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS)));
        return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
                .handle((done, fault) -> {
                    Map<String, BridgeStats> answered = new LinkedHashMap<>();
                    asked.forEach((device, answer) -> {
                        if (!answer.isCompletedExceptionally()) {
                            answered.put(device, answer.join());
                        }
                    });
                    return StatsJson.of(answered);
                });
    }

    /** Connects all of them anew. */
    void reconnect() {
        bridges.values().forEach(Bridge::reconnect);
    }

    /** Ends all of them at once and waits for it, ten seconds at most. */
    @Override
    public void close() {
        bridges.values().forEach(Bridge::shutdown);
        CompletableFuture<?>[] ends =
                ends().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(ends)
                .completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS)
                .exceptionally(fault -> null)
                .join();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
