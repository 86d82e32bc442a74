package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpService;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs of others through the tunnel: curl and iperf3, TCP and UDP, both ways. */
class ProgramsTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest(name = "{0} carriage, inner {1}")
    @CsvSource({"SEGMENT, IPV4", "SEGMENT, IPV6", "PACKET, IPV4", "PACKET, IPV6"})
    void curlAndIperfPassBothWays(Carriage carriage, Family inner) throws Exception {
        Scenes.requireProgram("curl");
        Scenes.requireProgram("iperf3");
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth"))
                .families(Family.IPV4, inner)
                .carriage(carriage);
        try (Scene scene = Scene.open(plan)) {
            try (HttpService service = Scenes.serviceAtDevice(scene)) {
                String host = inner.device().getHostAddress();
                String url = "http://" + (inner == Family.IPV6 ? "[" + host + "]" : host) + ":" + service.port() + "/";
                Command.Result page = scene.serverSide().run(LIMIT, "curl", "-sS", "--fail", "-m", "20", url);
                assertThat(page.errors()).isEmpty();
                assertThat(page.output()).contains("It works");
            }
            String device = inner.device().getHostAddress();
            Scenes.iperfPasses(scene, device, device);
        }
    }
}
