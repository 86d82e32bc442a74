package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.DatagramStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What only whole packets can carry, and how it is refused where it cannot go. */
class CarriageLimitsTest {
    private static final DatagramStream.Shape LARGEST = new DatagramStream.Shape(20, 65_000, 20_000_000, 1);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void pingAndFragmentedDatagramsPassInPacketCarriage(Family inner) throws Exception {
        Scenes.requireProgram("ping");
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth"))
                .families(Family.IPV4, inner)
                .carriage(Carriage.PACKET);
        try (Scene scene = Scene.open(plan)) {
            assertThat(ping(scene, inner).isSuccess()).isTrue();
            DatagramStream.Outcome up = DatagramStream.between(
                            scene.deviceSide().threadFactory("sender"),
                            scene.serverSide().threadFactory("receiver"),
                            inner.server())
                    .play(LARGEST, count -> {});
            assertThat(up.isIntact()).as("up: %s", up).isTrue();
            DatagramStream.Outcome down = DatagramStream.between(
                            scene.serverSide().threadFactory("sender"),
                            scene.deviceSide().threadFactory("receiver"),
                            inner.device())
                    .play(LARGEST, count -> {});
            assertThat(down.isIntact()).as("down: %s", down).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void segmentCarriageRefusesThemAndTellsTheSender(Family inner) throws Exception {
        Scenes.requireProgram("ping");
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth")).families(Family.IPV4, inner);
        try (Scene scene = Scene.open(plan)) {
            Command.Result ping = ping(scene, inner);
            assertThat(ping.isSuccess()).isFalse();
            assertThat(ping.output()).containsAnyOf("Unreachable", "prohibited", "Administratively");
            assertThat(scene.stats().refusedFromDevice().get(Refusal.CARRIAGE_PROTOCOL))
                    .isEqualTo(2L);
            assertThatThrownBy(() -> scene.deviceSide().call(() -> sendUntilRefused(inner)))
                    .isInstanceOf(IOException.class);
            assertThat(scene.stats().refusedFromDevice().get(Refusal.CARRIAGE_FRAGMENT))
                    .isPositive();
        }
    }

    private static Command.Result ping(Scene scene, Family inner) throws IOException {
        return scene.deviceSide()
                .run(
                        Duration.ofSeconds(10),
                        "ping",
                        "-n",
                        "-c",
                        "2",
                        "-W",
                        "2",
                        inner.server().getHostAddress());
    }

    /** A connected socket hears of the ICMP error at its next call. */
    private static Void sendUntilRefused(Family inner) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(inner.server(), 9));
            socket.setSoTimeout(2_000);
            socket.send(new DatagramPacket(new byte[60_000], 60_000));
            socket.receive(new DatagramPacket(new byte[100], 100));
        }
        return null;
    }
}
