package dev.tunbridge.bridge.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A unicast route with one next hop, as {@code ip -Numeric route show} prints it and {@code ip route replace} takes it.
 *
 * @param destination {@code default}, an address or {@code ADDRESS/LENGTH}
 * @param attributes what finds and places it ({@code via}, {@code dev}, {@code table}, …), in the order printed
 * @param metrics what it tells TCP and IP, each with its lock where it has one
 */
record Route(String destination, Map<String, String> attributes, Map<String, String> metrics) {
    private static final String UNICAST = "1";

    private static final Set<String> ATTRIBUTES =
            Set.of("via", "dev", "src", "table", "proto", "scope", "metric", "tos");

    private static final Set<String> METRICS = Set.of(
            "mtu",
            "window",
            "rtt",
            "rttvar",
            "ssthresh",
            "cwnd",
            "advmss",
            "reordering",
            "hoplimit",
            "initcwnd",
            "initrwnd",
            "features",
            "rto_min",
            "quickack",
            "congctl",
            "fastopen_no_cookie");

    /** What the kernel adds to what was configured. */
    private static final Set<String> STATE = Set.of("linkdown", "dead");

    private static final Set<String> STATE_WITH_VALUE = Set.of("pref", "error", "uid", "expires");

    /** A route of which every word is understood, so that it can be made again; nothing for any other. */
    static Optional<Route> parse(String line) {
        List<String> words = new ArrayList<>(Arrays.asList(line.strip().split("\\s+", -1)));
        // A type, a number here, is said of all but unicast routes, and of those in some versions.
        if (words.get(0).equals(UNICAST)) {
            words.remove(0);
        }
        if (words.isEmpty() || !words.get(0).matches("default|.*[.:/].*")) {
            return Optional.empty();
        }
        Iterator<String> rest = words.iterator();
        Route route = new Route(rest.next(), new LinkedHashMap<>(), new LinkedHashMap<>());
        while (rest.hasNext()) {
            if (!route.take(rest.next(), rest)) {
                return Optional.empty();
            }
        }
        return Optional.of(route);
    }

    private boolean take(String word, Iterator<String> rest) {
        if (word.equals("onlink")) {
            attributes.put(word, "");
            return true;
        }
        if (STATE.contains(word)) {
            return true;
        }
        if (!rest.hasNext()) {
            return false;
        }
        String value = rest.next();
        if (STATE_WITH_VALUE.contains(word)) {
            return true;
        }
        if (ATTRIBUTES.contains(word)) {
            boolean isOtherFamily = word.equals("via") && value.startsWith("inet");
            if (isOtherFamily && !rest.hasNext()) {
                return false;
            }
            attributes.put(word, isOtherFamily ? value + " " + rest.next() : value);
            return true;
        }
        if (METRICS.contains(word)) {
            boolean isLocked = value.equals("lock");
            if (isLocked && !rest.hasNext()) {
                return false;
            }
            metrics.put(word, isLocked ? value + " " + rest.next() : value);
            return true;
        }
        return false;
    }

    /** What tells it from every other route of its device. */
    String key() {
        return destination + " " + attributes.getOrDefault("table", "") + " " + attributes.getOrDefault("metric", "");
    }

    Route with(String attribute, String value) {
        Map<String, String> changed = new LinkedHashMap<>(attributes);
        changed.put(attribute, value);
        return new Route(destination, changed, metrics);
    }

    /** The same route with these metrics over its own. */
    Route with(RouteMetrics wanted) {
        Map<String, String> merged = new LinkedHashMap<>(metrics);
        merged.putAll(wanted.words());
        return new Route(destination, attributes, merged);
    }

    Route withoutTuning() {
        Map<String, String> left = new LinkedHashMap<>(metrics);
        left.keySet().removeAll(RouteMetrics.NAMES);
        return new Route(destination, attributes, left);
    }

    /** The words that {@code ip route} takes. */
    @Override
    public String toString() {
        return destination + words(attributes) + words(metrics);
    }

    private static String words(Map<String, String> pairs) {
        return pairs.entrySet().stream()
                .map(pair -> " " + pair.getKey() + taken(pair.getKey(), pair.getValue()))
                .collect(Collectors.joining());
    }

    /** {@code rto_min} is always locked, so ip prints the lock and does not take it. */
    private static String taken(String name, String value) {
        if (value.isEmpty()) {
            return "";
        }
        return " " + (name.equals("rto_min") ? value.replaceFirst("^lock ", "") : value);
    }
}
