package dev.tunbridge.sim.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.plugin.blockcipher.BlockCipherFactory;
import dev.tunbridge.plugin.ppp.PppFactory;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.plugin.MessageMapperFactory;
import dev.tunbridge.protocol.plugin.SessionDriverFactory;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.foreign.ForeignServer;
import dev.tunbridge.sim.foreign.Slirp;
import dev.tunbridge.sim.foreign.Vtund;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bridge at servers of others whose language needs code, loaded from JARs. */
class PluginTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    private static final int OPENED = 8_080;
    private static final int SERVICE = 8_081;

    @TempDir
    private Path folder;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    private static String shipped(String format) throws IOException {
        String name = "/dev/tunbridge/protocol/frame/" + format + ".yaml";
        try (InputStream in = Objects.requireNonNull(Protocol.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void requirePrograms(ForeignServer server) throws Exception {
        for (String program : server.programs()) {
            Scenes.requireProgram(program);
        }
    }

    /** Over a link that is lossless, and one that loses a packet of a hundred. */
    @ParameterizedTest
    @ValueSource(strings = {"clear", "wan1"})
    void aSessionThatNegotiatesComesUpAtAPeerThatDoes(String profile) throws Exception {
        Slirp slirp = new Slirp(SERVER, DEVICE, OPENED, SERVICE, true);
        requirePrograms(slirp);
        Path jar = PluginJar.write(folder.resolve("ppp.jar"), SessionDriverFactory.class, PppFactory.class);
        Protocol ppp = Protocol.parse(
                shipped("ppp").replace("session: none", "session: {driver: ppp}"), "ppp.yaml", PluginJar.load(jar));
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile(profile)).at(slirp, ppp));
                HttpService http =
                        scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(DEVICE, SERVICE)))) {
            assertThat(scene.tunnel().deviceAddress()).isEqualTo(DEVICE);
            assertThat(http.port()).isEqualTo(SERVICE);
            carries(scene, new HttpLoad(new InetSocketAddress(SERVER, OPENED)), 2_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "wan1"})
    void whatAMapperDecryptsGoesEarlyToo(String profile) throws Exception {
        Vtund vtund = new Vtund(SERVER, DEVICE, 1400, OptionalInt.empty(), "aes128ecb");
        requirePrograms(vtund);
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile(profile)).at(vtund, encrypted()));
                HttpService http = Scenes.serviceAtDevice(scene)) {
            carries(scene, Scenes.clientOf(http, DEVICE), 20_000_000);
            BridgeStats stats = scene.stats();
            assertThat(stats.outer().malformedMessages()).isZero();
            if (profile.equals("wan1")) {
                assertThat(stats.receive().earlyFrames()).isPositive();
            }
        }
    }

    private Protocol encrypted() throws Exception {
        Path jar = PluginJar.write(
                folder.resolve("block-cipher.jar"), MessageMapperFactory.class, BlockCipherFactory.class);
        String yaml = shipped("vtun").replace("with: {options: \"K\"}", "with: {options: \"KE9\"}")
                + "mapper: {name: block-cipher, with: {cipher: AES, type: ip}}\n";
        return Protocol.parse(yaml, "vtun-aes.yaml", PluginJar.load(jar));
    }

    private static void carries(Scene scene, HttpLoad client, int most) throws Exception {
        await().atMost(LIMIT)
                .ignoreExceptions()
                .until(() -> scene.serverSide().call(client::page).isIntact());
        Transfer up = scene.serverSide().call(() -> client.download(1, most, 2_000, bytes -> {}));
        assertThat(up.isIntact()).isTrue();
        assertThat(up.bytes()).isGreaterThan(50_000);
        Transfer down = scene.serverSide().call(() -> client.upload(2, most, 2_000, bytes -> {}));
        assertThat(down.isIntact()).isTrue();
        assertThat(down.bytes()).isGreaterThan(50_000);
        BridgeStats stats = scene.stats();
        assertThat(stats.receive().capture().captured()).isPositive();
        assertThat(stats.receive().mismatchedBytes()).isZero();
    }
}
