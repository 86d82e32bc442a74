package dev.tunbridge.bridge.supervisor;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.config.ServiceConfig;
import dev.tunbridge.bridge.config.ServiceSettings;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.TunnelConfig;
import dev.tunbridge.bridge.json.StatsJson;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The tunnels of one process. Each has a device, a server and a fate of its own; they share event loops, on each of which a tunnel
 * stays, and memory: see {@link dev.tunbridge.bridge.config.BridgeConfig#oneOf}. They come, change and go while the others run. What
 * changes them is done by one thread, one thing after the other; everything here may be called from any thread.
 */
public final class Supervisor implements AutoCloseable {
    private static final long CLOSE_SECONDS = 10;

    private final EventLoopGroup group;
    private final Function<String, BridgeListener> listeners;
    private final Supplier<ServiceConfig> source;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "tunbridge-supervisor");
        thread.setDaemon(true);
        return thread;
    });
    private final CompletableFuture<List<BridgeException>> over = new CompletableFuture<>();

    /** By name, in the order of the configuration; replaced as a whole. */
    private volatile Map<String, SupervisedTunnel> tunnels = Map.of();

    private volatile ServiceConfig config;
    private volatile boolean isClosing;

    private Supervisor(
            ServiceConfig config,
            EventLoopGroup group,
            Supplier<ServiceConfig> source,
            Function<String, BridgeListener> listeners) {
        this.config = config;
        this.group = group;
        this.source = source;
        this.listeners = listeners;
    }

    /**
     * Checks all tunnels; nothing is started.
     *
     * @param loops event loops that they share
     * @param source reads the configuration anew, for a reload
     * @param listeners makes one for each tunnel by its name
     * @throws dev.tunbridge.bridge.config.ConfigException for what is wrong in one of them
     */
    public static Supervisor of(
            ServiceConfig config,
            int loops,
            Supplier<ServiceConfig> source,
            Function<String, BridgeListener> listeners) {
        Supervisor supervisor = new Supervisor(config, newGroup(loops), source, listeners);
        try {
            Map<String, SupervisedTunnel> made = new LinkedHashMap<>();
            for (TunnelConfig each : config.tunnels()) {
                made.put(
                        each.name(), supervisor.newTunnel(each, config.tunnels().size()));
            }
            supervisor.tunnels = Collections.unmodifiableMap(made);
        } catch (RuntimeException e) {
            supervisor.close();
            throw e;
        }
        return supervisor;
    }

    /** Event loops of the best kind that this machine has. */
    public static EventLoopGroup newGroup(int loops) {
        return new MultiThreadIoEventLoopGroup(
                loops,
                new DefaultThreadFactory("tunbridge", true),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    private SupervisedTunnel newTunnel(TunnelConfig each, int ofHowMany) {
        TunnelJournal journal = new TunnelJournal(listeners.apply(each.name()));
        return SupervisedTunnel.of(each, ofHowMany, journal, group);
    }

    public void start() {
        tunnels.values().forEach(this::start);
    }

    private void start(SupervisedTunnel tunnel) {
        tunnel.bridge().start();
        tunnel.bridge().ended().whenComplete((fault, never) -> onExecutor(this::checkOver));
    }

    private void onExecutor(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            checkOver(); // all is being closed; nothing changes any more
        }
    }

    private void checkOver() {
        Collection<SupervisedTunnel> all = tunnels.values();
        if (all.stream().allMatch(SupervisedTunnel::hasEnded)) {
            over.complete(all.stream()
                    .map(SupervisedTunnel::fault)
                    .flatMap(Optional::stream)
                    .toList());
        }
    }

    /** Waits until none is left; the faults of those that ended by one. */
    public List<BridgeException> awaitEnd() {
        return over.join();
    }

    /** Whether none is left. */
    public boolean hasEnded() {
        return tunnels.values().stream().allMatch(SupervisedTunnel::hasEnded);
    }

    /** In the order of the configuration. */
    public List<SupervisedTunnel> tunnels() {
        return List.copyOf(tunnels.values());
    }

    /** The tunnel of this name. */
    public Optional<SupervisedTunnel> tunnel(String name) {
        return Optional.ofNullable(tunnels.get(name));
    }

    public ServiceConfig config() {
        return config;
    }

    /** The counters by device; of a single bridge without its name. Those of one that does not answer are missing. */
    public CompletionStage<String> stats() {
        List<SupervisedTunnel> all = tunnels();
        if (all.size() == 1) {
            return all.get(0).bridge().stats().thenApply(StatsJson::of);
        }
        Map<String, CompletableFuture<BridgeStats>> asked = new LinkedHashMap<>();
        // A loop that is stuck keeps its own tunnels' counters only.
        all.forEach(tunnel -> asked.put(tunnel.device(), tunnel.stats()));
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

    /** Connects all of them anew; one that has ended is left alone. */
    public void reconnect() {
        tunnels.values().forEach(tunnel -> tunnel.bridge().reconnect());
    }

    /** Connects one anew; one that has ended is set up anew. */
    public void reconnect(SupervisedTunnel tunnel) {
        if (!tunnel.hasEnded()) {
            tunnel.bridge().reconnect();
            return;
        }
        onExecutor(() -> {
            SupervisedTunnel current = tunnels.get(tunnel.name());
            if (current != null && current.hasEnded() && !isClosing) {
                replace(current.name(), again(current, current.config(), current.tunnels()));
            }
        });
    }

    private SupervisedTunnel again(SupervisedTunnel before, TunnelConfig next, int ofHowMany) {
        return SupervisedTunnel.of(next, ofHowMany, before.successor(listeners), group);
    }

    private void replace(String name, SupervisedTunnel next) {
        Map<String, SupervisedTunnel> changed = new LinkedHashMap<>(tunnels);
        changed.put(name, next);
        tunnels = Collections.unmodifiableMap(changed);
        start(next);
    }

    /**
     * Goes over to what the configuration says now, all of it or nothing: what is wrong is found before anything changes. Completes
     * with a {@link dev.tunbridge.bridge.config.ConfigException} then.
     */
    public CompletableFuture<ReloadReport> reload() {
        return CompletableFuture.supplyAsync(() -> goOver(source.get()), executor);
    }

    /** A tunnel whose running session takes other settings. */
    private record Live(SupervisedTunnel running, TunnelConfig next) {}

    private ReloadReport goOver(ServiceConfig next) {
        Map<String, SupervisedTunnel> after = new LinkedHashMap<>();
        Map<String, SupervisedTunnel> ending = new LinkedHashMap<>(tunnels);
        List<SupervisedTunnel> added = new ArrayList<>();
        List<SupervisedTunnel> restarted = new ArrayList<>();
        List<SupervisedTunnel> unchanged = new ArrayList<>();
        List<Live> live = new ArrayList<>();
        int count = next.tunnels().size();
        for (TunnelConfig each : next.tunnels()) {
            SupervisedTunnel running = tunnels.get(each.name());
            if (running == null) {
                added.add(newTunnel(each, count));
                continue;
            }
            switch (running.changeTo(each)) {
                case SESSION -> restarted.add(again(running, each, count));
                case LIVE -> {
                    again(running, each, running.tunnels()); // refuses what is wrong; is never started
                    live.add(new Live(running, each));
                }
                case NONE -> unchanged.add(running);
            }
        }
        // Nothing is refused from here on.
        List<SupervisedTunnel> changed = live.stream()
                .map(each -> each.running().reconfigured(each.next()))
                .toList();
        for (List<SupervisedTunnel> staying : List.of(changed, unchanged)) {
            staying.forEach(tunnel -> ending.remove(tunnel.name()));
        }
        end(ending.values()); // before the others begin: a device may have changed hands
        Stream.of(added, restarted, changed, unchanged)
                .flatMap(List::stream)
                .forEach(tunnel -> after.put(tunnel.name(), tunnel));
        tunnels = inOrder(next, after);
        restarted.forEach(tunnel -> ending.remove(tunnel.name()));
        if (!isClosing) {
            added.forEach(this::start);
            restarted.forEach(this::start);
        }
        List<String> nowCounting = changedKeys(next, Setting.Reload.LIVE);
        List<String> atNextStart = changedKeys(next, Setting.Reload.START);
        config = next;
        return new ReloadReport(
                names(added),
                names(restarted),
                names(changed),
                List.copyOf(ending.keySet()),
                names(unchanged),
                nowCounting,
                atNextStart);
    }

    private static Map<String, SupervisedTunnel> inOrder(ServiceConfig config, Map<String, SupervisedTunnel> tunnels) {
        Map<String, SupervisedTunnel> ordered = new LinkedHashMap<>();
        config.tunnels().forEach(each -> ordered.put(each.name(), tunnels.get(each.name())));
        return Collections.unmodifiableMap(ordered);
    }

    private static List<String> names(List<SupervisedTunnel> tunnels) {
        return tunnels.stream().map(SupervisedTunnel::name).toList();
    }

    private List<String> changedKeys(ServiceConfig next, Setting.Reload reload) {
        ServiceConfig before = config;
        return ServiceSettings.all().stream()
                .filter(setting -> setting.reload() == reload)
                .filter(setting -> !next.text(setting).equals(before.text(setting)))
                .<String>map(Setting::key)
                .toList();
    }

    /** Ends these and waits for it, ten seconds at most. */
    private static void end(Collection<SupervisedTunnel> ending) {
        CompletableFuture<?>[] ends = ending.stream()
                .map(tunnel -> tunnel.shutdown().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(ends)
                .completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS)
                .exceptionally(fault -> null)
                .join();
    }

    /** Ends all of them at once and waits for it, ten seconds at most. */
    @Override
    public void close() {
        isClosing = true;
        executor.shutdown();
        end(tunnels.values());
        try {
            if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end(tunnels.values()); // those of a reload that was under way
        checkOver();
        over.complete(List.of()); // also where one does not end: nobody waits any longer
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
