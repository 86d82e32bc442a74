package dev.tunbridge.sim.bench.campaign;

import static dev.tunbridge.sim.bench.campaign.Figure.Bound.AT_LEAST;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.AT_MOST;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.MORE_THAN;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.measure.Metric;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Comparisons that belong together, and what each has to show: all figures of one promise from one command. */
record Campaign(String name, List<Part> parts) {

    /**
     * One workload over one link, and the figures that it yields.
     *
     * @param link settings over the profile
     * @param warmUpSeconds of load before it is measured; empty for what the profile says
     */
    record Part(String profile, List<String> link, String workload, OptionalInt warmUpSeconds, List<Figure> figures) {
        static Part of(String profile, String workload, Figure... figures) {
            return new Part(profile, List.of(), workload, OptionalInt.empty(), List.of(figures));
        }

        /** The first seconds of a stream are those of a virtual machine that still learns, and waits are short. */
        static Part warmedUp(String profile, String workload, Figure... figures) {
            return new Part(profile, List.of(), workload, OptionalInt.of(WARM_UP_SECONDS), List.of(figures));
        }

        Part with(String linkSetting) {
            return new Part(profile, List.of(linkSetting), workload, warmUpSeconds, figures);
        }

        /** In the order in which they take turns. */
        List<String> peers() {
            Set<String> peers = new LinkedHashSet<>();
            for (Figure figure : figures) {
                figure.against().ifPresent(peers::add);
                peers.add(figure.peer());
            }
            return List.copyOf(peers);
        }

        String title() {
            return profile + (link.isEmpty() ? "" : " " + String.join(" ", link)) + ", " + workload;
        }
    }

    private static final int WARM_UP_SECONDS = 5;

    private static final String VTUN = "vtun";
    private static final String OPENVPN = "openvpn";
    private static final String OURS = "ours";
    private static final String OFF = "ours:recovery.enabled=false";
    private static final String BATCH = "ours:write=batch";
    private static final String BATCH_OFF = "ours:write=batch,recovery.enabled=false";
    private static final String NO_CAPTURE = "ours:capture.backend=none";

    private static final Campaign PAST_THE_HOLE = new Campaign(
            "past-the-hole",
            List.of(
                    Part.warmedUp(
                            "wan1",
                            "stream",
                            waited(0.04),
                            waitedInBatches(),
                            Figure.of(Metric.WAIT_P99, OURS, AT_MOST, 2),
                            Figure.against(VTUN, Metric.LATE, OURS, AT_MOST, 0.55),
                            Figure.of(Metric.LOST, OURS, AT_MOST, 0),
                            Figure.against(VTUN, Metric.WHOLE_FRAMES, OURS, MORE_THAN, 1),
                            Figure.against(OPENVPN, Metric.WHOLE_FRAMES, OURS, MORE_THAN, 1)),
                    Part.warmedUp(
                            "low",
                            "stream:rate=4",
                            waited(0.04),
                            waitedInBatches(),
                            Figure.of(Metric.WAIT_P99, OURS, AT_MOST, 2)),
                    Part.warmedUp("wan3", "stream", waited(0.08), waitedInBatches()),
                    Part.warmedUp("medium", "stream", waited(0.08), waitedInBatches()),
                    Part.warmedUp("high", "stream", waited(0.08), waitedInBatches()),
                    Part.warmedUp("ge", "voice", waited(0.08), waitedInBatches()),
                    // Only acknowledgements and what the server sends are lost: b is the server's end.
                    Part.of("wan0", "tcp:up", Figure.against(VTUN, Metric.RATE, OURS, AT_LEAST, 1))
                            .with("ba.loss=3"),
                    download("wan1"),
                    download("medium"),
                    download("high"),
                    Part.of(
                            "ge",
                            "tcp:down,flows=16,seconds=20",
                            Figure.against(VTUN, Metric.RATE, OURS, AT_LEAST, 1),
                            Figure.against(VTUN, Metric.STALLED, OURS, AT_MOST, 0.6)),
                    Part.of("veth", "tcp:down", Figure.against(NO_CAPTURE, Metric.RATE, OURS, AT_LEAST, 0.95))));

    private static final List<Campaign> ALL = List.of(PAST_THE_HOLE, NothingTwice.campaign());

    private static Figure waited(double share) {
        return Figure.against(OFF, Metric.WAITED, OURS, AT_MOST, share);
    }

    private static Figure waitedInBatches() {
        return Figure.against(BATCH_OFF, Metric.WAITED, BATCH, AT_MOST, 0.15);
    }

    private static Part download(String profile) {
        return Part.of(
                profile,
                "tcp:down",
                Figure.against(VTUN, Metric.RATE, OURS, AT_LEAST, 1),
                Figure.against(OFF, Metric.INNER_RETRANSMISSIONS, OURS, AT_MOST, 1));
    }

    static List<String> names() {
        return ALL.stream().map(Campaign::name).toList();
    }

    /**
     * The campaign of that name.
     *
     * @throws ConfigException with those there are
     */
    static Campaign named(String name) {
        return ALL.stream()
                .filter(campaign -> campaign.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new ConfigException("--campaign", name, String.join(", ", names())));
    }

    /** Only the parts on these profiles; all without any. */
    Campaign on(List<String> profiles) {
        List<Part> kept = new ArrayList<>();
        for (Part part : parts) {
            if (profiles.isEmpty() || profiles.contains(part.profile)) {
                kept.add(part);
            }
        }
        for (String profile : profiles) {
            if (kept.stream().noneMatch(part -> part.profile.equals(profile))) {
                Set<String> there =
                        new LinkedHashSet<>(parts.stream().map(Part::profile).toList());
                throw new ConfigException(
                        "--profile", profile, "of campaign " + name + ": " + String.join(", ", there));
            }
        }
        return new Campaign(name, List.copyOf(kept));
    }
}
