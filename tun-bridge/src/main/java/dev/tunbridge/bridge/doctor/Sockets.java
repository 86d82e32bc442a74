package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.InetAddress;

/** Sockets of this network namespace, as {@code ss} lists them. */
final class Sockets {
    private Sockets() {}

    /** The connections that stand to a server, one on each line with what TCP knows of it; blank where there is none. */
    static String connections(Host host, InetAddress server, int port) throws IOException {
        return host.require(
                "ss", "-tinHO", "state", "established", "dst", server.getHostAddress(), "dport", "=", ":" + port);
    }
}
