package dev.tunbridge.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files, folders, the environment and the command line, and the place of what is wrong in them. */
class ConfigReaderTest {
    @TempDir
    private Path folder;

    private Path file(String name, String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve(name), yaml);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private Path open(Path file) throws IOException {
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static ServiceConfig read(Path... files) {
        return ConfigReader.read(List.of(files), Map.of(), Map.of("PUMP_TOKEN", "s3cret", "PORT", "7001")::get);
    }

    private static BridgeConfig only(ServiceConfig service) {
        assertThat(service.tunnels()).hasSize(1);
        return service.tunnels().get(0).config();
    }

    private static void refuses(ThrowingCallable reading, String... words) {
        assertThatThrownBy(reading).isInstanceOf(ConfigException.class).hasMessageContainingAll(words);
    }

    private static final String TWO = """
            control: {socket: /run/test/control.sock, operators: [anna, ben]}
            server: 198.18.0.2:7000
            queue.bytes: 1MiB
            tunnels:
              pumps:
                tun: {name: tb7}
              valves:
                server: 198.18.0.3:7000
                tun.name: tb8
                queue: {bytes: 2MiB}
            """;

    @Test
    void tunnelsHaveNamesAndWhatStandsBesideThemHoldsForAll() throws IOException {
        ServiceConfig service = read(file("two.yaml", TWO));
        assertThat(service.get(ServiceSettings.CONTROL_SOCKET))
                .isEqualTo(AutoOr.fixed(Path.of("/run/test/control.sock")));
        assertThat(service.get(ServiceSettings.CONTROL_OPERATORS)).containsExactly("anna", "ben");
        assertThat(service.tunnels()).extracting(TunnelConfig::name).containsExactly("pumps", "valves");
        BridgeConfig pumps = service.tunnels().get(0).config();
        BridgeConfig valves = service.tunnels().get(1).config();
        assertThat(pumps.server()).hasToString("198.18.0.2:7000");
        assertThat(valves.server()).hasToString("198.18.0.3:7000");
        assertThat(pumps.get(Settings.QUEUE_BYTES)).isEqualTo(1 << 20);
        assertThat(valves.get(Settings.QUEUE_BYTES)).isEqualTo(2 << 20);
        assertThat(valves.changedFrom(pumps)).containsExactly(Settings.SERVER, Settings.TUN_NAME, Settings.QUEUE_BYTES);
    }

    @Test
    void aFolderIsOneFile() throws IOException {
        file("10-all.yaml", "queue: {bytes: 1MiB}\ncontrol: {mode: \"0600\"}");
        file("20-pumps.yml", "tunnels: {pumps: {server: \"198.18.0.2:1\", tun.name: tb1}}");
        file("30-valves.yaml", "tunnels.valves.server: \"198.18.0.2:2\"");
        file(".40-hidden.yaml", "no: [yaml");
        file("README.md", "no: [yaml");
        ServiceConfig service = read(folder);
        assertThat(service.tunnels()).extracting(TunnelConfig::name).containsExactly("pumps", "valves");
        assertThat(service.tunnels())
                .allSatisfy(tunnel ->
                        assertThat(tunnel.config().get(Settings.QUEUE_BYTES)).isEqualTo(1 << 20));
        assertThat(service.text(ServiceSettings.CONTROL_MODE)).isEqualTo("0600");
        file("50-again.yaml", "tunnels: {pumps: {tun.name: tb5}}");
        refuses(() -> read(folder), "50-again.yaml:1:19: tunnels.pumps.tun.name: is there twice", "20-pumps.yml:1:53");
    }

    @Test
    void anEmptyFolderIsRefused() {
        refuses(() -> read(folder), folder.toString(), "no file that ends in .yaml or .yml");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "server: nowhere|1:9: server: 'nowhere' is not valid; allowed: HOST:PORT",
                "queue: {byte: 1MiB}|1:9: queue.byte: is an unknown key; the nearest is queue.bytes",
                "quality: 7|1:1: quality: is an unknown key; 'tunbridge check --settings' lists all",
                "queue.bytes: 1MiB\\nqueue: {bytes: 2MiB}|2:9: queue.bytes: is there twice; allowed: once, and it is at",
                "queue: {bytes: }|1:9: queue.bytes: has no value",
                "tunnels: {a: {server: nowhere}}|1:23: tunnels.a.server: 'nowhere' is not valid",
                "tunnels: {a: {serve: \"h:1\"}}|1:15: tunnels.a.serve: is an unknown key; the nearest is server",
                "tunnels: {a: {control.socket: /x}}|1:15: tunnels.a.control.socket: is a setting of the service",
                "tunnels: {\"a b\": {server: \"h:1\"}}|'a b' is no name of a tunnel; allowed: 1 to 32 letters",
                "tunnels: [a, b]|tunnels: is a list; allowed: keys with values",
                "control: {mode: 0777}|1:17: control.mode: '0777' is not valid; allowed: four digits from 0600",
                "control: {socket: here.sock}|1:19: control.socket: 'here.sock' is not valid; allowed: auto | off | an",
                "routes: [10.0.0.0/8, {a: b}]|1:22: routes[1]: is a mapping; allowed: a plain value",
                "identity: {token: \"${env:NO_SUCH}\"}|1:19: identity.token: names the environment variable \"NO_SUCH\"",
                "server: \"h:1\"\\ntunnels: {a: {}, b: {}}|tunnels.b.tun.name: is 'tb0' in ",
                "[1, 2|is not YAML",
                "- a|is a list; allowed: keys with values",
            })
    void tellsPlaceValueAndWhatIsAllowed(String yaml, String told) throws IOException {
        Path file = file("wrong.yaml", yaml.replace("\\n", "\n"));
        refuses(() -> read(file), told);
    }

    @Test
    void showsTheLineWithoutItsSecrets() throws IOException {
        Path file = file("wrong.yaml", "identity: {token: s3cret, device-identity: \"pump 7\"}");
        assertThatThrownBy(() -> read(file))
                .hasMessage(
                        file + ":1:27: identity.device-identity: is an unknown key; the nearest is"
                                + " identity.device-id\n  1 | identity: {token:*******, device-identity: \"pump 7\"}\n    |                           ^");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "token: s3cret",
                "{token: s3cret, a: b}",
                "{\"token\": \"s3cret, more}\", a: b}",
                "'token': 's3cret, more'",
                "identity.token: s3cret # s3cret",
                "--set identity.token=s3cret",
            })
    void noSecretOfALineIsLeft(String line) {
        assertThat(Secrets.scrub(line)).doesNotContain("s3c").hasSameSizeAs(line);
    }

    @Test
    void otherValuesOfALineAreLeft() {
        String line = "identity: {token-file: /etc/x, device-id: token}";
        assertThat(Secrets.scrub(line)).isEqualTo(line);
    }

    @Test
    void theEnvironmentStandsForAValueOrAPartOfIt() throws IOException {
        Path file = open(file("open.yaml", "server: 198.18.0.2:${env:PORT}\nidentity: {token: \"${env:PUMP_TOKEN}\"}"));
        BridgeConfig config = only(read(file));
        assertThat(config.get(Settings.TOKEN)).isEqualTo("s3cret");
        assertThat(config.server()).hasToString("198.18.0.2:7001");
    }

    @Test
    void aSecretInAFileThatOthersMayReadIsRefusedAndNotShown() throws IOException {
        Path file = open(file("open.yaml", "identity: {token: s3cret}"));
        refuses(() -> read(file), "open.yaml:1:19: identity.token: stands in a file that others may read", "chmod o-r");
        assertThatThrownBy(() -> read(file)).message().doesNotContain("s3cret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(only(read(file)).get(Settings.TOKEN)).isEqualTo("s3cret");
    }

    @Test
    void aTooLongSecretIsNotShown() {
        assertThatThrownBy(() -> BridgeConfig.defaults().with("identity.token", "s3cret".repeat(50)))
                .message()
                .doesNotContain("s3cret")
                .contains("identity.token", "0 to 255 bytes");
    }

    @Test
    void aTokenFileHasTheSecretInOneLine() throws IOException {
        Path token = file("token", " s3cret \n");
        Path file = open(file("open.yaml", "identity.token-file: " + token));
        assertThat(only(read(file)).get(Settings.TOKEN)).isEqualTo("s3cret");
        Files.writeString(token, "");
        refuses(() -> read(file), "open.yaml:1:22: identity.token-file: " + token + " is empty; allowed: one line");
        Files.writeString(token, "a\nb\n");
        refuses(() -> read(file), token + " has more than a secret");
        open(token);
        refuses(() -> read(file), token + " may be read by others; allowed: chmod o-rwx " + token);
        Files.delete(token);
        refuses(() -> read(file), "cannot read " + token + ": no such file or folder");
    }

    @Test
    void aSecretAndItsFileTogetherAreRefused() throws IOException {
        Path file = file("both.yaml", "identity: {token: a, token-file: /x}");
        refuses(() -> read(file), "1:34: identity.token-file: goes with no identity.token");
    }

    @Test
    void theCommandLineChangesTheServiceOneTunnelOrAll() throws IOException {
        Path file = file("two.yaml", TWO);
        ServiceConfig service = ConfigReader.read(
                List.of(file),
                Map.of(
                        "control.socket",
                        "off",
                        "tunnels.valves.server",
                        "198.18.0.9:1",
                        "suppression.enabled",
                        "false"));
        assertThat(service.text(ServiceSettings.CONTROL_SOCKET)).isEqualTo("off");
        assertThat(service.tunnels().get(0).config().server()).hasToString("198.18.0.2:7000");
        assertThat(service.tunnels().get(1).config().server()).hasToString("198.18.0.9:1");
        assertThat(service.tunnels())
                .allSatisfy(tunnel -> assertThat(tunnel.config().get(Settings.SUPPRESSION_ENABLED))
                        .isFalse());
        refuses(
                () -> ConfigReader.read(List.of(file), Map.of("tunnels.valve.server", "198.18.0.9:1")),
                "tunnels.valve.server: there is no such tunnel; allowed pumps, valves");
        refuses(() -> ConfigReader.read(List.of(file), Map.of("queue.byte", "1MiB")), "the nearest is 'queue.bytes'");
        refuses(
                () -> ConfigReader.read(List.of(file), Map.of("tunnels.valves.server", "x")),
                "server: 'x' is not valid");
    }

    @Test
    void aFileWithoutTunnelsIsOneThatIsCalledByItsDevice() throws IOException {
        ServiceConfig service = read(
                file("a.yaml", "server: 198.18.0.2:7000\ntun.name: tb1"),
                file("b.yaml", "server: 198.18.0.2:7000\ntun.name: tb2"));
        assertThat(service.tunnels()).extracting(TunnelConfig::name).containsExactly("tb1", "tb2");
    }
}
