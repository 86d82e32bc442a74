package dev.tunbridge.bridge.supervisor;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.config.TunnelConfig;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel of the service: how it is configured, its bridge, and what has become of it.
 *
 * @param config as it was configured
 * @param tunnels of how many it was one when it was set up: they share memory
 * @param description what the file of the frame format had then; empty of one that ships
 */
public record SupervisedTunnel(
        TunnelConfig config, int tunnels, String description, Bridge bridge, TunnelJournal journal) {
    private static final long ANSWER_MILLIS = 500;

    /** What a new configuration means for a tunnel that runs. */
    public enum Change {
        NONE,
        /** Taken by the running session. */
        LIVE,
        /** The tunnel has to be set up anew. */
        SESSION
    }

    /**
     * Checks all of it; nothing is started.
     *
     * @param tunnels of how many it is one
     * @throws ConfigException with its place, for what is wrong
     */
    public static SupervisedTunnel of(TunnelConfig config, int tunnels, TunnelJournal journal, EventLoopGroup group) {
        try {
            Bridge bridge = Bridge.builder()
                    .config(config.config().oneOf(tunnels))
                    .listener(journal)
                    .eventLoopGroup(group)
                    .build();
            return new SupervisedTunnel(config, tunnels, descriptionOf(config), bridge, journal);
        } catch (ConfigException e) {
            throw tunnels > 1 || config.said().containsKey(e.key()) ? config.locate(e) : e;
        }
    }

    private static String descriptionOf(TunnelConfig config) {
        try {
            Path file = Path.of(config.config().get(Settings.FORMAT));
            return Files.isRegularFile(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return ""; // whoever loads it says what is wrong
        }
    }

    public String name() {
        return config.name();
    }

    public String device() {
        return config.config().get(Settings.TUN_NAME);
    }

    public boolean hasEnded() {
        return bridge.ended().toCompletableFuture().isDone();
    }

    /** The fault by which it has ended; nothing where it has not, or in order. */
    public Optional<BridgeException> fault() {
        CompletableFuture<@Nullable BridgeException> end = bridge.ended().toCompletableFuture();
        return Optional.ofNullable(end.getNow(null));
    }

    /** What it takes to go over to another configuration. One that has ended is set up anew. */
    public Change changeTo(TunnelConfig next) {
        List<Setting<?>> changed = next.config().changedFrom(config.config());
        if (hasEnded() || !descriptionOf(next).equals(description)) {
            return Change.SESSION;
        }
        if (changed.isEmpty()) {
            return Change.NONE;
        }
        return changed.stream().allMatch(setting -> setting.reload() == Setting.Reload.LIVE)
                ? Change.LIVE
                : Change.SESSION;
    }

    /** The same tunnel with settings that count at once. */
    public SupervisedTunnel reconfigured(TunnelConfig next) {
        BridgeConfig shared = next.config().oneOf(tunnels);
        bridge.reconfigure(shared);
        journal.add("settings", "new settings of the running session");
        return new SupervisedTunnel(next, tunnels, description, bridge, journal);
    }

    /** The counters; completes exceptionally where the loop does not answer in time. */
    public CompletableFuture<BridgeStats> stats() {
        return bridge.stats().toCompletableFuture().copy().orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Begins to close. */
    public CompletionStage<@Nullable BridgeException> shutdown() {
        return bridge.shutdown();
    }

    /** The journal of a tunnel that is set up anew in its place. */
    public TunnelJournal successor(Function<String, BridgeListener> listeners) {
        return new TunnelJournal(journal, listeners.apply(name()));
    }
}
