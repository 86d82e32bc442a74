package dev.tunbridge.sim.sockets;

import static dev.tunbridge.sim.lab.JavaProgram.java;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the server sets up where its clients are, and that none of it stays. */
class SiteTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    private static String local(LabNamespace host, Family family) throws IOException {
        return host.run(
                        LIMIT,
                        "ip",
                        family == Family.IPV4 ? "-4" : "-6",
                        "route",
                        "show",
                        "table",
                        "local",
                        family.device().getHostAddress())
                .output()
                .strip();
    }

    private static String tables(LabNamespace host) throws IOException {
        return host.run(LIMIT, "nft", "list", "tables").output();
    }

    private static void assertClean(LabNamespace host) throws IOException {
        assertThat(tables(host)).isEmpty();
        assertThat(host.run(LIMIT, "ip", "-o", "link").output().lines()).hasSize(1);
        for (Family family : Family.values()) {
            assertThat(local(host, family)).isEmpty();
        }
    }

    /** In the words of another program that knows the kernel's. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void makesTheDevicesAddressLocalAndHasItsTrafficComeToTheServersSockets(Family family) throws Exception {
        Scenes.requireProgram("nft");
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("site");
            try (RunningServer server = start(host, SiteLab.options(family, WriteMode.FRAME))) {
                String device = family.device().getHostAddress();
                assertThat(server.address().getPort()).isPositive();
                assertThat(local(host, family)).startsWith("local ").contains(" dev sim0 ", " proto 84 ", "src");
                String version = family == Family.IPV4 ? "ip" : "ip6";
                String literal = family == Family.IPV4 ? device : "[2001:2:0:2::1]";
                String daddr = family == Family.IPV4 ? device : "2001:2:0:2::1";
                String rules = host.run(LIMIT, "nft", "list", "table", "inet", "simserver_sim0")
                        .output()
                        .replaceAll("(tproxy [^\\n]*):\\d+", "$1:PORT");
                assertThat(rules)
                        .contains("flags owner", "type filter hook prerouting priority mangle; policy accept;")
                        .contains(version + " daddr " + daddr + " meta l4proto tcp tproxy " + version + " to " + literal
                                + ":PORT")
                        .contains(version + " daddr " + daddr + " meta l4proto udp tproxy " + version + " to " + literal
                                + ":PORT");
            }
            assertClean(host);
        }
    }

    @Test
    void refusesAnAddressThatTheHostHasAlreadyAndLeavesNothing() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("site");
            Command.Result added = host.run(LIMIT, "ip", "addr", "add", "198.19.0.1/32", "dev", "lo");
            assertThat(added.isSuccess()).isTrue();
            assertThatThrownBy(() -> start(host, SiteLab.options(Family.IPV4, WriteMode.FRAME))
                            .close())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("198.19.0.1");
            host.run(LIMIT, "ip", "addr", "del", "198.19.0.1/32", "dev", "lo");
            assertClean(host);
        }
    }

    @Test
    void severalServersOfOneHostHaveDevicesOfTheirOwn() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("site");
            ServerOptions first = SiteLab.options(Family.IPV4, WriteMode.FRAME);
            ServerOptions second = first.next();
            try (RunningServer one = start(host, first);
                    RunningServer other = start(host, second);
                    ScriptedDevice device = ScriptedDevice.connect(host, one.address());
                    ScriptedDevice otherDevice = ScriptedDevice.connect(host, other.address())) {
                for (ServerOptions asked : List.of(second, first)) {
                    host.call(() -> {
                        Socket client = new Socket();
                        client.connect(new InetSocketAddress(asked.deviceAddress(), 80), SiteLab.TIMEOUT_MILLIS);
                        return client;
                    });
                    ScriptedDevice expected = asked.equals(first) ? device : otherDevice;
                    assertThat(expected.nextOpen().clientAddress()).isEqualTo(asked.tunnelAddress());
                }
            }
            assertClean(host);
        }
    }

    /** As a process of its own, with nothing but what one has to say; killed, and started again. */
    @Test
    void nothingStaysBehindAKill() throws Exception {
        Scenes.requireProgram("nft");
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("site");
            for (int i = 0; i < 2; i++) {
                try (LabProcess server = host.start(serve())) {
                    server.awaitLine("sim0 198.19.0.2/30", LIMIT);
                    assertThat(tables(host)).contains("simserver_sim0");
                    assertThat(local(host, Family.IPV4)).contains("src 198.19.0.2");
                }
                assertClean(host);
            }
            try (LabProcess server = host.start(serve("--misbehave", "flood-opens,reuse-number"))) {
                server.awaitLine("serving on", LIMIT);
                server.terminate();
                assertThat(server.awaitExit(LIMIT)).isZero();
            }
            assertClean(host);
        }
    }

    private static String[] serve(String... more) {
        List<String> command = new ArrayList<>(java(
                "dev.tunbridge.sim.service.Main",
                "serve",
                "--listen",
                "127.0.0.1:7000",
                "--carriage",
                "socket",
                "--device",
                "198.19.0.1"));
        command.addAll(List.of(more));
        return command.toArray(String[]::new);
    }

    private static RunningServer start(LabNamespace host, ServerOptions options) throws IOException {
        assertThat(options.listen().getAddress()).isEqualTo(InetAddress.getLoopbackAddress());
        return RunningServer.start(options, (topic, payload) -> {}, host.threadFactory("server"));
    }
}
