package dev.tunbridge.sim.lab;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import java.io.IOException;
import java.net.InetSocketAddress;

/** The simulated server of tests to which any will do: IPv4 in the tunnel, segment carriage, everybody is welcome. */
public final class LabServer {
    private LabServer() {}

    public static RunningServer start(LabNamespace host, InetSocketAddress listen) throws IOException {
        return RunningServer.start(
                new ServerOptions(
                        listen,
                        "sim0",
                        Family.IPV4.server(),
                        30,
                        Family.IPV4.device(),
                        Carriage.SEGMENT,
                        WriteMode.FRAME,
                        Protocol.builtin("reference"),
                        ServerOptions.DEFAULT_MTU,
                        ""),
                (topic, payload) -> {},
                host.threadFactory("server"));
    }
}
