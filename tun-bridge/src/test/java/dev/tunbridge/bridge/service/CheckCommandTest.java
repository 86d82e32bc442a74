package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What a run would refuse, a check refuses too. */
class CheckCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int check(String description, String... settings) throws Exception {
        Path file = Files.writeString(folder.resolve("acme.yaml"), description);
        CommandLine line = Main.commandLine(new CheckCommand());
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        List<String> arguments = new ArrayList<>(List.of("--server", "198.18.0.2:1", "--format", file.toString()));
        arguments.addAll(List.of(settings));
        return line.execute(arguments.toArray(String[]::new));
    }

    private static String framed(String types, String more) {
        return """
                name: acme
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 2, counts: payload, max: 2000}
                  payload: {at: 3}
                types: {%s}
                %s
                """.formatted(types, more);
    }

    @Test
    void refusesAProtocolOfChannelsAlone() throws Exception {
        String types =
                "hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 7, open: 8, opened: 9,"
                        + " data: 10, credit: 11, close: 12";
        assertThat(check(framed(types, ""))).isEqualTo(2);
        assertThat(err.toString()).contains("carriage", "what format 'acme' can carry, [SOCKET]");
    }

    @Test
    void refusesWhatNeitherLoginNorConfigurationSay() throws Exception {
        String bare = framed("ip: 1", "messages: {ip: {means: packet, layout: [{bytes: content}]}}\nsession: none");
        assertThat(check(bare, "--set", "tunnel.carriage=packet", "--set", "tunnel.device-address=198.19.0.1/30"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("tunnel.mtu", "576 to 65535; the login of 'acme' does not say it");
    }

    @Test
    void refusesAWordOfTheSessionThatIsNoType() throws Exception {
        assertThat(check(framed("hello: 1, packet: 2", ""))).isEqualTo(2);
        assertThat(err.toString()).contains("session: speaks of bye, which has no number in types");
    }

    static List<String> shipped() {
        return List.copyOf(Protocol.builtinNames());
    }

    /** Who has not got a server yet wants to know what the format is. */
    @ParameterizedTest
    @MethodSource("shipped")
    void explainsEveryFormatWithoutAServer(String format) {
        CommandLine line = Main.commandLine(new CheckCommand());
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        assertThat(line.execute("--format", format)).as("%s", err).isZero();
        assertThat(out.toString())
                .contains("Frame format " + format)
                .containsAnyOf("Rights\n", "A tunnel needs more\n");
    }

    @Test
    void refusesAnEmptyKeyOfTheLogin() throws Exception {
        String keyed = framed("hello: 1, ip: 2", """
                messages:
                  hello: {means: signal, layout: [{bytes: mac, size: 32}]}
                  ip: {means: packet, layout: [{bytes: content}]}
                session:
                  login:
                    - from: client
                      message: hello
                      with: {mac: {hmac: HmacSHA256, key: "${identity.token}", of: ["${identity.device-id}"]}}
                """);
        String[] tunnel = {
            "--set",
            "tunnel.carriage=packet",
            "--set",
            "tunnel.device-address=198.19.0.1/30",
            "--set",
            "tunnel.mtu=1400",
            "--set",
            "tunnel.server-address=198.19.0.2"
        };
        assertThat(check(keyed, tunnel)).isEqualTo(2);
        assertThat(err.toString())
                .contains("identity.token: it is empty, and the key of hello.mac in the login of format 'acme'");
        List<String> withToken = new ArrayList<>(List.of(tunnel));
        withToken.addAll(List.of("--token", "t"));
        assertThat(check(keyed, withToken.toArray(String[]::new))).as("%s", err).isZero();
    }

    @Test
    void refusesACarriageThatTheFormatHasNoMessagesFor() throws Exception {
        String bare = framed("ip: 1", "messages: {ip: {means: packet, layout: [{bytes: content}]}}\nsession: none");
        assertThat(check(bare, "--set", "tunnel.carriage=segment")).isEqualTo(2);
        assertThat(err.toString())
                .contains("tunnel.carriage: 'segment' is not valid; allowed: what format 'acme' can carry, [PACKET]");
    }

    /** The caret is below what it points at. */
    @Test
    void showsTheLineOfTheFileBelowTheFault() throws Exception {
        assertThat(check(framed("ip: 1", "sesion: none"))).isEqualTo(2);
        List<String> lines = err.toString().lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).contains("acme.yaml:7:1: sesion: is an unknown key");
        assertThat(lines.get(1)).isEqualTo("  7 | sesion: none");
        assertThat(lines.get(2)).isEqualTo("    | ^");
    }
}
