package dev.tunbridge.sim.demo;

import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.measure.WaitHistogram;
import dev.tunbridge.bridge.path.SocketStats;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.server.WriteMode;
import dev.tunbridge.sim.traffic.DatagramStream;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import dev.tunbridge.sim.wire.CarriedBytes;
import dev.tunbridge.sim.wire.CarriedWatch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Sets the scene and plays it in each mode: server and clients in one namespace, bridge and services in the other. */
final class Demo {
    private static final int HTTP_PORT = 80;

    /** What a transfer may take: the time limit decides on a slow link, the size on a fast one. */
    private static final long TRANSFER_BYTES = 50_000_000;

    private static final long DOWNLOAD_MILLIS = 4_000;
    private static final long UPLOAD_MILLIS = 6_000;
    private static final long REHEARSAL_MILLIS = 500;
    private static final long FLAT_OUT_BYTES = 10_000_000_000L;
    private static final long FLAT_OUT_MILLIS = 2_000;
    private static final long MESSAGE_SECONDS = 10;
    private static final long MESSAGE_PAUSE_MILLIS = 20;

    /** Beside the scene's own /30; a network that the server's address is of too. */
    private static final String NEXT_ADDRESS = "198.18.0.9";

    private static final String NEXT_LENGTH = "/28";

    // One blackout may meet an unlucky loss, and then says nothing of the tunnel.
    private static final int NIGHTS = 3;
    private static final Duration DAYLIGHT = Duration.ofSeconds(2);
    private static final Duration DARK = Duration.ofSeconds(1);
    private static final Duration DAYS = DAYLIGHT.plus(DARK).multipliedBy(NIGHTS);
    private static final double BYTES_PER_KILOBYTE = 1e3;
    private static final double NANOS_PER_MILLISECOND = 1e6;

    /** A datagram this much behind the median waited for something. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** A datagram that waited so much longer than the machine needs, after all of it had arrived at the device. */
    private static final long HELD_BACK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final DatagramStream.Shape TO_DEVICE = video(6);
    private static final DatagramStream.Shape TO_CLIENT = video(2);
    private static final DatagramStream.Shape REHEARSAL = video(1);

    private final LinkProfile profile;
    private final long seed;
    private final Counterpart server;
    private final Progress progress;

    Demo(LinkProfile profile, long seed, Counterpart server, Progress progress) {
        this.profile = profile;
        this.seed = seed;
        this.server = server;
        this.progress = progress;
    }

    private ScenePlan over(LinkProfile link) {
        ScenePlan plan = ScenePlan.over(link);
        return server == Counterpart.VTUND ? plan.atVtund() : plan;
    }

    /** 1 Mbit/s as a camera sends it: thirty times a second three datagrams. */
    private static DatagramStream.Shape video(int seconds) {
        return new DatagramStream.Shape(90 * seconds, 1200, TimeUnit.SECONDS.toNanos(1) / 30, 3);
    }

    /** Plays as plain TCP over TCP, with all that the bridge does, and by virtual sockets: each time a fresh scene, the same link and the same seed. */
    SideBySide play() throws Exception {
        rehearse();
        return new SideBySide(
                profile.name(),
                seed,
                server,
                play(Mode.PLAIN),
                play(Mode.FULL),
                server.hasSockets() ? Optional.of(play(Mode.SOCKETS)) : Optional.empty());
    }

    /** Nobody measures this one: the virtual machine learns the code in it, or the first play would pay for the second. */
    private void rehearse() throws Exception {
        progress.step("a short rehearsal that is not measured");
        try (Scene scene = Scene.open(over(LinkProfile.VETH));
                HttpService http = service(scene, Mode.FULL)) {
            HttpLoad client = client(scene, http);
            scene.serverSide().call(() -> {
                client.page();
                return client.download(seed, TRANSFER_BYTES / 10, REHEARSAL_MILLIS, bytes -> {});
            });
            InetAddress device = scene.plan().inner().device();
            stream(scene.serverSide(), scene.deviceSide(), device, device, REHEARSAL);
        }
    }

    private Played play(Mode mode) throws Exception {
        progress.step(mode.label() + ": two namespaces, link '" + profile.name() + "' between them, server and bridge");
        List<Measure> measures = new ArrayList<>();
        ScenePlan plan = mode.apply(over(profile).seed(seed));
        try (Scene scene = Scene.open(plan)) {
            if (server.hasApplication()) {
                add(measures, messageToServer(scene));
                add(measures, messageToDevice(scene));
            }
            try (HttpService http = service(scene, mode)) {
                HttpLoad client = client(scene, http);
                scene.serverSide().call(() -> {
                    transfers(client, measures);
                    return http;
                });
                if (scene.link() instanceof UserSpaceLink link) {
                    add(measures, throughTheDark(scene, link, client));
                }
            }
            progress.step("UDP to the device");
            add(measures, toDevice(scene, mode));
            if (mode.isBegunByEither()) {
                progress.step("UDP to the client");
                InetAddress client = scene.plan().inner().server();
                add(
                        measures,
                        datagrams(
                                "UDP to the client",
                                Measure.Way.IN_ORDER,
                                stream(scene.deviceSide(), scene.serverSide(), client, client, TO_CLIENT)));
            }
            BridgeStats stats = scene.stats();
            String congestionControl =
                    stats.socket().map(SocketStats::congestionControl).orElse("unknown");
            flatOut(mode, measures);
            return new Played(mode, stats.receive().lane(), congestionControl, measures);
        }
    }

    /** Without a link between them the rate is what the processors can do, and that is a matter of segmentation offload. */
    private void flatOut(Mode mode, List<Measure> measures) throws Exception {
        progress.step(mode.label() + ": no link between them"
                + (mode == Mode.SOCKETS ? "" : ", segmentation offload " + (mode.offloads() ? "on" : "off")));
        ScenePlan plan = mode.apply(over(LinkProfile.VETH).seed(seed).writeMode(WriteMode.BATCH))
                .set(Settings.TUN_OFFLOAD.key(), String.valueOf(mode.offloads()));
        try (Scene scene = Scene.open(plan);
                HttpService http = service(scene, mode)) {
            HttpLoad client = client(scene, http);
            scene.serverSide().call(() -> {
                client.download(seed, FLAT_OUT_BYTES, FLAT_OUT_MILLIS, progress.bytes("downloaded to warm up"));
                Transfer download =
                        client.download(seed, FLAT_OUT_BYTES, FLAT_OUT_MILLIS, progress.bytes("downloaded"));
                add(measures, transfer("HTTP to the client, no link", download, rate(download)));
                Transfer upload = client.upload(seed + 1, FLAT_OUT_BYTES, FLAT_OUT_MILLIS, progress.bytes("uploaded"));
                add(measures, transfer("HTTP to the device, no link", upload, rate(upload)));
                return http;
            });
            if (server.hasApplication()) {
                add(measures, afterAnotherAddress(scene));
            }
        }
    }

    /** As when a lease ends or a modem dials in anew: what was connected from the old address is dead, and nobody says so. */
    private Measure afterAnotherAddress(Scene scene) throws Exception {
        progress.step("the device's host gets another address");
        ip(scene.serverSide(), "route", "add", NEXT_ADDRESS, "dev", "out0");
        ip(scene.deviceSide(), "addr", "flush", "dev", "out0", "scope", "global");
        ip(scene.deviceSide(), "addr", "add", NEXT_ADDRESS + NEXT_LENGTH, "dev", "out0");
        byte[] sent = "still here".getBytes(StandardCharsets.UTF_8);
        long start = System.nanoTime();
        // What was written to the connection before its end is known may be lost with it, so more than one is sent.
        byte[] arrived = null;
        while (arrived == null && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(MESSAGE_SECONDS)) {
            scene.bridge().app().send(7, sent);
            arrived = scene.appAtServer().poll(MESSAGE_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
        double millis = (System.nanoTime() - start) / NANOS_PER_MILLISECOND;
        return new Measure(
                "app message after another address",
                Measure.Way.IN_ORDER,
                sent.length + " bytes",
                Arrays.equals(sent, arrived),
                List.of(new Reading(Reading.Kind.DELAY, millis)));
    }

    private static void ip(LabNamespace side, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        side.run(Duration.ofSeconds(MESSAGE_SECONDS), command.toArray(String[]::new));
    }

    private static HttpService service(Scene scene, Mode mode) throws Exception {
        InetAddress address = mode.services(scene.plan().inner());
        return scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(address, HTTP_PORT)));
    }

    private static HttpLoad client(Scene scene, HttpService http) {
        return new HttpLoad(new InetSocketAddress(scene.plan().inner().device(), http.port()));
    }

    private static Measure messageToServer(Scene scene) throws Exception {
        byte[] sent = "temperature 21.5".getBytes(StandardCharsets.UTF_8);
        long start = System.nanoTime();
        scene.bridge().app().send(7, sent).toCompletableFuture().get(MESSAGE_SECONDS, TimeUnit.SECONDS);
        return message("app message to the server", sent, scene.appAtServer(), start);
    }

    private static Measure messageToDevice(Scene scene) throws Exception {
        byte[] sent = "setpoint 19.0".getBytes(StandardCharsets.UTF_8);
        long start = System.nanoTime();
        scene.server().server().sendApp(8, sent).toCompletableFuture().get(MESSAGE_SECONDS, TimeUnit.SECONDS);
        return message("app message to the device", sent, scene.appAtDevice(), start);
    }

    private static Measure message(String name, byte[] sent, BlockingQueue<byte[]> arrivals, long start)
            throws InterruptedException {
        byte[] arrived = arrivals.poll(MESSAGE_SECONDS, TimeUnit.SECONDS);
        double millis = (System.nanoTime() - start) / NANOS_PER_MILLISECOND;
        return new Measure(
                name,
                Measure.Way.IN_ORDER,
                sent.length + " bytes",
                Arrays.equals(sent, arrived),
                List.of(new Reading(Reading.Kind.DELAY, millis)));
    }

    private void transfers(HttpLoad client, List<Measure> measures) throws Exception {
        progress.step("fetching a page over HTTP");
        Transfer page = client.page();
        add(measures, transfer("HTTP page", page, firstByte(page)));
        progress.step("HTTP to the client: the device sends");
        Transfer download = client.download(seed, TRANSFER_BYTES, DOWNLOAD_MILLIS, progress.bytes("downloaded"));
        add(measures, transfer("HTTP to the client", download, rate(download), firstByte(download)));
        progress.step("HTTP to the device: the server's end sends");
        Transfer upload = client.upload(seed + 1, TRANSFER_BYTES, UPLOAD_MILLIS, progress.bytes("uploaded"));
        add(measures, transfer("HTTP to the device", upload, rate(upload)));
    }

    /** Up: its sender is the device, and sends again what it has no answer for. */
    private Measure throughTheDark(Scene scene, UserSpaceLink link, HttpLoad client) throws Exception {
        progress.step("HTTP to the client while the link is dark for a second, " + NIGHTS + " times");
        try (CarriedWatch watch =
                CarriedWatch.start(scene.serverSide(), scene.plan().inner().server())) {
            Thread night = new Thread(
                    () -> {
                        try {
                            for (int i = 0; i < NIGHTS; i++) {
                                Thread.sleep(DAYLIGHT.toMillis());
                                link.blackOutFor(DARK);
                                Thread.sleep(DARK.toMillis());
                            }
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "demo-night");
            night.start();
            Transfer download = scene.serverSide()
                    .call(() ->
                            client.download(seed + 2, TRANSFER_BYTES, DAYS.toMillis(), progress.bytes("downloaded")));
            night.join();
            Measure measure = transfer("HTTP to the client, dark " + NIGHTS + " x 1 s", download, rate(download));
            Optional<CarriedBytes> carried = watch.end();
            return carried.isEmpty()
                    ? measure
                    : measure.with(new Reading(
                            Reading.Kind.CARRIED_TWICE, carried.get().repeatedBytes() / BYTES_PER_KILOBYTE));
        }
    }

    private static Reading rate(Transfer transfer) {
        return new Reading(Reading.Kind.RATE, transfer.megabitsPerSecond());
    }

    private static Reading firstByte(Transfer transfer) {
        return new Reading(Reading.Kind.FIRST_BYTE, transfer.firstByteNanos() / NANOS_PER_MILLISECOND);
    }

    private static Measure transfer(String name, Transfer transfer, Reading... readings) {
        return new Measure(
                name,
                Measure.Way.PAST_HOLES,
                String.format("%,d bytes", transfer.bytes()),
                transfer.isIntact(),
                List.of(readings));
    }

    private Measure toDevice(Scene scene, Mode mode) throws Exception {
        InetAddress device = scene.plan().inner().device();
        WaitHistogram before = scene.stats().receive().waits();
        Measure measure = datagrams(
                "UDP to the device",
                Measure.Way.PAST_HOLES,
                stream(
                        scene.serverSide(),
                        scene.deviceSide(),
                        mode.services(scene.plan().inner()),
                        device,
                        TO_DEVICE));
        long heldBack = scene.stats().receive().waits().over(HELD_BACK_NANOS) - before.over(HELD_BACK_NANOS);
        return measure.with(new Reading(Reading.Kind.HELD_BACK, heldBack));
    }

    private DatagramStream.Outcome stream(
            LabNamespace from, LabNamespace to, InetAddress receiver, InetAddress address, DatagramStream.Shape shape)
            throws Exception {
        return DatagramStream.between(from.threadFactory("sender"), to.threadFactory("receiver"), receiver, address)
                .play(shape, progress.count("datagrams"));
    }

    private static Measure datagrams(String name, Measure.Way way, DatagramStream.Outcome outcome) {
        return new Measure(
                name,
                way,
                outcome.received() + " of " + outcome.sent(),
                outcome.isIntact(),
                List.of(
                        new Reading(Reading.Kind.LATE, outcome.laterThanMedian(LATE_NANOS)),
                        latency(outcome, Reading.Kind.MEDIAN, 50),
                        latency(outcome, Reading.Kind.P99, 99),
                        latency(outcome, Reading.Kind.WORST, 100)));
    }

    private static Reading latency(DatagramStream.Outcome outcome, Reading.Kind kind, double percent) {
        return new Reading(kind, outcome.latency().getValueAtPercentile(percent) / NANOS_PER_MILLISECOND);
    }

    private void add(List<Measure> measures, Measure measure) {
        measures.add(measure);
        progress.done(measure);
    }
}
