package dev.tunbridge.bridge.doctor;

import dev.tunbridge.bridge.answers.AnswerMode;
import dev.tunbridge.bridge.answers.MappingMode;
import dev.tunbridge.bridge.config.AutoOr;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.CaptureBackend;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.HostAddress;
import dev.tunbridge.bridge.config.OverlapPolicy;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.config.ShaperMode;
import dev.tunbridge.bridge.filter.AllowRule;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.protocol.message.Carriage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What checks need of a tunnel's configuration.
 *
 * @param device name of its TUN device, by which it is told from others too
 * @param usesDevice whether it may carry packets; the server decides where several carriages are offered
 * @param usesSockets whether it may carry virtual sockets
 * @param usesCapture whether it captures the outer segments
 * @param mtu of the tunnel in bytes, where the configuration says it and not the login
 * @param address the device's, likewise
 * @param rulePriority of the rule that brings answers back; nothing where there is none
 */
public record TunnelFacts(
        Optional<Endpoint> server,
        String device,
        boolean usesDevice,
        boolean usesSockets,
        boolean usesCapture,
        boolean usesOffload,
        boolean usesShaper,
        boolean limitsTimeout,
        OptionalInt mtu,
        Optional<HostAddress> address,
        int txQueueLength,
        List<Prefix> routes,
        OptionalInt rulePriority,
        OverlapPolicy overlap,
        MappingMode mapping,
        AnswerMode answers,
        List<AllowRule> allowed,
        String congestionControl,
        int channels) {

    public TunnelFacts {
        routes = List.copyOf(routes);
        allowed = List.copyOf(allowed);
    }

    /** Those of one configuration. */
    public static TunnelFacts of(BridgeConfig config) {
        Set<Carriage> parts = Carriage.partsOf(Set.copyOf(config.get(Settings.CARRIAGE)));
        return new TunnelFacts(
                config.get(Settings.SERVER),
                config.get(Settings.TUN_NAME),
                parts.stream().anyMatch(part -> part != Carriage.SOCKET),
                parts.contains(Carriage.SOCKET),
                config.get(Settings.CAPTURE_BACKEND) != CaptureBackend.NONE,
                config.get(Settings.TUN_OFFLOAD),
                config.get(Settings.TUN_SHAPER) != ShaperMode.OFF,
                !(config.get(Settings.RTO_MAX) instanceof AutoOr.Off),
                config.get(Settings.TUNNEL_MTU).map(OptionalInt::of).orElse(OptionalInt.empty()),
                config.get(Settings.TUNNEL_DEVICE_ADDRESS),
                config.get(Settings.TUN_TX_QUEUE_LENGTH),
                config.get(Settings.ROUTES),
                config.get(Settings.SOURCE_RULE)
                        ? OptionalInt.of(config.get(Settings.SOURCE_RULE_PRIORITY))
                        : OptionalInt.empty(),
                config.get(Settings.TUN_OVERLAP),
                config.get(Settings.MAPPING),
                config.get(Settings.ANSWERS),
                config.get(Settings.ALLOW),
                config.get(Settings.CONGESTION_CONTROL),
                config.get(Settings.RELAY_CHANNELS));
    }
}
