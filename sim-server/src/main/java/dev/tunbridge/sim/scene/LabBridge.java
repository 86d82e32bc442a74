package dev.tunbridge.sim.scene;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.sim.lab.LabNamespace;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.concurrent.TimeUnit;

/** A bridge on a host of a lab, with an event loop of its own there. */
public final class LabBridge implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup group;
    private final Bridge bridge;

    private LabBridge(MultiThreadIoEventLoopGroup group, Bridge bridge) {
        this.group = group;
        this.bridge = bridge;
    }

    /** Builds it, without starting it. */
    public static LabBridge on(LabNamespace host, BridgeBuilder builder) {
        MultiThreadIoEventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, host.threadFactory("bridge"), EpollIoHandler.newFactory());
        try {
            return new LabBridge(group, builder.eventLoopGroup(group).build());
        } catch (RuntimeException e) {
            end(group);
            throw e;
        }
    }

    public Bridge bridge() {
        return bridge;
    }

    /** Ends the bridge, and then its loop. */
    @Override
    public void close() {
        bridge.close();
        end(group);
    }

    private static void end(MultiThreadIoEventLoopGroup group) {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
