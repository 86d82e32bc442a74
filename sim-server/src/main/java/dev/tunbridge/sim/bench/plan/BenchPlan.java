package dev.tunbridge.sim.bench.plan;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Options that have been checked.
 *
 * @param linkSettings as typed; the profiles have them already
 */
public record BenchPlan(
        List<Peer> peers,
        List<LinkProfile> profiles,
        List<String> linkSettings,
        List<Workload> workloads,
        int runs,
        long seed,
        OptionalInt warmUpSeconds,
        int limitSeconds,
        String reference,
        int retries,
        BenchOptions.Lacking lacking) {

    /** What a cell takes besides its workload: the tunnel's start, stragglers, the end. */
    private static final Duration BESIDE = Duration.ofSeconds(60);

    private static final int VETH_WARM_UP_SECONDS = 10;

    public static BenchPlan of(BenchOptions options) throws LinkSettingException {
        Map<String, String> ownSettings = new LinkedHashMap<>();
        for (String setting : options.ownSettings()) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("--set", setting, "KEY=VALUE");
            }
            ownSettings.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        List<Peer> peers = new ArrayList<>();
        for (String text : options.peers()) {
            Peer peer = Peer.parse(text, ownSettings);
            if (peers.stream().anyMatch(other -> other.name().equals(peer.name()))) {
                throw new ConfigException("--peer", text, "each peer once");
            }
            peers.add(peer);
        }
        List<LinkProfile> profiles = new ArrayList<>();
        for (String name : options.profiles()) {
            profiles.add(profile(name, options.linkSettings()));
        }
        List<Workload> workloads = options.workloads().stream()
                .map(text -> Workload.parse(text, options.seconds()))
                .toList();
        List<String> names = peers.stream().map(Peer::name).toList();
        String reference = options.againstPeer().isEmpty() ? names.get(0) : options.againstPeer();
        if (!names.contains(reference)) {
            throw new ConfigException("--against-peer", reference, String.join(", ", names));
        }
        return new BenchPlan(
                List.copyOf(peers),
                List.copyOf(profiles),
                options.linkSettings(),
                workloads,
                options.runs(),
                options.seed(),
                options.warmUpSeconds(),
                options.limitSeconds(),
                reference,
                options.retries(),
                options.lacking());
    }

    /** From {@code wan0} or {@code wan0:delay=10ms,ab.loss=1}, whose settings go over those for every profile. */
    private static LinkProfile profile(String text, List<String> linkSettings) throws LinkSettingException {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        LinkProfile profile = LinkProfile.named(name).with(linkSettings);
        if (colon < 0) {
            return profile;
        }
        LinkProfile changed = profile.with(List.of(text.substring(colon + 1).split(",", -1)));
        return new LinkProfile(text, changed.carrier(), changed.ab(), changed.ba());
    }

    /** All cells in the order of play: the peers take turns within each repetition. */
    public List<Cell> cells(List<Peer> playing) {
        List<Cell> cells = new ArrayList<>();
        for (LinkProfile profile : profiles) {
            for (Workload workload : workloads) {
                for (int run = 0; run < runs; run++) {
                    for (Peer peer : playing) {
                        cells.add(new Cell(profile, workload, peer, run, seed + run));
                    }
                }
            }
        }
        return cells;
    }

    public Duration warmUp(LinkProfile profile) {
        int otherwise = profile.carrier() == LinkProfile.Carrier.KERNEL_PAIR ? VETH_WARM_UP_SECONDS : 0;
        return Duration.ofSeconds(warmUpSeconds.orElse(otherwise));
    }

    /** As in {@code warmed up 10 s each way on veth, not at all on wan1}; with what that means for rates of ours. */
    public String warmUpWords() {
        return "warmed up "
                + profiles.stream()
                        .map(profile -> {
                            long warm = warmUp(profile).toSeconds();
                            return (warm == 0 ? "not at all" : warm + " s each way") + " on " + profile.name();
                        })
                        .collect(Collectors.joining(", "))
                + (isYoung() ? "; rates of ours on veth are those of a young virtual machine" : "");
    }

    /** Whether a virtual machine of ours is measured where only the processors limit it, before it knows its code. */
    private boolean isYoung() {
        return profiles.stream()
                .anyMatch(profile -> profile.carrier() == LinkProfile.Carrier.KERNEL_PAIR
                        && warmUp(profile).toSeconds() < VETH_WARM_UP_SECONDS);
    }

    public Duration limit(Cell cell) {
        return limitSeconds > 0
                ? Duration.ofSeconds(limitSeconds)
                : length(cell).plus(BESIDE);
    }

    /** How long a cell plays: its warm-up each way and its workload, without the tunnel's start and end. */
    public Duration length(Cell cell) {
        return cell.workload().length().plus(warmUp(cell.profile()).multipliedBy(2));
    }

    /** What is ahead of a bench of these peers that has not begun. */
    public TimeLeft timeLeft(List<Peer> playing) {
        TimeLeft left = new TimeLeft();
        cells(playing).forEach(cell -> left.plan(cell.workload(), length(cell)));
        return left;
    }
}
