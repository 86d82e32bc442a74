package dev.tunbridge.reassembly.recording;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs that come with Wireshark: other people's readers and writers of capture files. */
final class OtherReaders {
    private OtherReaders() {}

    /** Runs one; skips the test where it is not installed. */
    static List<String> run(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return abort("skipped: the program '" + program + "' is not installed");
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(String.join(" ", command) + " ended with " + process.exitValue());
        }
        return output.lines().toList();
    }

    /** These fields of each frame as tshark shows them; of a field that is there several times, the last. */
    static List<String> tshark(Path file, String... fields) throws IOException, InterruptedException {
        List<String> arguments =
                new ArrayList<>(List.of("-n", "-r", file.toString(), "-T", "fields", "-E", "occurrence=l"));
        for (String field : fields) {
            arguments.add("-e");
            arguments.add(field);
        }
        return run("tshark", arguments.toArray(String[]::new));
    }
}
