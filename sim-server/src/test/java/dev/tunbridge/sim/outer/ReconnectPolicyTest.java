package dev.tunbridge.sim.outer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.sim.ServerSignals;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.LabProcess;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** When the bridge connects again, and when it does not wait. */
class ReconnectPolicyTest {
    private static final String ADDRESS = "198.18.1.2";

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    @Test
    void aServerThatWelcomesAndClosesIsCalledEverMoreSeldom() throws Exception {
        try (RoutedLab lab = RoutedLab.open();
                ServerSocket socket =
                        lab.server().call(() -> new ServerSocket(RoutedLab.PORT, 5, InetAddress.getByName(ADDRESS)))) {
            lab.server()
                    .newThread(() -> welcomeAndClose(socket, new AtomicInteger()))
                    .start();
            lab.bridge(Map.of("reconnect.first", "200ms", "reconnect.most", "1m"), ADDRESS);
            long first = lab.awaitUp(1);
            long third = lab.awaitUp(3);
            long fourth = lab.awaitUp(4);
            assertThat(lab.news()).anyMatch(line -> line.matches("WAITING: ended after 0\\.\\d s: .*closed.*"));
            // Waits of 150 to 250, 300 to 500, and 600 to 1000 ms.
            assertThat(third - first).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(450));
            assertThat(fourth - third).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(600));
        }
    }

    @Test
    void whatRepeatsItselfIsSaidTwiceAndThenCounted() throws Exception {
        try (RoutedLab lab = RoutedLab.open();
                ServerSocket socket =
                        lab.server().call(() -> new ServerSocket(RoutedLab.PORT, 5, InetAddress.getByName(ADDRESS)));
                LabProcess bridge = lab.device()
                        .start(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.tunbridge.bridge.service.Main",
                                "run",
                                "--server",
                                ADDRESS + ":" + RoutedLab.PORT,
                                "--set",
                                "reconnect.first=50ms",
                                "--set",
                                "reconnect.most=50ms")) {
            AtomicInteger welcomed = new AtomicInteger();
            lab.server().newThread(() -> welcomeAndClose(socket, welcomed)).start();
            await().atMost(RoutedLab.LIMIT).until(() -> welcomed.get() >= 6);
            assertThat(bridge.output())
                    .filteredOn(line -> line.contains("ended after 0"))
                    .hasSize(2);
            assertThat(bridge.output())
                    .filteredOn(line -> line.contains("tunnel up"))
                    .hasSize(2);
            assertThat(bridge.output())
                    .filteredOn(line -> line.contains("connecting to"))
                    .hasSize(2);
            bridge.terminate();
            assertThat(bridge.awaitExit(RoutedLab.LIMIT)).isZero();
        }
    }

    @Test
    void reconnectsAtOnceWhenAskedInAWaitAndInASession() throws Exception {
        try (RoutedLab lab = RoutedLab.open()) {
            lab.bridge(Map.of("reconnect.first", "1h", "reconnect.most", "1h"), "198.18.0.2");
            lab.awaitNews("next try in");
            lab.serve().resolveTo(ADDRESS);
            lab.bridge().reconnect();
            lab.awaitUp(1);
            lab.bridge().reconnect();
            lab.awaitUp(2);
            assertThat(lab.news()).filteredOn(line -> line.contains("asked to")).hasSize(2);
            assertThat(lab.news())
                    .filteredOn(line -> line.startsWith("WAITING"))
                    .hasSize(1);
        }
    }

    private static void welcomeAndClose(ServerSocket socket, AtomicInteger welcomed) {
        FrameFormat format = FrameFormat.builtin("reference");
        MessageCodec codec = Protocol.builtin("reference").newCodec();
        ByteBuf bytes = Unpooled.buffer();
        codec.write(
                ServerSignals.welcome(new TunnelParameters(
                        Carriage.PACKET,
                        1,
                        1_400,
                        30,
                        InetAddresses.forString("198.19.0.1"),
                        InetAddresses.forString("198.19.0.2"))),
                new FrameEncoder(format),
                bytes);
        byte[] welcome = ByteBufUtil.getBytes(bytes);
        while (!socket.isClosed()) {
            try (Socket taken = socket.accept()) {
                taken.getInputStream().read();
                taken.getOutputStream().write(welcome);
                welcomed.incrementAndGet();
                taken.setSoTimeout(300);
                taken.getInputStream().readAllBytes();
            } catch (IOException e) {
                // the time is over, or the test
            }
        }
    }
}
