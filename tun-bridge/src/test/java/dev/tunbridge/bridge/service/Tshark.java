package dev.tunbridge.bridge.service;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.dissector.Dissector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What Wireshark's tshark shows of a recording with a dissector of ours. */
final class Tshark {
    private final Path script;
    private final String filter;

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

        void add(String[] columns) {
            List<String> sources = values(columns[1]);
            v4Sources.addAll(
                    sources.subList(Math.min(1, sources.size()), sources.size())); // the first is the outer one
            v6Sources.addAll(values(columns[2]));
            messages.addAll(values(columns[3]));
            values(columns[4]).forEach(text -> payloadBytes.add(Integer.valueOf(text)));
            checks.addAll(values(columns[5]));
            headerChecks.addAll(values(columns[6]));
            faults.addAll(values(columns[7]));
        }
    }

    Tshark(Protocol protocol, Path folder) throws IOException {
        script = Files.writeString(folder.resolve("dissector.lua"), Dissector.of(protocol, RecordedTraffic.PORT));
        filter = Dissector.filterName(protocol);
    }

    /** Both directions of a connection. */
    record Both(Shown fromClient, Shown fromServer) {}

    /** Skips the test where it is not installed. */
    Both read(Path recording, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", recording.toString()));
        command.addAll(List.of("-X", "lua_script:" + script));
        command.addAll(List.of("-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"));
        command.addAll(List.of("-e", "tcp.srcport", "-e", "ip.src", "-e", "ipv6.src"));
        for (String field : List.of("message", "payload_length", "check.status", "header_check.status", "fault")) {
            command.addAll(List.of("-e", filter + "." + field));
        }
        command.addAll(List.of(options));
        Both both = new Both(Shown.nothing(), Shown.nothing());
        for (String line : run(command)) {
            String[] columns = line.split("\t", -1);
            List<String> ports = values(columns[0]);
            boolean isServer = !ports.isEmpty() && ports.get(0).equals(Integer.toString(TcpPackets.SERVER.getPort()));
            (isServer ? both.fromServer : both.fromClient).add(columns);
        }
        return both;
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
                    || said.toLowerCase(java.util.Locale.ROOT).contains("lua")
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
