package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.AutoOr;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.server.ConnectionSample;
import dev.tunbridge.bridge.server.EcnWatch;
import dev.tunbridge.bridge.server.SegmentWatch;
import dev.tunbridge.bridge.server.ServerMemory;
import java.net.InetAddress;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether something on the way eats packets of the connection for their marks or for their length, remembers it for the
 * server's address, and says what the next connection is to be given. Neither can be changed on a connection that is made:
 * Linux has no option for the former, and obeys {@code TCP_MAXSEG} before the handshake only. Loop thread only.
 */
final class MiddleboxWatch {
    private static final Logger LOG = LoggerFactory.getLogger(MiddleboxWatch.class);

    private final BridgeConfig config;
    private final ServerMemory memory;
    private @Nullable OuterConnection connection;
    private EcnWatch ecn = new EcnWatch();
    private @Nullable SegmentWatch segments;

    MiddleboxWatch(BridgeConfig config, ServerMemory memory) {
        this.config = config;
        this.memory = memory;
    }

    /** Whether a connection to this address may ask for ECN. */
    RouteMetrics.Flag ecn(InetAddress server) {
        return memory.allowsEcn(server, System.nanoTime()) ? RouteMetrics.Flag.SET : RouteMetrics.Flag.LEFT;
    }

    /** The longest segment of a connection to this address; empty for the kernel's. */
    OptionalInt maxSegment(InetAddress server) {
        AutoOr<Integer> wanted = config.get(Settings.MAX_SEGMENT);
        if (wanted instanceof AutoOr.Fixed<Integer> fixed) {
            return OptionalInt.of(fixed.value());
        }
        return wanted.isOff() ? OptionalInt.empty() : memory.maxSegment(server, System.nanoTime());
    }

    /** The connection has just been made. */
    void connected(OuterConnection made) {
        long now = System.nanoTime();
        InetAddress server = made.server().getAddress();
        connection = made;
        ecn = new EcnWatch();
        segments = config.get(Settings.MAX_SEGMENT) instanceof AutoOr.Auto
                ? new SegmentWatch(
                        server.getAddress().length, maxSegment(server).orElse(Integer.MAX_VALUE))
                : null;
        boolean hasAsked = config.get(Settings.SERVER_ROUTE_ECN) && memory.allowsEcn(server, now);
        Optional<ConnectionSample> first = hasAsked ? made.firstSample(now) : Optional.empty();
        first.ifPresent(sample -> lookAtSyn(server, sample));
    }

    private void lookAtSyn(InetAddress server, ConnectionSample sample) {
        if (sample.ecn() != ConnectionSample.Ecn.NONE || sample.retransmissions() <= 0) {
            memory.synTaken(server);
        } else if (memory.synRepeated(server)) {
            long forNanos = memory.ecnFailed(server, sample.nowNanos());
            LOG.warn(
                    "{}: twice in a row only a SYN that does not ask for ECN was answered; not asking for {}",
                    server.getHostAddress(),
                    DurationText.of(forNanos));
        }
    }

    /** Looks once, after the connection was sampled; answers why to connect anew at once, where that is so. */
    Optional<String> look(long nowNanos) {
        OuterConnection current = connection;
        Optional<ConnectionSample> taken = current == null ? Optional.empty() : current.connectionSample(nowNanos);
        if (current == null || taken.isEmpty()) {
            return Optional.empty();
        }
        InetAddress server = current.server().getAddress();
        ConnectionSample sample = taken.get();
        return ecn.sample(sample)
                .flatMap(fault -> ecnFailed(server, fault, nowNanos))
                .or(() -> lookAtSegments(current, server, sample));
    }

    private Optional<String> ecnFailed(InetAddress server, String fault, long nowNanos) {
        if (!memory.allowsEcn(server, nowNanos)) {
            LOG.warn(
                    "{}: {}; this host asks for it all the same (net.ipv4.tcp_ecn, or a route)",
                    server.getHostAddress(),
                    fault);
            return Optional.empty();
        }
        long forNanos = memory.ecnFailed(server, nowNanos);
        LOG.warn("{}: {}; connecting without ECN for {}", server.getHostAddress(), fault, DurationText.of(forNanos));
        return Optional.of("without ECN");
    }

    private Optional<String> lookAtSegments(OuterConnection current, InetAddress server, ConnectionSample sample) {
        SegmentWatch watch = segments;
        if (watch == null) {
            return Optional.empty();
        }
        SegmentWatch.Advice advice = watch.sample(sample);
        if (advice == SegmentWatch.Advice.ASK) {
            current.askForAcknowledgement();
            return Optional.empty();
        }
        OptionalInt limit = watch.limit(advice, sample);
        if (limit.isEmpty()) {
            return Optional.empty();
        }
        memory.limitSegment(server, limit.getAsInt(), sample.nowNanos());
        LOG.warn("{}: {}", server.getHostAddress(), SegmentWatch.words(advice, sample, limit.getAsInt()));
        return Optional.of("with segments of " + limit.getAsInt() + " bytes at most");
    }

    void disconnected() {
        connection = null;
    }
}
