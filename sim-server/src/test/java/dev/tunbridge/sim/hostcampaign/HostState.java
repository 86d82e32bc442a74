package dev.tunbridge.sim.hostcampaign;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What there is in a host's network at one moment, one line for each thing, sorted: what {@code ip}, {@code tc} and {@code nft}
 * show as JSON, and the sysctls. Left out is what changes by itself.
 */
record HostState(List<String> lines) {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final LoadSettings JSON =
            LoadSettings.builder().setCodePointLimit(1 << 24).build();

    /**
     * Life times and states of the neighbourhood and of the carrier; and of a TUN device what the last process asked that opened it: each
     * one asks anew.
     */
    private static final Set<String> PASSING = Set.of(
            "valid_life_time",
            "preferred_life_time",
            "expires",
            "cache",
            "tentative",
            "operstate",
            "qdisc",
            "refcnt",
            "pi",
            "vnet_hdr",
            "metainfo");

    private static final Set<String> PASSING_FLAGS =
            Set.of("LOWER_UP", "NO-CARRIER", "RUNNING", "linkdown", "dead", "pervasive", "offload");

    /** Counters, and what is the whole machine's. */
    private static final Set<String> PASSING_SYSCTLS = Set.of(
            "nf_conntrack_count",
            "tcp_available_congestion_control",
            "tcp_allowed_congestion_control",
            "tcp_available_ulp",
            "tcp_fastopen_key");

    /** Looks at everything in the namespace. */
    static HostState read(LabNamespace host) throws IOException {
        List<String> lines = new ArrayList<>();
        add(lines, "link", json(host, "ip", "-j", "-d", "link", "show"));
        for (Object link : list(json(host, "ip", "-j", "addr", "show"))) {
            String device = "address " + map(link).get("ifname");
            add(lines, device, map(link).getOrDefault("addr_info", List.of()));
        }
        add(lines, "route4", json(host, "ip", "-j", "-d", "-4", "route", "show", "table", "all"));
        add(lines, "route6", json(host, "ip", "-j", "-d", "-6", "route", "show", "table", "all"));
        add(lines, "rule4", json(host, "ip", "-j", "-4", "rule", "show"));
        add(lines, "rule6", json(host, "ip", "-j", "-6", "rule", "show"));
        // The kernel's own has no handle, and comes when a device is up for the first time.
        add(
                lines,
                "qdisc",
                list(json(host, "tc", "-j", "qdisc", "show")).stream()
                        .filter(qdisc -> !"0:".equals(map(qdisc).get("handle")))
                        .toList());
        add(lines, "nft", map(json(host, "nft", "-j", "list", "ruleset")).getOrDefault("nftables", List.of()));
        lines.addAll(host.call(HostState::sysctls));
        Collections.sort(lines);
        return new HostState(List.copyOf(lines));
    }

    /** What of this is not there any more, by {@code -}, and what is there beside it, by {@code +}. */
    List<String> differences(HostState now) {
        List<String> differences = new ArrayList<>();
        without(lines, now.lines).forEach(line -> differences.add("- " + line));
        without(now.lines, lines).forEach(line -> differences.add("+ " + line));
        return differences;
    }

    /** A multiset's difference: two of the same are two. */
    private static List<String> without(List<String> some, List<String> others) {
        List<String> left = new ArrayList<>(some);
        others.forEach(left::remove);
        return left;
    }

    private static void add(List<String> lines, String kind, Object things) {
        list(things).forEach(thing -> lines.add(kind + " " + normalised(thing)));
    }

    private static Object normalised(Object value) {
        if (value instanceof Map<?, ?> fields) {
            Map<String, Object> sorted = new TreeMap<>();
            fields.forEach((key, field) -> {
                if (!PASSING.contains(String.valueOf(key))) {
                    sorted.put(String.valueOf(key), normalised(field));
                }
            });
            return sorted;
        }
        if (value instanceof Collection<?> values) {
            return values.stream()
                    .filter(each -> !PASSING_FLAGS.contains(String.valueOf(each)))
                    .map(HostState::normalised)
                    .toList();
        }
        return String.valueOf(value);
    }

    private static Object json(LabNamespace host, String... command) throws IOException {
        Command.Result result = host.run(LIMIT, command);
        if (!result.isSuccess()) {
            throw new IOException(String.join(" ", command) + ": " + result.errors());
        }
        return result.output().isBlank() ? List.of() : new Load(JSON).loadFromString(result.output());
    }

    private static List<?> list(Object value) {
        return (List<?>) value;
    }

    private static Map<?, Object> map(Object value) {
        @SuppressWarnings("unchecked") // what a JSON object is read as
        Map<?, Object> map = (Map<?, Object>) value;
        return map;
    }

    private static List<String> sysctls() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String room : List.of("ipv4", "ipv6", "netfilter")) {
            Path root = Path.of("/proc/sys/net", room);
            if (!Files.isDirectory(root)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(root)) {
                files.filter(Files::isRegularFile)
                        .filter(file ->
                                !PASSING_SYSCTLS.contains(file.getFileName().toString()))
                        .forEach(file -> lines.add("sysctl " + file + " = " + text(file)));
            }
        }
        return lines;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "(unreadable)"; // what can only be written
        }
    }
}
