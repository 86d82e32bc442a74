package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.lab.JavaProgram;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps of docs/your-protocol.md, with the description that stands there. */
class YourProtocolTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String TUNBRIDGE = "dev.tunbridge.bridge.service.Main";
    private static final Path PAGE = Path.of("..", "docs", "your-protocol.md");
    private static final String FOUND = "\n```yaml\nframe:\n";
    private static final String DESCRIPTION = "<!-- the protocol -->\n```yaml\n";

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    private static String block(String opening) throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(opening);
        assertThat(begin).as("%s has the block", PAGE).isPositive();
        int content = begin + opening.length();
        return page.substring(content, page.indexOf("```", content));
    }

    @Test
    void leadsFromARecordingToATunnel(@TempDir Path folder) throws Exception {
        String description = block(DESCRIPTION);
        Path file = Files.writeString(folder.resolve("acme.yaml"), description);
        Path recorded = folder.resolve("outer.pcapng");
        record(Protocol.parse(description, "acme.yaml"), recorded);

        Path found = folder.resolve("found.yaml");
        run("infer", "--out", found.toString(), recorded.toString());
        assertThat(Files.readString(found)).contains("frame:\n" + block(FOUND)).contains("means: packet");
        assertThat(run("check", "--format", found.toString(), "--capture", recorded.toString()))
                .contains("From the server 198.18.0.2:7000", "From the client 198.18.0.1:");

        assertThat(run("check", "--format", file.toString(), "--capture", recorded.toString()))
                .contains("type 1 banner: 1 frame", "type 2 login: 1 frame", "type 3 ok: 1 frame")
                .containsSubsequence("From the server", "all of it fits", "From the client", "all of it fits");
        run(
                "dissector",
                "--format",
                file.toString(),
                "--out",
                folder.resolve("acme.lua").toString());
    }

    /** The server is played by the description too; only bytes go from here to there. */
    private static void record(Protocol protocol, Path file) throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("clear"))
                .protocol(protocol)
                .carriage(Carriage.PACKET)
                .set("tunnel.carriage", "packet")
                .set("identity.device-id", "pump-7")
                .set("reconnect.first", "200ms");
        try (Scene scene = Scene.open(plan);
                HttpService http = Scenes.serviceAtDevice(scene);
                LabProcess capture = scene.deviceSide()
                        .start(java("capture", "--server", "198.18.0.2:7000", "--out", file.toString())
                                .toArray(String[]::new))) {
            capture.awaitLine("recording 198.18.0.2:7000", LIMIT);
            scene.stopServer();
            scene.startServer();
            await().atMost(LIMIT).until(() -> scene.stats().connections() == 2);
            HttpLoad client = Scenes.clientOf(http, scene.tunnel().deviceAddress());
            assertThat(scene.serverSide().call(client::page).isIntact()).isTrue();
            assertThat(scene.serverSide()
                            .call(() -> client.download(1, 200_000, 3_000, bytes -> {}))
                            .isIntact())
                    .isTrue();
            capture.terminate();
            assertThat(capture.awaitExit(LIMIT)).isZero();
        }
    }

    private static List<String> java(String... arguments) {
        return JavaProgram.java(TUNBRIDGE, arguments);
    }

    private static String run(String... arguments) throws Exception {
        Process process =
                new ProcessBuilder(java(arguments)).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
