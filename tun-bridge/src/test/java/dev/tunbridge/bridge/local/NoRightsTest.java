package dev.tunbridge.bridge.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.service.Main;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program as it is started in a container: nobody's, without any capability, nothing that it could write to, and no /dev/net/tun. */
@Timeout(60)
class NoRightsTest {
    private static final String NOBODY = "65534";

    /** In a mount namespace of its own: all is read-only, and the device for tunnels is not one. */
    private static final String CONFINE = """
            set -e
            mount --make-rprivate /
            mount --bind /dev/null /dev/net/tun
            while read -r _ _ _ _ at _; do mount -o remount,ro,bind "$at" 2>/dev/null || true; done </proc/self/mountinfo
            if touch /tmp/written 2>/dev/null; then echo "/tmp can be written"; exit 1; fi
            exec setpriv --reuid %s --regid %s --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
            """.formatted(NOBODY, NOBODY);

    /** What the launcher puts beside the jars: such a process has no place to unpack it to. */
    private static void unpackNatives(Path folder) throws IOException {
        boolean isArm = System.getProperty("os.arch").equals("aarch64");
        String netty = "libnetty_transport_native_epoll_" + (isArm ? "aarch_64" : "x86_64") + ".so";
        unpack("META-INF/native/" + netty, folder.resolve(netty));
        unpack(
                "com/sun/jna/linux-" + (isArm ? "aarch64" : "x86-64") + "/libjnidispatch.so",
                folder.resolve("libjnidispatch.so"));
    }

    private static void unpack(String resource, Path to) throws IOException {
        try (InputStream bytes = Main.class.getClassLoader().getResourceAsStream(resource)) {
            assumeTrue(bytes != null, () -> "skipped: no " + resource + " for this machine");
            Files.copy(bytes, to);
        }
    }

    /** Where anybody may read it. */
    private static String classPath(Path folder) throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            if (!Files.exists(from)) {
                continue;
            }
            Path to = folder.resolve(entries.size() + "-" + from.getFileName());
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                }
            }
            entries.add(to.toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    /** The header in front of a connection of IPv4 has 28 bytes. */
    @ParameterizedTest
    @CsvSource({"loopback, 0", "proxy-v2, 28"})
    void itServesVirtualSockets(String source, int headerBytes, @TempDir Path folder) throws Exception {
        assumeTrue(
                "0".equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString()), "skipped: not root");
        assumeTrue(
                new ProcessBuilder("unshare", "-m", "setpriv", "--reuid", NOBODY, "true")
                                .start()
                                .waitFor()
                        == 0,
                "skipped: there is no such user in this user namespace");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        unpackNatives(folder);
        Path script = Files.writeString(folder.resolve("confine"), CONFINE);
        InetAddress loopback = InetAddresses.forString("127.0.0.1");
        try (ScriptedServer server = new ScriptedServer();
                ServerSocket service = new ServerSocket(0, 5, loopback)) {
            service.setSoTimeout(20_000);
            Process bridge = new ProcessBuilder(
                            "unshare",
                            "-m",
                            "sh",
                            script.toString(),
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-Djava.library.path=" + folder,
                            "-Djna.boot.library.path=" + folder,
                            "-Djna.nounpack=true",
                            "-cp",
                            classPath(folder),
                            Main.class.getName(),
                            "run",
                            "--server",
                            "127.0.0.1:" + server.port(),
                            "--set",
                            "carriage=socket",
                            "--set",
                            "relay.source=" + source,
                            "--set",
                            "capture.backend=none")
                    .redirectErrorStream(true)
                    .start();
            try {
                server.welcome();
                server.say(new Message.Open(
                        1, Message.TCP, service.getLocalPort(), InetAddresses.forString("198.18.0.9"), 40_000));
                try (Socket accepted = service.accept()) {
                    assertThat(server.next()).isInstanceOf(Message.Opened.class);
                    server.say(
                            new Message.Credit(1, 100),
                            new Message.Data(1, Octets.of("question".getBytes(StandardCharsets.UTF_8))));
                    assertThat(accepted.getInputStream().readNBytes(headerBytes))
                            .hasSize(headerBytes);
                    assertThat(accepted.getInputStream().readNBytes(8))
                            .asString()
                            .isEqualTo("question");
                    accepted.getOutputStream().write("answer".getBytes(StandardCharsets.UTF_8));
                    assertThat(server.read(1, 6)).asString().isEqualTo("answer");
                }
                assertThat(Files.readString(Path.of("/proc/" + bridge.pid() + "/status")))
                        .contains("Uid:\t" + NOBODY)
                        .contains("CapEff:\t0000000000000000");
            } finally {
                bridge.toHandle().destroy(); // Process.destroy would close what it has printed
                assertThat(new String(bridge.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("connecting to 127.0.0.1")
                        .doesNotContain("WARN", "Exception");
                bridge.waitFor();
            }
        }
    }
}
