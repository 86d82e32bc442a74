package dev.tunbridge.bridge.service;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.dissector.Dissector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/** What Wireshark's tshark shows of a recording with a dissector of ours. */
final class Tshark {
    private static final List<String> FIELDS =
            List.of("message", "payload_length", "check.status", "header_check.status", "fault");
    private final List<Path> scripts = new ArrayList<>();
    private final Map<Integer, String> filters = new TreeMap<>();

    /** What it shows of one direction, packet behind packet; of IPv4 sources those of packets inside. */
    record Shown(
            List<String> messages,
            List<Integer> payloadBytes,
            List<String> checks,
            List<String> headerChecks,
            List<String> faults,
            List<String> v4Sources,
            List<String> v6Sources) {
        static Shown nothing() {
            return new Shown(
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>());
        }

        void add(String[] columns, int first) {
            List<String> sources = values(columns[2]);
            v4Sources.addAll(
                    sources.subList(Math.min(1, sources.size()), sources.size())); // the first is the outer one
            v6Sources.addAll(values(columns[3]));
            messages.addAll(values(columns[first]));
            values(columns[first + 1]).forEach(text -> payloadBytes.add(Integer.valueOf(text)));
            checks.addAll(values(columns[first + 2]));
            headerChecks.addAll(values(columns[first + 3]));
            faults.addAll(values(columns[first + 4]));
        }
    }

    /** For several protocols at once, each at a port of its own: what takes time is to start it. */
    Tshark(Map<Integer, Protocol> byPort, Path folder) throws IOException {
        for (Map.Entry<Integer, Protocol> each : byPort.entrySet()) {
            Path script = folder.resolve("port-" + each.getKey() + ".lua");
            String filter = Dissector.filterName(each.getValue());
            String lua = Dissector.of(each.getValue(), each.getKey());
            String own = "tb_" + each.getKey(); // two of one name cannot be loaded
            scripts.add(Files.writeString(
                    script,
                    lua.replace("[\"filter\"] = \"" + filter + "\"", "[\"filter\"] = \"" + own + "\"")
                            .replace("[\"title\"] = \"", "[\"title\"] = \"" + own + ", ")));
            filters.put(each.getKey(), own);
        }
    }

    /** Both directions of a connection. */
    record Both(Shown fromClient, Shown fromServer) {}

    /** Both directions of the connection to each port. Skips the test where it is not installed. */
    Map<Integer, Both> read(Path recording, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", recording.toString()));
        scripts.forEach(script -> command.addAll(List.of("-X", "lua_script:" + script)));
        command.addAll(List.of("-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"));
        command.addAll(List.of("-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "ip.src", "-e", "ipv6.src"));
        for (String filter : new TreeSet<>(filters.values())) {
            FIELDS.forEach(field -> command.addAll(List.of("-e", filter + "." + field)));
        }
        command.addAll(List.of(options));
        List<String> protocols = List.copyOf(new TreeSet<>(filters.values()));
        Map<Integer, Both> shown = new HashMap<>();
        filters.keySet().forEach(port -> shown.put(port, new Both(Shown.nothing(), Shown.nothing())));
        for (String line : run(command)) {
            String[] columns = line.split("\t", -1);
            int source = Integer.parseInt(values(columns[0]).get(0));
            int target = Integer.parseInt(values(columns[1]).get(0));
            boolean isServer = shown.containsKey(source);
            int port = isServer ? source : target;
            int first = 4 + FIELDS.size() * protocols.indexOf(filters.get(port));
            Both both = Objects.requireNonNull(shown.get(port), line);
            (isServer ? both.fromServer : both.fromClient).add(columns, first);
        }
        return shown;
    }

    private static List<String> values(String column) {
        return column.isEmpty() ? List.of() : Arrays.asList(column.split("\\|"));
    }

    private static List<String> run(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("tshark", ".err");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String said = process.waitFor() + " " + Files.readString(errors);
            if (!said.startsWith("0 ")
                    || said.toLowerCase(Locale.ROOT).contains("lua")
                    || output.contains("Lua Error")) {
                throw new AssertionError(String.join(" ", command) + " ended with " + said);
            }
            return output.lines().toList();
        } catch (IOException e) {
            return abort("skipped: the program 'tshark' is not installed: " + e.getMessage());
        } finally {
            Files.deleteIfExists(errors);
        }
    }
}
