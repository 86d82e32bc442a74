package dev.tunbridge.sim.outer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.LinkProfile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server's name has several addresses, and not all of them live. */
class ServerAddressesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final String DEAD = "198.18.1.1";
    private static final String LIVING = "198.18.1.2";
    private static final String LIVING_SIX = "2001:2:0:9::2";

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    @Test
    void goesOnToTheNextAddressAndBeginsWithItTheNextTime() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.onTheWay("ip daddr " + DEAD + " drop");
            lab.bridge(Map.of(), "198.18.1.3"); // loads what there is to load
            lab.awaitUp(1);
            lab.resolveTo(DEAD, LIVING);
            long started = System.nanoTime();
            lab.bridge().reconnect();
            assertThat(lab.awaitUp(2) - started)
                    .as("a quarter of a second and what a busy machine takes; the dead one alone takes 10 s")
                    .isLessThan(5 * SECOND);
            assertThat(lab.connectedTo()).contains(LIVING).doesNotContain(DEAD);
            assertThat(lab.device()
                            .run(RoutedLab.LIMIT, "ip", "-4", "route", "show", "proto", "84")
                            .output())
                    .as("routes to the server")
                    .contains(LIVING)
                    .doesNotContain(DEAD + " ");

            lab.clear(); // whoever began with the first would stay there now
            lab.bridge().reconnect();
            lab.awaitUp(3);
            assertThat(lab.connectedTo()).contains(LIVING);
        }
    }

    @Test
    void connectsWithIpv4AlthoughIpv6GoesNowhereAndTheOtherWayRound() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.onTheWay("ip6 daddr 2001:2:0:9::/64 drop");
            lab.bridge(Map.of(), LIVING, LIVING_SIX);
            lab.awaitUp(1);
            assertThat(lab.connectedTo()).contains(LIVING);

            lab.clear();
            RoutedLab.run(lab.device(), "ip", "route", "del", "default"); // as on a host with IPv6 alone
            lab.bridge().reconnect();
            lab.awaitUp(2);
            assertThat(lab.connectedTo()).contains(LIVING_SIX);
        }
    }

    @Test
    void aRefusalBeginsTheNextAttemptAtOnceAndEachFaultIsTold() throws Exception {
        try (RoutedLab lab = RoutedLab.open()) {
            RoutedLab.run(lab.device(), "ip", "route", "add", "unreachable", "198.18.7.0/24");
            RoutedLab.run(lab.device(), "ip", "-6", "route", "del", "default");
            lab.bridge(Map.of("socket.connect-timeout", "1s"), "198.18.0.2", "198.18.7.1", "198.18.0.3", LIVING_SIX);
            lab.awaitNews("WAITING");
            assertThat(lab.news())
                    .anyMatch(line -> line.contains("cannot connect to server.example: ")
                            && line.contains(LIVING_SIX + " port 7000: Network is unreachable")
                            && line.contains("198.18.0.2 port 7000: Connection refused")
                            && line.contains("198.18.7.1 port 7000: No route to host")
                            && line.contains("198.18.0.3 port 7000: "));
        }
    }

    @Test
    void losersAreClosedWithoutAWord() throws Exception {
        // Both answer late, and so both are connected at much the same time.
        try (RoutedLab lab = RoutedLab.open(LinkProfile.named("clear").with(List.of("delay=200ms")))) {
            List<Integer> heard = new CopyOnWriteArrayList<>();
            try (ServerSocket one = lab.server().call(() -> listen(DEAD));
                    ServerSocket other = lab.server().call(() -> listen(LIVING))) {
                for (ServerSocket socket : List.of(one, other)) {
                    lab.server().newThread(() -> takeOne(socket, heard)).start();
                }
                lab.bridge(Map.of(), DEAD, LIVING);
                await().atMost(RoutedLab.LIMIT).until(() -> heard.size() == 1);
                await().during(Duration.ofSeconds(1)).atMost(RoutedLab.LIMIT).until(() -> heard.size() == 1);
                assertThat(lab.connectedTo().lines()).as("connections").hasSizeLessThanOrEqualTo(1);
            }
        }
    }

    private static ServerSocket listen(String address) throws IOException {
        return new ServerSocket(RoutedLab.PORT, 5, InetAddress.getByName(address));
    }

    private static void takeOne(ServerSocket from, List<Integer> heard) {
        try (Socket socket = from.accept()) {
            int first = socket.getInputStream().read();
            if (first >= 0) {
                heard.add(first);
                socket.getInputStream().readAllBytes();
            }
        } catch (IOException e) {
            // a loser's end may be a reset
        }
    }

    @Test
    void theServiceFindsTheAddressesOfANameByItself() throws Exception {
        try (RoutedLab lab = RoutedLab.open().serve()) {
            lab.onTheWay("ip daddr " + DEAD + " drop");
            Path folder = Path.of("/etc/netns", lab.device().fullName());
            assumeThat(Files.isWritable(Path.of("/etc")))
                    .as("/etc can be written")
                    .isTrue();
            Files.createDirectories(folder);
            Path hosts = Files.writeString(
                    folder.resolve("hosts"), DEAD + " " + RoutedLab.NAME + "\n" + LIVING + " " + RoutedLab.NAME + "\n");
            // Names that hosts does not have for a family are asked for here, where nobody listens.
            Path names = Files.writeString(folder.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
            try (LabProcess bridge = lab.device()
                    .start(
                            "ip",
                            "netns",
                            "exec",
                            lab.device().fullName(),
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "dev.tunbridge.bridge.service.Main",
                            "run",
                            "--server",
                            RoutedLab.NAME + ":" + RoutedLab.PORT)) {
                bridge.awaitLine("tunnel up", RoutedLab.LIMIT);
                assertThat(lab.connectedTo()).contains(LIVING);
                RoutedLab.run(lab.device(), "kill", "-USR1", String.valueOf(bridge.pid()));
                bridge.awaitLine("asked to", RoutedLab.LIMIT);
                bridge.awaitLine("session 2", RoutedLab.LIMIT);
                bridge.terminate();
                assertThat(bridge.awaitExit(RoutedLab.LIMIT)).isZero();
            } finally {
                Files.delete(names);
                Files.delete(hosts);
                Files.delete(folder);
            }
        }
    }
}
