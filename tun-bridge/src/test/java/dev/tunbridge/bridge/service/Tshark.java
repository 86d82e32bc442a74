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

    /** What it shows of one direction, packet behind packet. */
    record Shown(
            List<String> messages,
            List<Integer> payloadBytes,
            List<String> checks,
            List<String> headerChecks,
            List<String> faults,
            List<String> v4Sources,
            List<String> v6Sources) {}

    Tshark(Protocol protocol, Path folder) throws IOException {
        script = Files.writeString(folder.resolve("dissector.lua"), Dissector.of(protocol, RecordedTraffic.PORT));
        filter = Dissector.filterName(protocol);
    }

    /** Skips the test where it is not installed. */
    Shown read(Path recording, boolean isFromServer, String... options) throws IOException, InterruptedException {
        List<String> fields = List.of("message", "payload_length", "check.status", "header_check.status", "fault");
        List<String> command = new ArrayList<>(List.of(
                "tshark",
                "-n",
                "-r",
                recording.toString(),
                "-X",
                "lua_script:" + script,
                "-T",
                "fields",
                "-E",
                "occurrence=a"));
        command.addAll(List.of("-E", "aggregator=|", "-e", "tcp.srcport", "-e", "ip.src", "-e", "ipv6.src"));
        for (String field : fields) {
            command.addAll(List.of("-e", filter + "." + field));
        }
        command.addAll(List.of(options));
        Shown shown = new Shown(
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
        for (String line : run(command)) {
            String[] columns = line.split("\t", -1);
            List<String> ports = values(columns[0]);
            boolean isServer = !ports.isEmpty() && ports.get(0).equals(Integer.toString(TcpPackets.SERVER.getPort()));
            if (isServer == isFromServer) {
                List<String> sources = values(columns[1]);
                shown.v4Sources.addAll(
                        sources.subList(Math.min(1, sources.size()), sources.size())); // the first is the outer one
                shown.v6Sources.addAll(values(columns[2]));
                shown.messages.addAll(values(columns[3]));
                values(columns[4]).forEach(text -> shown.payloadBytes.add(Integer.valueOf(text)));
                shown.checks.addAll(values(columns[5]));
                shown.headerChecks.addAll(values(columns[6]));
                shown.faults.addAll(values(columns[7]));
            }
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
