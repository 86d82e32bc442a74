package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.doctor.Finding;
import dev.tunbridge.bridge.doctor.FindingCode;
import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.linux.TunInterface;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** The command as a user has it, in a namespace of its own. */
class DoctorCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private TestNamespace namespace;
    private @Nullable Path state;

    @BeforeEach
    void open() throws Exception {
        namespace = TestNamespace.open();
    }

    @AfterEach
    void close() throws Exception {
        namespace.close();
    }

    private int doctor(String... arguments) throws Exception {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--undo-file=" + undoFile());
        return namespace.call(() -> {
            CommandLine line = Main.commandLine(new DoctorCommand());
            line.setOut(new PrintWriter(out, true));
            line.setErr(new PrintWriter(err, true));
            return line.execute(all.toArray(String[]::new));
        });
    }

    private Path undoFile() {
        return (state == null ? folder.resolve("state") : state).resolve("doctor-undo.json");
    }

    private String sysctl(String name) throws Exception {
        return namespace.run("sysctl", "-n", name).strip();
    }

    private static Map<?, ?> parsed(String json) {
        return (Map<?, ?>)
                Objects.requireNonNull(new Load(LoadSettings.builder().build()).loadFromString(json), json);
    }

    private static Object at(Map<?, ?> map, String key) {
        return Objects.requireNonNull(map.get(key), key);
    }

    private static Map<?, ?> object(Map<?, ?> map, String key) {
        return (Map<?, ?>) at(map, key);
    }

    private static List<Map<?, ?>> findings(Map<?, ?> printed) {
        List<Map<?, ?>> findings = new ArrayList<>();
        ((List<?>) at(printed, "findings")).forEach(finding -> findings.add((Map<?, ?>) finding));
        return findings;
    }

    private static List<Object> codes(String json) {
        return findings(parsed(json)).stream()
                .map(finding -> at(finding, "code"))
                .toList();
    }

    @Test
    void tellsWhatIsWrongAndMendsIt() throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_sack=0", "net.ipv4.tcp_rmem=4096 65536 131072");
        assertThat(doctor()).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString())
                .contains("  warning tcp-sack-off\n          /proc/sys/net/ipv4/tcp_sack is 0\n")
                .contains("mend: sysctl -w net.ipv4.tcp_sack=1   (--fix)")
                .contains("--fix mends 2 of all.");
        assertThat(sysctl("net.ipv4.tcp_sack")).isEqualTo("0");

        assertThat(doctor("--fix")).as("%s%s", out, err).isEqualTo(ExitCode.OK);
        assertThat(out.toString())
                .contains("/proc/sys/net/ipv4/tcp_sack: 0 is now 1")
                .contains("Nothing is wrong");
        assertThat(sysctl("net.ipv4.tcp_sack")).isEqualTo("1");
        assertThat(Files.getPosixFilePermissions(undoFile())).isEqualTo(PosixFilePermissions.fromString("rw-------"));

        assertThat(doctor("--undo")).isEqualTo(ExitCode.OK);
        assertThat(sysctl("net.ipv4.tcp_sack")).isEqualTo("0");
        assertThat(sysctl("net.ipv4.tcp_rmem").split("\\s+")).containsExactly("4096", "65536", "131072");
        assertThat(undoFile()).doesNotExist();
        assertThat(doctor("--undo")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("nothing to put back");
    }

    /** A value that another has set since is another's. */
    @Test
    void refusesToPutBackWhatSomebodyHasChanged() throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_reordering=30", "net.ipv4.tcp_early_retrans=0");
        assertThat(doctor("--fix")).isEqualTo(ExitCode.OK);
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_reordering=7");
        assertThat(doctor("--undo")).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString())
                .contains("tcp_reordering stays 7: somebody has changed it since (it was 30, then 3)")
                .contains("tcp_early_retrans: 3 is 0 again");
        assertThat(sysctl("net.ipv4.tcp_reordering")).isEqualTo("7");
        assertThat(sysctl("net.ipv4.tcp_early_retrans")).isEqualTo("0");
        assertThat(undoFile()).content().contains("tcp_reordering").doesNotContain("tcp_early_retrans");
    }

    @Test
    void remembersWhatWasBeforeTheFirstOfTwoFixes() throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_reordering=30");
        assertThat(doctor("--fix")).isEqualTo(ExitCode.OK);
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_early_retrans=0");
        assertThat(doctor("--fix")).isEqualTo(ExitCode.OK);
        assertThat(doctor("--undo")).isEqualTo(ExitCode.OK);
        assertThat(sysctl("net.ipv4.tcp_reordering")).isEqualTo("30");
        assertThat(sysctl("net.ipv4.tcp_early_retrans")).isEqualTo("0");
    }

    @Test
    void changesNothingThatItCannotWriteDown() throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_sack=0");
        Files.writeString(folder.resolve("state"), "a file where a folder should be");
        assertThat(doctor("--fix")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("doctor-undo.json cannot be read: ");
        assertThat(sysctl("net.ipv4.tcp_sack")).isEqualTo("0");

        state = Path.of("/proc/self");
        assertThat(doctor("--fix")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("nothing is changed: ", "doctor-undo.json cannot be written");
        assertThat(sysctl("net.ipv4.tcp_sack")).isEqualTo("0");
    }

    @Test
    void putsBackNothingOutsideOfTheKernel() throws Exception {
        Path victim = Files.writeString(folder.resolve("victim"), "2");
        Files.createDirectories(undoFile().getParent());
        for (String target : List.of(victim.toString(), "/proc/sys/../.." + victim, "/sys/./../" + victim)) {
            Files.writeString(
                    undoFile(),
                    "{\"version\":1,\"changes\":[{\"kind\":\"file\",\"target\":\"" + target
                            + "\",\"was\":\"1\",\"set\":\"2\"}]}");
            assertThat(doctor("--undo")).isEqualTo(ExitCode.FAILED);
            assertThat(err.toString()).contains("has a change that is none");
            assertThat(victim).hasContent("2");
        }
    }

    @Test
    void lengthensAQueueAndShortensItAgain() throws Exception {
        Path config = Files.writeString(folder.resolve("device.yaml"), "tun: {name: tb7}\n");
        try (TunInterface device = namespace.openTun("tb7")) {
            namespace.inside("link", "set", device.name(), "up", "txqueuelen", "20");
            assertThat(doctor("--config", config.toString(), "--json")).isEqualTo(ExitCode.FAILED);
            assertThat(codes(out.toString())).contains("txqueuelen-short");
            assertThat(doctor("--config", config.toString(), "--fix")).isEqualTo(ExitCode.OK);
            assertThat(namespace.inside("link", "show", "tb7")).contains("qlen 500");
            assertThat(doctor("--undo")).isEqualTo(ExitCode.OK);
            assertThat(namespace.inside("link", "show", "tb7")).contains("qlen 20");
        }
    }

    @Test
    void refusesAWrongConfigurationAndTwoWishesAtOnce() throws Exception {
        assertThat(doctor("--server", "nowhere")).isEqualTo(ExitCode.USAGE);
        assertThat(doctor("--fix", "--undo")).isEqualTo(ExitCode.USAGE);
        assertThat(doctor("--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("Exit codes: 0 nothing is wrong", "Example: tunbridge doctor");
    }

    /** What the schema promises is what is printed, and what the record has. */
    @Test
    void printsWhatTheSchemaPromises() throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_sack=0");
        assertThat(doctor("--json", "--fix")).isEqualTo(ExitCode.OK);
        assertThat(err.toString()).contains("tcp_sack: 0 is now 1");
        assertThat(parsed(out.toString())).isNotEmpty(); // what was done is not in front of it
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_sack=0");
        assertThat(doctor("--json")).isEqualTo(ExitCode.FAILED);

        Map<?, ?> schema = parsed(Files.readString(Path.of("../docs/schema/doctor.json")));
        Map<?, ?> properties = object(schema, "properties");
        Map<?, ?> item = object(object(properties, "findings"), "items");
        Map<?, ?> keys = object(item, "properties");
        Map<?, ?> printed = parsed(out.toString());
        assertThat(printed.keySet()).hasToString(properties.keySet().toString());
        assertThat(at(printed, "version")).isEqualTo(at(object(properties, "version"), "const"));
        List<?> severities = (List<?>) at(object(keys, "severity"), "enum");
        String pattern = at(object(keys, "code"), "pattern").toString();
        for (Map<?, ?> finding : findings(printed)) {
            assertThat(finding.keySet()).hasToString(keys.keySet().toString());
            assertThat(severities.contains(at(finding, "severity"))).isTrue();
            assertThat(at(finding, "code").toString()).matches(pattern);
        }
        List<String> components = Arrays.stream(Finding.class.getRecordComponents())
                .map(component -> component.getName().equals("fixes") ? "fixable" : component.getName())
                .toList();
        assertThat(components).hasToString(keys.keySet().toString());
        assertThat(at(item, "required")).hasToString(components.toString());
    }

    /** The table has each code with its reason, and no other code. */
    @Test
    void isWrittenDownWhole() throws Exception {
        Matcher row = Pattern.compile(
                        "(?m)^\\| `([a-z0-9-]+)` \\| (\\w+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| (yes|no) \\|$")
                .matcher(Files.readString(Path.of("../docs/doctor.md")));
        Map<String, String> rows = new TreeMap<>();
        while (row.find()) {
            rows.put(row.group(1), row.group(2) + " " + row.group(4).strip());
        }
        Map<String, String> expected = Arrays.stream(FindingCode.values())
                .collect(Collectors.toMap(
                        FindingCode::key, code -> code.severity().key() + " " + code.why(), (a, b) -> a, TreeMap::new));
        assertThat(rows).isEqualTo(expected);
        Set<String> mentioned = new TreeSet<>(rows.keySet());
        assertThat(mentioned).hasSize(FindingCode.values().length);
    }

    /** As an operator runs it: another process, whose /sys shows this namespace's interfaces. No Netty and no JNA is loaded. */
    @Test
    void startsWithoutNettyAndNativeLibraries() throws Exception {
        namespace.addLan("198.18.0.1/24");
        namespace.inside("route", "add", "default", "via", "198.18.0.2");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String printed = namespace.run(
                "sh",
                "-c",
                "'" + java + "' -Xlog:class+load:file=" + folder.resolve("classes") + " -cp '"
                        + System.getProperty("java.class.path") + "' " + Main.class.getName()
                        + " doctor --json || test $? = 1");
        assertThat(codes(printed)).doesNotContain("tcp-sack-off");
        String classes = Files.readString(folder.resolve("classes"));
        assertThat(classes).contains("dev.tunbridge.bridge.doctor.Doctor");
        assertThat(classes.lines().filter(line -> line.contains(" io.netty.") || line.contains(" com.sun.jna.")))
                .isEmpty();
    }
}
