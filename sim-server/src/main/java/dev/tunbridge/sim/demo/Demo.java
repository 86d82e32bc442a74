package dev.tunbridge.sim.demo;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.DatagramStream;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sets the scene and plays it: server and clients in one namespace, bridge and services in the other. */
final class Demo {
    private static final int HTTP_PORT = 80;

    /** What a transfer may take: the time limit decides on a slow link, the size on a fast one. */
    private static final long TRANSFER_BYTES = 50_000_000;

    private static final long DOWNLOAD_MILLIS = 9_000;
    private static final long UPLOAD_MILLIS = 6_000;
    private static final long MESSAGE_SECONDS = 10;

    /** 1 Mbit/s as a camera sends it: thirty times a second three datagrams. */
    private static final DatagramStream.Shape VIDEO =
            new DatagramStream.Shape(360, 1200, TimeUnit.SECONDS.toNanos(1) / 30, 3);

    private final LinkProfile profile;
    private final long seed;
    private final Progress progress;
    private final List<Measure> measures = new ArrayList<>();

    Demo(LinkProfile profile, long seed, Progress progress) {
        this.profile = profile;
        this.seed = seed;
        this.progress = progress;
    }

    List<Measure> play() throws Exception {
        progress.step("two namespaces, link '" + profile.name() + "' between them, server and bridge");
        long start = System.nanoTime();
        try (Scene scene = Scene.open(ScenePlan.over(profile).seed(seed))) {
            String carriage = scene.tunnel().carriage().name().toLowerCase(Locale.ROOT) + " carriage";
            add(new Measure("tunnel up", carriage, 0, (System.nanoTime() - start) / 1e6, null, true));
            appMessages(scene);
            InetAddress device = scene.plan().inner().device();
            try (HttpService http =
                    scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(device, HTTP_PORT)))) {
                HttpLoad client = new HttpLoad(new InetSocketAddress(device, http.port()));
                scene.serverSide().call(() -> {
                    transfers(client);
                    return http;
                });
            }
            datagrams("UDP to the device", scene.serverSide(), scene.deviceSide(), device);
            InetAddress client = scene.plan().inner().server();
            datagrams("UDP to the client", scene.deviceSide(), scene.serverSide(), client);
        }
        return measures;
    }

    private void appMessages(Scene scene) throws Exception {
        byte[] up = "temperature 21.5".getBytes(StandardCharsets.UTF_8);
        long start = System.nanoTime();
        scene.bridge().app().send(7, up).toCompletableFuture().get(MESSAGE_SECONDS, TimeUnit.SECONDS);
        add(message("app message to the server", up, scene.appAtServer(), start));
        byte[] down = "setpoint 19.0".getBytes(StandardCharsets.UTF_8);
        start = System.nanoTime();
        scene.server().server().sendApp(8, down).toCompletableFuture().get(MESSAGE_SECONDS, TimeUnit.SECONDS);
        add(message("app message to the device", down, scene.appAtDevice(), start));
    }

    private static Measure message(String name, byte[] sent, BlockingQueue<byte[]> arrivals, long start)
            throws InterruptedException {
        byte[] arrived = arrivals.poll(MESSAGE_SECONDS, TimeUnit.SECONDS);
        double millis = (System.nanoTime() - start) / 1e6;
        return new Measure(name, sent.length + " bytes", 0, millis, null, Arrays.equals(sent, arrived));
    }

    private void transfers(HttpLoad client) throws Exception {
        progress.step("fetching a page over HTTP");
        Transfer page = client.page();
        add(transfer("HTTP page", page, page.firstByteNanos() / 1e6));
        progress.step("downloading over HTTP");
        Transfer download = client.download(seed, TRANSFER_BYTES, DOWNLOAD_MILLIS, progress.bytes("downloaded"));
        add(transfer("HTTP download", download, download.firstByteNanos() / 1e6));
        progress.step("uploading over HTTP");
        add(transfer(
                "HTTP upload",
                client.upload(seed + 1, TRANSFER_BYTES, UPLOAD_MILLIS, progress.bytes("uploaded")),
                null));
    }

    private static Measure transfer(String name, Transfer transfer, @Nullable Double firstByte) {
        return new Measure(
                name,
                String.format("%,d bytes", transfer.bytes()),
                transfer.bytes() > 10_000 ? transfer.megabitsPerSecond() : 0,
                firstByte,
                null,
                transfer.isIntact());
    }

    private void datagrams(String name, LabNamespace from, LabNamespace to, InetAddress address) throws Exception {
        progress.step(name);
        DatagramStream.Outcome outcome = DatagramStream.between(
                        from.threadFactory("sender"), to.threadFactory("receiver"), address)
                .play(VIDEO, progress.count("datagrams"));
        add(new Measure(
                name,
                outcome.received() + " of " + outcome.sent(),
                VIDEO.megabitsPerSecond(),
                outcome.latency().getValueAtPercentile(50) / 1e6,
                outcome.latency().getMaxValue() / 1e6,
                outcome.isIntact()));
    }

    private void add(Measure measure) {
        measures.add(measure);
        progress.done(measure);
    }
}
