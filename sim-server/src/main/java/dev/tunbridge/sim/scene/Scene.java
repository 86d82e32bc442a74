package dev.tunbridge.sim.scene;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.sim.foreign.ForeignServer;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Link;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A scene that is set up: closes everything that it has made, also when setting up fails half-way. */
public final class Scene implements AutoCloseable {
    private static final int OUTER_PORT = 7000;
    private static final long START_SECONDS = 20;
    private static final long ROUTE_POLL_MILLIS = 20;

    /** More application messages than a test or a demo leaves lying about. */
    private static final int MESSAGES = 1024;

    private final ScenePlan plan;
    private final Lab lab;
    private final BlockingQueue<byte[]> appAtServer = new LinkedBlockingQueue<>(MESSAGES);
    private final BlockingQueue<byte[]> appAtDevice = new LinkedBlockingQueue<>(MESSAGES);
    private @Nullable LabNamespace deviceSide;
    private @Nullable LabNamespace serverSide;
    private @Nullable Link link;
    private @Nullable RunningServer server;
    private @Nullable LabProcess foreign;
    private @Nullable Path folder;
    private @Nullable LabBridge bridge;
    private @Nullable TunnelInfo tunnel;

    private Scene(ScenePlan plan, Lab lab) {
        this.plan = plan;
        this.lab = lab;
    }

    /** Sets the scene up to the established session. */
    public static Scene open(ScenePlan plan) throws Exception {
        return open(plan, new BridgeListener() {});
    }

    /** The same, with somebody who hears of the bridge besides. */
    public static Scene open(ScenePlan plan, BridgeListener listener) throws Exception {
        Scene scene = new Scene(plan, Lab.open());
        try {
            scene.setUp(listener);
            return scene;
        } catch (Exception e) {
            scene.close();
            throw e;
        }
    }

    private void setUp(BridgeListener listener) throws Exception {
        LabNamespace device = lab.namespace("device");
        LabNamespace remote = lab.namespace("server");
        deviceSide = device;
        serverSide = remote;
        link = lab.connect(
                device.at("out0", plan.outer().outerDevice()),
                remote.at("out0", plan.outer().outerServer()),
                plan.profile(),
                plan.seed());
        startServer();
        BridgeBuilder builder = Bridge.builder()
                .server(
                        plan.outer().outerServerAddress().getHostAddress(),
                        plan.foreign().map(ForeignServer::port).orElse(OUTER_PORT))
                .tun("tb0")
                .token(ScenePlan.TOKEN)
                .protocol(plan.protocol())
                .set(plan.settings())
                .listener(new Forwarding(listener));
        LabBridge made = LabBridge.on(device, builder);
        bridge = made;
        tunnel = made.bridge().start().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        if (plan.foreign().filter(ForeignServer::hasDevice).isPresent()) {
            awaitRoute(remote);
        }
    }

    /** vtund for one sets its device up behind the last word of the login, by programs. */
    private void awaitRoute(LabNamespace remote) throws Exception {
        String device = tunnel().deviceAddress().getHostAddress();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!remote.run(Duration.ofSeconds(START_SECONDS), "ip", "route", "get", device)
                .isSuccess()) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("the server has no way to " + device + " within " + START_SECONDS + " s");
            }
            TimeUnit.MILLISECONDS.sleep(ROUTE_POLL_MILLIS);
        }
    }

    /** Starts the server again after {@link #stopServer}. */
    public void startServer() throws IOException, InterruptedException {
        if (plan.foreign().isPresent()) {
            if (folder == null) {
                folder = Files.createTempDirectory("scene-");
            }
            serverSide()
                    .setCongestionControl(SimulatedServer.CONGESTION_CONTROL); // the third party's host, as it comes
            foreign = plan.foreign().get().serve(serverSide(), folder);
            return;
        }
        ServerOptions options = new ServerOptions(
                new InetSocketAddress(plan.outer().outerServerAddress(), OUTER_PORT),
                "sim0",
                plan.inner().server(),
                plan.inner().innerLength(),
                plan.inner().device(),
                plan.carriage(),
                plan.writeMode(),
                plan.protocol(),
                plan.mtu(),
                ScenePlan.TOKEN,
                plan.site());
        server = RunningServer.start(
                options,
                (topic, payload) -> appAtServer.offer(payload),
                serverSide().threadFactory("server"));
    }

    /** Ends the server with its TUN device. */
    public void stopServer() {
        LabProcess process = foreign;
        foreign = null;
        if (process != null) {
            process.close();
        }
        RunningServer running = server;
        server = null;
        if (running != null) {
            running.close();
        }
    }

    public LabNamespace deviceSide() {
        return made(deviceSide);
    }

    public LabNamespace serverSide() {
        return made(serverSide);
    }

    public Link link() {
        return made(link);
    }

    /** The simulated one. */
    public RunningServer server() {
        return made(server);
    }

    public Bridge bridge() {
        return made(bridge).bridge();
    }

    /** What the first welcome has settled. */
    public TunnelInfo tunnel() {
        return made(tunnel);
    }

    public ScenePlan plan() {
        return plan;
    }

    /** Application messages that the server has received. */
    public BlockingQueue<byte[]> appAtServer() {
        return appAtServer;
    }

    /** Application messages that the device has received. */
    public BlockingQueue<byte[]> appAtDevice() {
        return appAtDevice;
    }

    public BridgeStats stats() throws Exception {
        return bridge().stats().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        if (bridge != null) {
            bridge.close();
        }
        try {
            stopServer();
            if (folder != null) {
                MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lab.close();
        }
    }

    private static <T> T made(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("this part of the scene does not stand at the moment");
        }
        return part;
    }

    private final class Forwarding implements BridgeListener {
        private final BridgeListener listener;

        Forwarding(BridgeListener listener) {
            this.listener = listener;
        }

        @Override
        public void onState(dev.tunbridge.bridge.BridgeState state, String detail) {
            listener.onState(state, detail);
        }

        @Override
        public void onEstablished(TunnelInfo established) {
            listener.onEstablished(established);
        }

        @Override
        public void onApp(int topic, byte[] payload) {
            appAtDevice.offer(payload);
            listener.onApp(topic, payload);
        }
    }
}
