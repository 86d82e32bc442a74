package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.reassembly.recording.CaptureFile;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.sim.lab.JavaProgram;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.server.WriteMode;
import dev.tunbridge.sim.traffic.DatagramStream;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bridge at work is recorded beside it; the recording is replayed, and what the replay delivers is what the bridge delivered. */
class ReplayEndToEndTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String TUNBRIDGE = "dev.tunbridge.bridge.service.Main";
    private static final DatagramStream.Shape STREAM =
            new DatagramStream.Shape(900, 600, TimeUnit.MILLISECONDS.toNanos(10), 1);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @CsvSource({"SEGMENT, FRAME", "PACKET, BATCH"})
    void theReplayDeliversWhatTheBridgeDelivered(Carriage carriage, WriteMode writeMode, @TempDir Path folder)
            throws Exception {
        Path recorded = folder.resolve("recorded.pcapng");
        record(carriage, writeMode, recorded);
        Path on = folder.resolve("on.pcapng");
        String report = replay(recorded, on, "on");
        Path off = folder.resolve("off.pcapng");
        String without = replay(recorded, off, "off");

        Map<String, Integer> byTheBridge = packetsTo(recorded);
        assertThat(byTheBridge.values().stream().mapToInt(Integer::intValue).sum())
                .isGreaterThan(900);
        assertThat(difference(packetsTo(on), byTheBridge))
                .as("recovery on: %s", report)
                .isEmpty();
        assertThat(difference(packetsTo(off), byTheBridge))
                .as("recovery off: %s", without)
                .isEmpty();
        assertThat(number(report, "early_packets")).as(report).isPositive();
        assertThat(number(report, "missing_bytes")).isZero();
        assertThat(number(report, "mismatched_bytes")).isZero();
        assertThat(number(report, "mismatched_boundaries")).isZero();
        assertThat(number(between(report, "\"gained\":{", "}"), "total_nanos")).isPositive();
        assertThat(number(without, "early_packets")).isZero();
        assertThat(report).contains("\"sack\":true").contains("\"warnings\":[]");
    }

    /** Traffic both ways over a connection that loses 3 %, recorded from before its handshake. */
    private static void record(Carriage carriage, WriteMode writeMode, Path file) throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("wan3"))
                .carriage(carriage)
                .writeMode(writeMode)
                .set("reconnect.first", "200ms")
                .set("tun.coalesce", "false") // so that each packet is recorded as it was delivered
                .set(
                        "suppression.enabled",
                        "false"); // whose reports to the senders here are no part of what was received
        try (Scene scene = Scene.open(plan)) {
            try (LabProcess capture = scene.deviceSide()
                    .start(JavaProgram.java(
                                    TUNBRIDGE,
                                    "capture",
                                    "--server",
                                    "198.18.0.2:7000",
                                    "--tun",
                                    "tb0",
                                    "--inner",
                                    "--out",
                                    file.toString())
                            .toArray(String[]::new))) {
                capture.awaitLine("recording 198.18.0.2:7000 and tb0", LIMIT);
                scene.stopServer();
                scene.startServer();
                // Not before: what comes between the welcome and the device's set-up has no way to the device.
                await().atMost(LIMIT).until(() -> scene.stats().connections() == 2);
                play(scene);
                awaitSilence(scene);
                capture.terminate();
                assertThat(capture.awaitExit(Duration.ofSeconds(5))).isZero();
                assertThat(capture.awaitLine("ended interrupted", LIMIT))
                        .containsPattern(
                                "outer packets \\(0 lost, 0 cut\\), [\\d,]+ inner packets \\(0 lost, 0 cut\\)");
            }
        }
    }

    private static void play(Scene scene) throws Exception {
        InetAddress device = scene.plan().inner().device();
        DatagramStream.Outcome stream = DatagramStream.between(
                        scene.serverSide().threadFactory("sender"),
                        scene.deviceSide().threadFactory("receiver"),
                        device)
                .play(STREAM, count -> {});
        assertThat(stream.isIntact()).as("%s", stream).isTrue();
        try (HttpService service = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(service, device);
            scene.serverSide().call(() -> {
                assertThat(client.upload(3, 200_000, Scenes.ANY_TIME, bytes -> {})
                                .isIntact())
                        .isTrue();
                assertThat(client.download(4, 200_000, Scenes.ANY_TIME, bytes -> {})
                                .isIntact())
                        .isTrue();
                return null;
            });
        }
    }

    /** Until the last inner acknowledgements are over, or the recording's end would fall between segment and packet. */
    private static void awaitSilence(Scene scene) throws Exception {
        long[] packets = {scene.stats().down().packets()};
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() -> {
            long before = packets[0];
            packets[0] = scene.stats().down().packets();
            return packets[0] == before;
        });
    }

    private static String replay(Path file, Path packets, String recovery) throws Exception {
        Command.Result result = Command.run(
                LIMIT,
                "",
                JavaProgram.java(
                        TUNBRIDGE,
                        "replay",
                        "--server",
                        "198.18.0.2:7000",
                        "--recovery",
                        recovery,
                        "--json",
                        "--pcap",
                        packets.toString(),
                        file.toString()));
        assertThat(result.isSuccess()).as("%s", result).isTrue();
        assertThat(result.errors()).isEmpty();
        return result.output();
    }

    /** The packets to the device's tunnel address, each with how often it is there. */
    private static Map<String, Integer> packetsTo(Path file) throws IOException {
        Map<String, Integer> packets = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        IpView ip = new IpView();
        try (CaptureFile capture = CaptureFile.open(file)) {
            while (capture.drain(
                            segment -> {
                                if (ip.wrap(segment.buffer(), segment.index(), segment.length()) != IpProblem.OK) {
                                    wrong.add(ByteBufUtil.hexDump(segment.buffer(), segment.index(), segment.length()));
                                } else if (segment.buffer().getInt(ip.destinationIndex())
                                        == 0xc613_0001) { // 198.19.0.1
                                    packets.merge(
                                            ByteBufUtil.hexDump(segment.buffer(), ip.index(), ip.totalLength()),
                                            1,
                                            Integer::sum);
                                }
                            },
                            1_000)
                    != SegmentSource.END) {
                // until the end of the file
            }
        }
        assertThat(wrong).isEmpty();
        return packets;
    }

    /** What one has and the other has not; a whole map would be a page. */
    private static Map<String, String> difference(Map<String, Integer> replayed, Map<String, Integer> delivered) {
        Map<String, String> difference = new TreeMap<>();
        Set<String> packets = new TreeSet<>(replayed.keySet());
        packets.addAll(delivered.keySet());
        for (String packet : packets) {
            int here = replayed.getOrDefault(packet, 0);
            int there = delivered.getOrDefault(packet, 0);
            if (here != there) {
                difference.put(packet, "replayed " + here + " times, delivered " + there + " times");
            }
        }
        return difference;
    }

    private static String between(String json, String from, String to) {
        int start = json.indexOf(from);
        return json.substring(start, json.indexOf(to, start));
    }

    private static long number(String json, String key) {
        Matcher field = Pattern.compile("\"" + key + "\":(\\d+)").matcher(json);
        assertThat(field.find()).as("%s in %s", key, json).isTrue();
        return Long.parseLong(field.group(1));
    }
}
