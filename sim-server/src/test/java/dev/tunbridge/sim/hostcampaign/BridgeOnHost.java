package dev.tunbridge.sim.hostcampaign;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A bridge at work on a host: of this process by the library, or a program of its own that can be killed. */
interface BridgeOnHost extends AutoCloseable {
    Duration LIMIT = Duration.ofSeconds(40);

    /** Waits for the first session, or the end, or as long as that. */
    boolean awaitUp(Duration longest) throws Exception;

    /** Ends it in order, and waits for it. */
    void end() throws Exception;

    /** What it said. */
    List<String> news();

    /** Whatever is left of it. */
    @Override
    void close();

    /** By the library. */
    final class InProcess implements BridgeOnHost {
        private final MultiThreadIoEventLoopGroup group;
        private final Bridge bridge;
        private final List<String> news = new CopyOnWriteArrayList<>();
        private final CountDownLatch up = new CountDownLatch(1);
        private volatile boolean isUp;

        InProcess(LabNamespace host, String server, Map<String, String> settings) {
            group = new MultiThreadIoEventLoopGroup(1, host.threadFactory("bridge"), EpollIoHandler.newFactory());
            bridge = Bridge.builder()
                    .server(server, Welcome.PORT)
                    .tun(SeededHost.DEVICE)
                    .set(settings)
                    .eventLoopGroup(group)
                    .listener(new BridgeListener() {
                        @Override
                        public void onState(BridgeState state, String detail) {
                            news.add(state + ": " + detail);
                            if (state == BridgeState.FAILED) {
                                up.countDown();
                            }
                        }

                        @Override
                        public void onEstablished(TunnelInfo tunnel) {
                            isUp = true;
                            up.countDown();
                        }
                    })
                    .build();
            bridge.start();
        }

        @Override
        public boolean awaitUp(Duration longest) throws InterruptedException {
            up.await(longest.toMillis(), TimeUnit.MILLISECONDS);
            return isUp;
        }

        @Override
        public void end() throws Exception {
            bridge.shutdown().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }

        /** As a user of the library may: the loop first. */
        void endLoopFirst() throws Exception {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(LIMIT.toSeconds(), TimeUnit.SECONDS);
            end();
        }

        @Override
        public List<String> news() {
            return news;
        }

        @Override
        public void close() {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(LIMIT.toMillis());
        }
    }

    /** {@code tunbridge run}. */
    final class Program implements BridgeOnHost {
        private final LabProcess process;

        /** @param wrapper what starts it, such as a mount namespace; empty for nothing */
        Program(LabNamespace host, List<String> wrapper, String server, Map<String, String> settings)
                throws IOException {
            List<String> command = new ArrayList<>(wrapper);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx64m"));
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.tunbridge.bridge.service.Main"));
            String at = server.contains(":") ? "[" + server + "]" : server;
            command.addAll(List.of("run", "--server", at + ":" + Welcome.PORT, "--tun", SeededHost.DEVICE));
            settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
            process = host.start(command.toArray(String[]::new));
        }

        @Override
        public boolean awaitUp(Duration longest) throws InterruptedException {
            try {
                process.awaitLine("tunnel up", longest);
                return true;
            } catch (IOException notInTime) {
                return false;
            }
        }

        @Override
        public void end() throws Exception {
            process.terminate();
            process.awaitExit(LIMIT);
        }

        /** SIGKILL. */
        void kill() {
            process.close();
        }

        @Override
        public List<String> news() {
            return process.output();
        }

        @Override
        public void close() {
            process.close();
        }
    }
}
