package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a user of {@code tunbridge dissector} sees. */
class DissectorCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int dissector(String... arguments) {
        CommandLine line = Main.commandLine(new DissectorCommand());
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return line.execute(arguments);
    }

    @Test
    void writesOneFileAndNamesItsFields() throws Exception {
        Path file = folder.resolve("vtun.lua");
        assertThat(dissector("--format", "vtun", "--out", file.toString(), "--port", "5000"))
                .isZero();
        assertThat(out.toString()).contains("its fields begin with tb_vtun");
        assertThat(Files.readString(file)).contains("[\"port\"] = 5000", "function protocol.dissector");
    }

    @Test
    void refusesAPortThatIsNone() {
        String file = folder.resolve("x.lua").toString();
        assertThat(dissector("--format", "vtun", "--out", file, "--port", "0")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("--port: '0' is not valid; allowed: 1 to 65535");
    }

    @Test
    void namesAFileThatCannotBeWritten() {
        String file = folder.resolve("none").resolve("x.lua").toString();
        assertThat(dissector("--format", "vtun", "--out", file)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("--out", "cannot write " + file);
    }
}
