package dev.tunbridge.sim.e2e;

import static dev.tunbridge.sim.lab.JavaProgram.java;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command lines as processes of their own: every bad input gets one line and its exit code, every end is clean. */
class CommandLineTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String BRIDGE = "dev.tunbridge.bridge.service.Main";
    private static final String SIMSERVER = "dev.tunbridge.sim.service.Main";

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tunbridge|fly|Unmatched argument",
                "tunbridge|run --no-such-option|Unknown option",
                "tunbridge|run|server: is missing",
                "tunbridge|run --server nowhere|HOST:PORT",
                "tunbridge|run --server 198.18.0.2:7000 --set queue.bytes=lots|queue.bytes: 'lots'",
                "tunbridge|run --server 198.18.0.2:7000 --set qeue.bytes=1MiB|the nearest is 'queue.bytes'",
                "tunbridge|run --server 198.18.0.2:7000 --tun this-name-is-too-long|tun.name",
                "tunbridge|run --server 198.18.0.2:7000 --format no-such-file.yaml|no-such-file.yaml",
                "tunbridge|run --config no-such-file.yaml|no-such-file.yaml",
                "tunbridge|run --server 198.18.0.2:7000 --stats-file /no/such/folder/stats.json|/no/such/folder",
                "tunbridge|run --server 198.18.0.2:7000 --stats-file /dev/null|no ordinary file",
                "tunbridge|check --format no-such-file.yaml|no-such-file.yaml",
                "tunbridge|check --set reconnect.first=20m|reconnect.first: '20m' is not valid; allowed: no more than",
                "tunbridge|replay /dev/zero|is no ordinary file",
                "tunbridge|replay|Missing required parameter: 'FILE'",
                "tunbridge|replay no-such-file.pcap|no-such-file.pcap: no such file",
                "tunbridge|replay pom.xml|pom.xml",
                "tunbridge|replay --connection 198.18.0.1:1 x.pcap|--connection: '198.18.0.1:1' is not valid",
                "tunbridge|replay --boundaries likely x.pcap|boundaries: 'likely'",
                "tunbridge|replay --recovery perhaps x.pcap|--recovery: 'perhaps' is not valid; allowed: on | off",
                "tunbridge|replay --format no-such-file.yaml x.pcap|no-such-file.yaml",
                "tunbridge|capture --server 198.18.0.2:7000|Missing required option: '--out=FILE'",
                "tunbridge|capture --out x.pcapng|server: is missing",
                "tunbridge|capture --server 198.18.0.2:7000 --out x.pcapng --seconds 0|--seconds: '0'",
                "tunbridge|capture --server 198.18.0.2:7000 --out x.pcapng --max-bytes 1TB|is not a size; allowed: 4KiB to",
                "tunbridge|capture --server 198.18.0.2:7000 --out x.pcapng --max-bytes 9|allowed: 4KiB to",
                "tunbridge|capture --server 198.18.0.2:7000 --out /no/such/folder/x|cannot write /no/such/folder/x",
                "simserver|serve|Missing required options",
                "simserver|serve --listen 198.18.0.2 --tunnel 198.19.0.2/30 --device 198.19.0.1|HOST:PORT",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2 --device 198.19.0.1|ADDRESS/LENGTH",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2/30 --device 2001:2::1|within --tunnel 198",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2/30 --device 198.19.0.5|within --tunnel 198",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2/30 --device 198.19.0.1 --mtu 5|--mtu",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2/30 --device 198.19.0.1 --write x|frame or batch",
                "simserver|serve --listen 198.18.0.2:7000 --device 198.19.0.1|--tunnel is missing; with --carriage segment",
                "simserver|serve --listen 198.18.0.2:7000 --device 198.19.0.1 --carriage pigeon|segment, packet or socket",
                "simserver|serve --listen 198.18.0.2:7000 --device 198.19.0.1 --carriage packet+socket|packet or socket",
                "simserver|serve --listen 198.18.0.2:7000 --device 198.19.0.4 --carriage socket|first or second host",
                "simserver|serve --listen 198.18.0.2:7000 --device 198.19.0.1 --carriage socket --format vtun|--carriage",
                "simserver|serve --listen 198.18.0.2:7000 --device 198.19.0.1 --carriage socket --misbehave rudeness|flood-opens",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2/30 --device 198.19.0.1 --misbehave flood-opens|socket",
                "simserver|serve --listen 198.18.0.2:7000 --tunnel 198.19.0.2/30 --device 198.19.0.1 --format vtun|what --format 'vtun' has messages for, [PACKET]",
                "simserver|link --a one --b two:dev|NAMESPACE:DEVICE",
                "simserver|link --a a:b --b c:d --profile nonsense|nonsense",
                "simserver|link --a a:b --b c:d --set ab.loss=200|loss"
            })
    void aWrongCommandLineGetsOneLineAndExitCodeTwo(String program, String arguments, String said) throws Exception {
        Command.Result result = Command.run(
                LIMIT, "", java(program.equals("tunbridge") ? BRIDGE : SIMSERVER, arguments.split(" ", -1)));
        assertThat(result.exitCode()).as("%s", result).isEqualTo(ExitCode.USAGE);
        assertThat(result.errors()).contains(said);
        assertThat(result.errors().strip().lines()).as("one line").hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--pcap FILE|--pcap: 'FILE' is not valid; allowed: a file of its own, and not the recording itself",
                "--follow LINK|--follow: 'LINK' is not valid; allowed: a file of its own, and not the recording itself",
                "--pcap NEW --follow NEW|allowed: a file of its own, and not the file of --pcap",
                "--follow /no/such/folder/x|--follow: cannot write /no/such/folder/x: no such file or folder"
            })
    void aReplayNeverWritesIntoWhatItReads(String outputs, String said, @TempDir Path folder) throws Exception {
        Path file = folder.resolve("recorded.pcap");
        // Of raw IP, with one SYN: a connection to replay.
        byte[] recorded = HexFormat.of()
                .parseHex("d4c3b2a1020004000000000000000000ffff000065000000" + "00000000000000002800000028000000"
                        + "45000028000040004006aea8c6120001c61200020fa01b580000000100000000500203e8f4d90000");
        Files.write(file, recorded);
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        UnaryOperator<String> named = text -> text.replace("FILE", file.toString())
                .replace("LINK", link.toString())
                .replace("NEW", folder.resolve("new").toString());
        List<String> arguments = new ArrayList<>(List.of("replay", file.toString()));
        arguments.addAll(List.of(named.apply(outputs).split(" ", -1)));
        Command.Result result = Command.run(LIMIT, "", java(BRIDGE, arguments.toArray(String[]::new)));
        assertThat(result.exitCode()).as("%s", result).isEqualTo(ExitCode.USAGE);
        assertThat(result.errors()).contains(named.apply(said));
        assertThat(Files.readAllBytes(file)).isEqualTo(recorded);
    }

    @Test
    void aWrongDescriptionIsNamedWithItsKey(@TempDir Path folder) throws Exception {
        Path format = Files.writeString(folder.resolve("bad.yaml"), """
                name: bad
                frame: {header: [{name: type, at: 0, size: 1}], length: {at: 1, size: 99, max: 64}, payload: {at: 100}}
                types: {packet: 1}
                """);
        Command.Result result = Command.run(LIMIT, "", java(BRIDGE, "check", "--format", format.toString()));
        assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(result.errors()).contains("bad.yaml:2:").contains("frame.length.size: is 99; allowed 1 to 8");
    }

    @ParameterizedTest
    @CsvSource({"tunbridge, --version", "tunbridge, --help", "simserver, --version", "simserver, --help"})
    void versionAndHelpAreEverywhere(String program, String option) throws Exception {
        Command.Result result = Command.run(LIMIT, "", java(program.equals("tunbridge") ? BRIDGE : SIMSERVER, option));
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).isNotBlank();
        assertThat(result.errors()).isEmpty();
    }

    @Test
    void aPortInUseGetsOneLine() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (ServerSocket taken = alone.call(() -> new ServerSocket(7000))) {
                Command.Result result = alone.run(LIMIT, serve("127.0.0.1:" + taken.getLocalPort()));
                assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
                assertThat(result.errors()).contains("cannot listen on").contains("7000");
                assertThat(result.errors().strip().lines()).hasSize(1);
            }
            assertClean(alone);
        }
    }

    @Test
    void aDeviceNameInUseGetsOneLine() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess holder = alone.start(serve("127.0.0.1:7000"))) {
                holder.awaitLine("serving on", LIMIT);
                Command.Result result =
                        alone.run(LIMIT, array(java(BRIDGE, "run", "--server", "127.0.0.1:7000", "--tun", "sim0")));
                assertThat(result.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
                assertThat(result.errors()).contains("sim0").contains("EBUSY");
                assertThat(result.errors().strip().lines()).hasSize(1);
            }
        }
    }

    @Test
    void withoutPermissionOneLineSaysSo() throws Exception {
        Scenes.requireProgram("setpriv");
        List<String> command =
                new ArrayList<>(List.of("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", "--"));
        command.addAll(java(BRIDGE, "run", "--server", "127.0.0.1:7000", "--tun", "tb0"));
        try (Lab lab = Lab.open()) {
            Command.Result result = lab.namespace("alone").run(LIMIT, array(command));
            assertThat(result.exitCode()).as("%s", result).isEqualTo(ExitCode.NOT_PERMITTED);
            assertThat(result.errors()).contains("tb0").contains("CAP_NET_ADMIN is missing");
            assertThat(result.errors().strip().lines()).hasSize(1);
        }
    }

    @Test
    void withoutPermissionToReadAFileItIsSaidSo(@TempDir Path folder) throws Exception {
        Scenes.requireProgram("setpriv");
        Path file = Files.writeString(folder.resolve("closed.yaml"), "tun: {name: tb0}");
        Files.setPosixFilePermissions(file, Set.of());
        for (String option : List.of("--config", "--format")) {
            String rights = "-dac_override,-dac_read_search";
            List<String> command =
                    new ArrayList<>(List.of("setpriv", "--bounding-set", rights, "--inh-caps", rights, "--"));
            command.addAll(java(BRIDGE, "check", option, file.toString()));
            Command.Result result = Command.run(LIMIT, "", command);
            assertThat(result.exitCode()).as("%s", result).isEqualTo(ExitCode.NOT_PERMITTED);
            assertThat(result.errors())
                    .contains("closed.yaml")
                    .contains("cannot be read: permission denied")
                    .doesNotContain("--help");
            assertThat(result.errors().strip().lines()).hasSize(1);
        }
    }

    @Test
    void twoCapabilitiesAreEnough() throws Exception {
        Scenes.requireProgram("setpriv");
        // The last two to read this build's classes, and /dev/net/tun where only root may open it.
        String rights = "-all,+net_admin,+net_raw,+dac_read_search,+dac_override";
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", rights));
        command.addAll(List.of("--ambient-caps", rights, "--bounding-set", rights, "--"));
        command.addAll(java(BRIDGE, "run", "--server", "127.0.0.1:7000"));
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess server = alone.start(serve("127.0.0.1:7000"));
                    LabProcess bridge = alone.start(array(command))) {
                server.awaitLine("serving on", LIMIT);
                assertThat(bridge.awaitLine("tunnel up", LIMIT)).doesNotContain("forbidden");
                bridge.terminate();
                assertThat(bridge.awaitExit(Duration.ofSeconds(2))).isZero();
            }
            assertClean(alone);
        }
    }

    @Test
    void aDeviceOfManyQueuesIsRefusedWithTheCure() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            alone.run(LIMIT, "ip", "tuntap", "add", "dev", "tb0", "mode", "tun", "multi_queue");
            Command.Result result = alone.run(LIMIT, array(java(BRIDGE, "run", "--server", "127.0.0.1:7000")));
            assertThat(result.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(result.errors()).contains("multi_queue").contains("ip tuntap add dev tb0 mode tun");
            assertThat(result.errors().strip().lines()).hasSize(1);
            alone.run(LIMIT, "ip", "link", "delete", "tb0");
            assertClean(alone);
        }
    }

    @Test
    void withoutPermissionNothingIsRecorded(@TempDir Path folder) throws Exception {
        Scenes.requireProgram("setpriv");
        Path file = folder.resolve("x.pcapng");
        List<String> command =
                new ArrayList<>(List.of("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"));
        command.addAll(java(BRIDGE, "capture", "--server", "127.0.0.1:7000", "--out", file.toString()));
        try (Lab lab = Lab.open()) {
            Command.Result result = lab.namespace("alone").run(LIMIT, array(command));
            assertThat(result.exitCode()).as("%s", result).isEqualTo(ExitCode.NOT_PERMITTED);
            assertThat(result.errors()).contains("CAP_NET_RAW").contains("EPERM");
            assertThat(result.errors().strip().lines()).hasSize(1);
            assertThat(file).doesNotExist();
        }
    }

    @Test
    void aRejectIsShownWithItsReason() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess server = alone.start(serve("127.0.0.1:7000", "--token", "right"))) {
                server.awaitLine("serving on", LIMIT);
                Command.Result result =
                        alone.run(LIMIT, array(java(BRIDGE, "run", "--server", "127.0.0.1:7000", "--token", "wrong")));
                assertThat(result.exitCode()).isEqualTo(ExitCode.REFUSED);
                assertThat(result.errors()).contains("credentials");
                assertThat(result.errors().strip().lines()).hasSize(1);
            }
            assertClean(alone);
        }
    }

    @Test
    void garbageSilenceRefusalAndAnUnknownNameEndInANewTry() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            // All at once: two of them wait out the time of a login.
            try (NewTry unknown = new NewTry(alone, 0, "no-such-host.invalid:7000");
                    NewTry refused = new NewTry(alone, 1, "127.0.0.1:1");
                    NewTry garbage = new NewTry(alone, 2, new byte[200_000]);
                    NewTry half = new NewTry(alone, 3, new byte[] {(byte) 0xa5, 0x5a, 0x02, 0x00});
                    NewTry silence = new NewTry(alone, 4, new byte[0])) {
                unknown.says("cannot resolve no-such-host.invalid");
                refused.says("refused");
                garbage.says("format 'reference'");
                half.says("welcome");
                silence.says("welcome");
            }
            assertClean(alone);
        }
    }

    /** A bridge, with a server that says something of its own and then nothing, or none at all. */
    private static final class NewTry implements AutoCloseable {
        private final @Nullable ServerSocket listening;
        private final LabProcess bridge;

        NewTry(LabNamespace alone, int number, String server) throws Exception {
            listening = null;
            bridge = start(alone, number, server);
        }

        NewTry(LabNamespace alone, int number, byte[] answer) throws Exception {
            ServerSocket socket = alone.call(() -> {
                ServerSocket bound = new ServerSocket();
                bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                return bound;
            });
            listening = socket;
            alone.newThread(() -> answer(socket, answer)).start();
            bridge = start(alone, number, "127.0.0.1:" + socket.getLocalPort());
        }

        private static LabProcess start(LabNamespace alone, int number, String server) throws Exception {
            return alone.start(array(java(BRIDGE, "run", "--server", server, "--tun", "try" + number)));
        }

        private static void answer(ServerSocket listening, byte[] answer) {
            try (Socket connection = listening.accept()) {
                connection.getOutputStream().write(answer);
                connection.getOutputStream().flush();
                while (connection.getInputStream().read() >= 0) {
                    // until the bridge gives up
                }
            } catch (IOException e) {
                // the test is over
            }
        }

        void says(String said) throws Exception {
            assertThat(bridge.awaitLine("next try in", LIMIT)).contains(said);
            bridge.terminate();
            assertThat(bridge.awaitExit(Duration.ofSeconds(2))).isZero();
            assertThat(bridge.output()).noneMatch(line -> line.contains("\tat ") || line.contains("Exception"));
        }

        @Override
        public void close() throws IOException {
            bridge.close();
            if (listening != null) {
                listening.close();
            }
        }
    }

    @Test
    void sigtermEndsEverythingWithinTwoSecondsAndLeavesNothing() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess server = alone.start(serve("127.0.0.1:7000"));
                    LabProcess bridge = alone.start(array(java(BRIDGE, "run", "--server", "127.0.0.1:7000")))) {
                bridge.awaitLine("tunnel up", LIMIT);
                assertThat(alone.run(LIMIT, "ip", "rule").output()).contains("198.19.0.1");
                bridge.terminate();
                assertThat(bridge.awaitExit(Duration.ofSeconds(2))).isZero();
                server.terminate();
                assertThat(server.awaitExit(Duration.ofSeconds(2))).isZero();
            }
            assertClean(alone);
        }
    }

    @Test
    void theCountersAreInTheirFileAtTheEnd(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("stats.json");
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess server = alone.start(serve("127.0.0.1:7000"));
                    LabProcess bridge = alone.start(array(
                            java(BRIDGE, "run", "--server", "127.0.0.1:7000", "--stats-file", file.toString())))) {
                bridge.awaitLine("tunnel up", LIMIT);
                bridge.terminate();
                assertThat(bridge.awaitExit(Duration.ofSeconds(2))).isZero();
                server.terminate();
                server.awaitExit(Duration.ofSeconds(2));
            }
        }
        assertThat(Files.readString(file))
                .startsWith("{\"state\":\"closed\",\"connections\":1,\"down\":{\"packets\":0,")
                .endsWith("}\n")
                .contains("\"bytes_in\":");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("nothing beside it").containsExactly(file);
        }
    }

    @Test
    void whatAKilledBridgeLeavesIsReplacedAtTheNextStart() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess server = alone.start(serve("127.0.0.1:7000"))) {
                server.awaitLine("serving on", LIMIT);
                for (int i = 0; i < 2; i++) {
                    LabProcess bridge = alone.start(array(java(BRIDGE, "run", "--server", "127.0.0.1:7000")));
                    bridge.awaitLine("tunnel up", LIMIT);
                    bridge.close();
                    assertThat(alone.run(LIMIT, "ip", "rule").output()).contains("198.19.0.1");
                }
                try (LabProcess bridge = alone.start(array(java(BRIDGE, "run", "--server", "127.0.0.1:7000")))) {
                    bridge.awaitLine("tunnel up", LIMIT);
                    assertThat(alone.run(LIMIT, "ip", "rule").output().lines())
                            .filteredOn(line -> line.contains("198.19.0.1"))
                            .as("one rule, not one for each start")
                            .hasSize(1);
                    bridge.terminate();
                    assertThat(bridge.awaitExit(Duration.ofSeconds(2))).isZero();
                }
                server.terminate();
                server.awaitExit(Duration.ofSeconds(2));
            }
            assertClean(alone);
        }
    }

    /** No device, address, rule or route beyond those of an empty namespace. */
    private static void assertClean(LabNamespace namespace) throws Exception {
        assertThat(namespace.run(LIMIT, "ip", "-o", "link").output().lines()).hasSize(1);
        assertThat(namespace.run(LIMIT, "ip", "rule").output().lines()).hasSize(3);
        assertThat(namespace.run(LIMIT, "ip", "-6", "rule").output().lines()).hasSize(2);
        assertThat(namespace.run(LIMIT, "ip", "route").output()).isEmpty();
    }

    private static String[] serve(String listen, String... more) {
        List<String> command = new ArrayList<>(java(
                SIMSERVER,
                "serve",
                "--listen",
                listen,
                "--tun",
                "sim0",
                "--tunnel",
                "198.19.0.2/30",
                "--device",
                "198.19.0.1"));
        command.addAll(List.of(more));
        return array(command);
    }

    private static String[] array(List<String> command) {
        return command.toArray(String[]::new);
    }
}
