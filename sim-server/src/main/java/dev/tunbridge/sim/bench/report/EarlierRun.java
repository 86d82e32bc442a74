package dev.tunbridge.sim.bench.report;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.link.LinkProfile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What {@code simserver bench --json} has written before, to be compared with.
 *
 * @param name of the file
 * @param reference whom its ratios refer to
 * @param link settings over all its profiles
 * @param warmUps seconds each way by profile; empty in a file that is older than that
 */
public record EarlierRun(
        String name, String reference, List<String> link, Map<String, Integer> warmUps, Map<Place, Value> values) {
    private static final String OPTION = "--against";
    private static final String ALLOWED = "a file that simserver bench --json has written";

    /** A run with everything has some ten megabytes. */
    private static final int MAX_CHARACTERS = 256 << 20;

    /** What was measured of whom; the metric by its {@link Metric#key}, as there may be others by now. */
    record Place(String profile, String workload, String peer, String metric) {}

    /** @param ratio to the reference pair by pair; empty for the reference itself and where there was none */
    record Value(Spread spread, Optional<Spread> ratio) {}

    public EarlierRun {
        link = List.copyOf(link);
        warmUps = Map.copyOf(warmUps);
        values = Map.copyOf(values);
    }

    /**
     * Reads the file.
     *
     * @throws ConfigException if there is none, or it is not such a report
     */
    public static EarlierRun read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ConfigException(OPTION, file.toString(), "a file that there is");
        } catch (CharacterCodingException e) {
            throw foreign(file, "it is not text");
        } catch (IOException e) {
            throw ConfigException.of(OPTION, "cannot read " + file + ": " + e.getMessage());
        }
        try {
            // Any JSON is YAML.
            Object content = new Load(LoadSettings.builder()
                            .setCodePointLimit(MAX_CHARACTERS)
                            .build())
                    .loadFromString(text);
            return of(file, content);
        } catch (YamlEngineException e) {
            throw foreign(file, "it is not JSON");
        }
    }

    private static EarlierRun of(Path file, Object content) {
        if (!(content instanceof Map<?, ?> report)) {
            throw foreign(file, "it holds no object");
        }
        if (report.get("campaign") != null) {
            throw foreign(file, "it is the report of a campaign, which has targets of its own");
        }
        if (!(report.get("comparisons") instanceof List<?> comparisons)
                || !(report.get("reference") instanceof String reference)
                || !(report.get("link") instanceof List<?> link)) {
            throw foreign(file, "it lacks one of 'comparisons', 'reference' and 'link'");
        }
        Map<Place, Value> values = new LinkedHashMap<>();
        for (Object comparison : comparisons) {
            if (!(comparison instanceof Map<?, ?> block) || !(block.get("metrics") instanceof Map<?, ?> metrics)) {
                throw foreign(file, "one of its 'comparisons' has no 'metrics'");
            }
            metrics.forEach((metric, found) -> {
                Place place = new Place(
                        String.valueOf(block.get("profile")),
                        String.valueOf(block.get("workload")),
                        String.valueOf(block.get("peer")),
                        String.valueOf(metric));
                spread(found).ifPresent(spread -> {
                    Object ratio = found instanceof Map<?, ?> map ? map.get("ratio") : null;
                    values.put(place, new Value(spread, spread(ratio)));
                });
            });
        }
        Map<String, Integer> warmUps = new LinkedHashMap<>();
        if (report.get("warm_up_s") instanceof Map<?, ?> found) {
            found.forEach((profile, seconds) -> {
                if (seconds instanceof Number number) {
                    warmUps.put(String.valueOf(profile), number.intValue());
                }
            });
        }
        return new EarlierRun(
                file.toString(), reference, link.stream().map(String::valueOf).toList(), warmUps, values);
    }

    /** Empty where a number is not there, as where it was infinite. */
    private static Optional<Spread> spread(@org.jspecify.annotations.Nullable Object found) {
        if (found instanceof Map<?, ?> map
                && map.get("median") instanceof Number median
                && map.get("least") instanceof Number least
                && map.get("most") instanceof Number most
                && map.get("count") instanceof Number count) {
            return Optional.of(
                    new Spread(median.doubleValue(), least.doubleValue(), most.doubleValue(), count.intValue()));
        }
        return Optional.empty();
    }

    private static ConfigException foreign(Path file, String reason) {
        return ConfigException.of(OPTION, "'" + file + "' is not valid: " + reason + "; allowed: " + ALLOWED);
    }

    /**
     * Refuses a plan that has nothing to do with this run.
     *
     * @throws ConfigException with what was measured then
     */
    public void requireInCommonWith(BenchPlan plan) {
        if (!plan.linkSettings().equals(link)) {
            throw ConfigException.of(
                    OPTION,
                    "'" + name + "' was measured with " + linkWords(link) + ", this is "
                            + linkWords(plan.linkSettings()) + "; allowed: the same settings of the link");
        }
        for (LinkProfile profile : plan.profiles()) {
            Integer before = warmUps.get(profile.name());
            long now = plan.warmUp(profile).toSeconds();
            if (before != null && before != now) {
                throw ConfigException.of(
                        OPTION,
                        "'" + name + "' was warmed up " + before + " s on " + profile.name() + ", this is " + now
                                + " s; allowed: the same (--warm-up " + before + ")");
            }
        }
        boolean hasCommon = values.keySet().stream().anyMatch(place -> isPlanned(place, plan));
        if (!hasCommon) {
            List<String> there = values.keySet().stream()
                    .map(place -> place.peer + " at '" + place.workload + "' on " + place.profile)
                    .distinct()
                    .sorted()
                    .toList();
            String examples = String.join("; ", there.subList(0, Math.min(3, there.size())));
            throw ConfigException.of(
                    OPTION,
                    "'" + name + "' has no peer, load (of the same length) and profile in common with this run; it has "
                            + (there.isEmpty() ? "none" : examples));
        }
    }

    private static String linkWords(List<String> settings) {
        return settings.isEmpty() ? "no --link" : "--link " + String.join(" --link ", settings);
    }

    static boolean isPlanned(Place place, BenchPlan plan) {
        return plan.peers().stream().anyMatch(peer -> peer.name().equals(place.peer))
                && plan.profiles().stream().anyMatch(profile -> profile.name().equals(place.profile))
                && plan.workloads().stream()
                        .anyMatch(workload -> workload.describe().equals(place.workload));
    }
}
