package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.GsonNode;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service of several tunnels, as its own process, asked and changed through its control socket by other processes. */
class ServiceControlTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String BRIDGE = "dev.tunbridge.bridge.service.Main";

    @TempDir
    private Path folder;

    private Lab lab;
    private LabNamespace device;
    private LabProcess servers;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @BeforeEach
    void open() throws Exception {
        lab = Lab.open();
        device = lab.namespace("device");
        LabNamespace server = lab.namespace("server");
        lab.connect(device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), Scenes.profile("veth"), 1);
        List<String> command = java("dev.tunbridge.sim.service.Main");
        command.addAll(List.of("serve", "--listen", "198.18.0.2:7000", "--count", "3"));
        command.addAll(List.of("--tunnel", "198.19.0.2/30", "--device", "198.19.0.1", "--carriage", "packet"));
        command.addAll(List.of("--token", "s3cret-token"));
        servers = server.start(command.toArray(String[]::new));
        servers.awaitLine("serving on 198.18.0.2 port 7002", LIMIT);
        Files.setPosixFilePermissions(
                Files.writeString(folder.resolve("token"), "s3cret-token\n"),
                PosixFilePermissions.fromString("rw-------"));
    }

    @AfterEach
    void close() throws Exception {
        servers.close();
        lab.close();
    }

    private static List<String> java(String mainClass) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ArrayList<>(List.of(
                java,
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
    }

    private Path socket() {
        return folder.resolve("control.sock");
    }

    private Path configure(String tunnels) throws IOException {
        String all = "control.socket: " + socket() + "\ncarriage: packet\nidentity.token-file: "
                + folder.resolve("token") + "\ntunnels:\n" + tunnels;
        return Files.writeString(folder.resolve("tunbridge.yaml"), all);
    }

    private static String tunnel(String name, int number, String more) {
        return "  " + name + ": {server: \"198.18.0.2:" + (7000 + number) + "\", tun.name: tb" + number + more + "}\n";
    }

    private LabProcess run(Path config) throws IOException {
        return run(config, "--default-signal=HUP");
    }

    /** Java takes no SIGHUP where it is ignored, as it is for whatever nohup has started. */
    private LabProcess run(Path config, String hangUp) throws IOException {
        List<String> command = new ArrayList<>(List.of("env", hangUp));
        command.addAll(java(BRIDGE));
        command.addAll(List.of("run", "--loops", "2", "--config", config.toString()));
        return device.start(command.toArray(String[]::new));
    }

    private Command.Result ask(String... arguments) throws IOException {
        List<String> command = java(BRIDGE);
        command.addAll(List.of(arguments));
        command.addAll(List.of("--control", socket().toString()));
        return device.run(LIMIT, command.toArray(String[]::new));
    }

    private JsonObject status() throws IOException {
        return JsonParser.parseString(ask("status", "--json").output()).getAsJsonObject();
    }

    private static List<JsonObject> tunnels(JsonObject status) {
        return StreamSupport.stream(status.getAsJsonArray("tunnels").spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    private static List<String> names(JsonArray objects, String key) {
        return StreamSupport.stream(objects.spliterator(), false)
                .map(each -> each.getAsJsonObject().get(key).getAsString())
                .toList();
    }

    private static void assertPromised(JsonObject status) throws IOException {
        Path schema = Path.of("..", "docs", "schema", "status.json");
        Validator.Result result = new ValidatorFactory()
                .withJsonNodeFactory(new GsonNode.Factory())
                .validate(Files.readString(schema), status.toString());
        assertThat(result.getErrors()).as(status.toString()).isEmpty();
    }

    private boolean pings() throws IOException {
        return device.run(LIMIT, "ping", "-c", "1", "-W", "1", "-I", "tb0", "198.19.0.2")
                .isSuccess();
    }

    @Test
    void tunnelsAreAddedChangedAndRemovedWithoutTheOthers() throws Exception {
        Path config = configure(tunnel("pumps", 0, "") + tunnel("valves", 1, ""));
        try (LabProcess service = run(config)) {
            Command.Result waited = ask("wait", "--timeout", "20s");
            assertThat(waited.errors()).isEmpty();
            assertThat(waited.exitCode()).isZero();
            JsonObject before = status();
            assertPromised(before);
            assertThat(before.get("passing").getAsBoolean()).isTrue();
            assertThat(tunnels(before))
                    .extracting(each -> each.get("name").getAsString())
                    .containsExactly("pumps", "valves");

            configure(tunnel("pumps", 0, ", filter.allow: \"tcp:80\"") + tunnel("meters", 2, ""));
            Command.Result reloaded = ask("reload");
            assertThat(reloaded.output().strip()).isEqualTo("added meters; changed pumps; removed valves");
            assertThat(ask("wait", "--timeout", "20s").exitCode()).isZero();
            JsonObject after = status();
            assertPromised(after);
            assertThat(tunnels(after))
                    .extracting(each -> each.get("name").getAsString())
                    .containsExactly("pumps", "meters");
            JsonObject pumps = tunnels(after).get(0);
            assertThat(pumps.get("since")).isEqualTo(tunnels(before).get(0).get("since"));
            assertThat(pumps.getAsJsonObject("earned").get("connections").getAsLong())
                    .isEqualTo(1);
            assertThat(device.run(LIMIT, "ip", "link").output())
                    .contains("tb0", "tb2")
                    .doesNotContain("tb1");
            assertThat(pings()).as("tcp:80 alone may pass").isFalse();
            configure(tunnel("pumps", 0, ", filter.allow: \"icmp\"") + tunnel("meters", 2, ""));
            assertThat(ask("reload").output().strip()).isEqualTo("changed pumps");
            assertThat(pings()).isTrue();

            configure(tunnel("pumps", 0, "") + "  meters: {server: nowhere}\n");
            Command.Result wrong = ask("reload");
            assertThat(wrong.exitCode()).isEqualTo(2);
            assertThat(wrong.errors())
                    .contains(
                            "tunbridge.yaml:6:20: tunnels.meters.server: 'nowhere' is not valid",
                            "6 |   meters: {server: nowhere}");
            assertThat(status().get("passing").getAsBoolean()).isTrue();

            configure(tunnel("pumps", 0, "") + tunnel("meters", 2, ", mode: plain"));
            service.signal("HUP");
            service.awaitLine("reloaded: set up anew meters; changed pumps", LIMIT);
            assertThat(ask("reload").output().strip()).isEqualTo("nothing has changed");

            service.terminate();
            assertThat(service.awaitExit(LIMIT)).isZero();
            assertThat(socket()).doesNotExist();
        }
    }

    @Test
    void anIgnoredHangUpIsSaidAndTheCommandReloads() throws Exception {
        Path config = configure(tunnel("pumps", 0, ""));
        try (LabProcess service = run(config, "--ignore-signal=HUP")) {
            service.awaitLine("SIGHUP is ignored here, as nohup has it: 'tunbridge reload' does the same", LIMIT);
            service.signal("HUP");
            assertThat(ask("wait", "--timeout", "20s").exitCode()).isZero();
            configure(tunnel("pumps", 0, ", filter.allow: icmp"));
            assertThat(ask("reload").output().strip()).isEqualTo("changed pumps");
        }
    }

    @Test
    void whatIsWrongIsNamedWithTheWayOut() throws Exception {
        Path config = configure(tunnel("pumps", 0, "") + "  lost: {server: \"198.18.0.2:9\", tun.name: tb9}\n"
                + "  nameless: {server: \"no-such-host.invalid:7\", tun.name: tb8}\n"
                + "  stranger: {server: \"198.18.0.2:7001\", tun.name: tb7, identity.token-file: \""
                + folder.resolve("other")
                + "\"}\n");
        Files.setPosixFilePermissions(
                Files.writeString(folder.resolve("other"), "0ther-token\n"),
                PosixFilePermissions.fromString("rw-------"));
        try (LabProcess service = run(config)) {
            assertThat(ask("wait", "pumps", "--timeout", "20s").exitCode()).isZero();
            service.awaitLine("stranger: ended", LIMIT);
            Command.Result late = ask("wait", "lost", "--timeout", "300ms");
            assertThat(late.exitCode()).isEqualTo(1);
            assertThat(late.errors()).contains("no traffic passes yet: lost: ");
            JsonObject status = status();
            assertPromised(status);
            List<String> codes = tunnels(status).stream()
                    .map(each -> String.join(",", names(each.getAsJsonArray("problems"), "code")))
                    .toList();
            assertThat(codes).containsExactly("", "server-unreachable", "server-name-unknown", "login-refused");
            Command.Result told = ask("status", "lost");
            assertThat(told.exitCode()).isEqualTo(1);
            assertThat(told.output()).contains("NO TRAFFIC", "ERROR server-unreachable", "next    nc -vz 198.18.0.2 9");
            assertThat(ask("status").output() + status).doesNotContain("s3cret-token", "0ther-token");

            Files.writeString(folder.resolve("other"), "s3cret-token\n");
            assertThat(ask("reload").output()).contains("set up anew stranger");
            assertThat(ask("wait", "stranger", "--timeout", "20s").exitCode()).isZero();
            assertThat(ask("reconnect", "pumps").exitCode()).isZero();
            assertThat(ask("wait", "pumps", "--timeout", "20s").exitCode()).isZero();
            Command.Result unknown = ask("reconnect", "pump");
            assertThat(unknown.exitCode()).isEqualTo(2);
            assertThat(unknown.errors()).contains("'pump' is no tunnel; allowed: pumps, lost, nameless, stranger");
            assertThat(ask("log-level", "debug", "--logger", "dev.tunbridge.bridge.tunnel")
                            .output()
                            .strip())
                    .isEqualTo("dev.tunbridge.bridge.tunnel debug");
            assertThat(ask("log-level", "loud").errors()).contains("level: 'loud' is none; allowed: off, error");
        }
    }

    @Test
    void aClientThatBreaksTheRulesIsToldAndHarmsNobody() throws Exception {
        Path config = configure(tunnel("pumps", 0, ""));
        try (LabProcess service = run(config)) {
            assertThat(ask("wait", "--timeout", "20s").exitCode()).isZero();
            assertThat(say("hello")).contains("\"code\":\"bad-request\"", "is not JSON");
            assertThat(say("{\"version\":2,\"id\":1,\"command\":\"status\"}"))
                    .contains("\"code\":\"version\"", "allowed: 1");
            assertThat(say("{\"version\":1,\"id\":5,\"command\":\"fly\"}"))
                    .contains("\"id\":5", "\"code\":\"unknown-command\"", "status, watch, wait");
            assertThat(say("{\"version\":1,\"id\":6,\"command\":\"status\",\"arguments\":{\"tunel\":\"a\"}}"))
                    .contains("\"code\":\"bad-argument\"", "tunel: is no argument of status; allowed: tunnel");
            assertThat(say("{\"version\":1,\"id\":7,\"command\":\"status\"} x")).contains("bad-request");
            assertThat(say("[".repeat(60_000))).contains("bad-request");
            assertThat(say("x".repeat(70_000))).as("let go").isEmpty();
            List<SocketChannel> idle = new ArrayList<>();
            try {
                for (int i = 0; i < 16; i++) {
                    idle.add(SocketChannel.open(UnixDomainSocketAddress.of(socket())));
                }
                Thread.sleep(200);
                assertThat(say("{}")).contains("\"code\":\"busy\"");
            } finally {
                for (SocketChannel each : idle) {
                    each.close();
                }
            }
            assertThat(status().get("passing").getAsBoolean()).isTrue();
            assertThat(service.isAlive()).isTrue();
        }
    }

    @Test
    void withoutAServiceEachCommandSaysSo() throws Exception {
        for (String command : List.of("status", "reload", "reconnect", "log-level")) {
            Command.Result result = ask(command);
            assertThat(result.exitCode()).as(command).isEqualTo(69);
            assertThat(result.errors()).as(command).contains("no service listens at " + socket());
        }
        assertThat(ask("wait", "--timeout", "200ms").exitCode()).isEqualTo(69);
    }

    /** One line, and the one that is answered. */
    private String say(String line) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket()));
            try {
                channel.write(StandardCharsets.UTF_8.encode(line + "\n"));
            } catch (IOException e) {
                return ""; // let go before all of it was said
            }
            ByteBuffer answer = ByteBuffer.allocate(16_384);
            try {
                while (channel.read(answer) > 0 && answer.get(answer.position() - 1) != '\n') {
                    // goes on
                }
            } catch (IOException e) {
                return "";
            }
            return StandardCharsets.UTF_8.decode(answer.flip()).toString();
        }
    }
}
