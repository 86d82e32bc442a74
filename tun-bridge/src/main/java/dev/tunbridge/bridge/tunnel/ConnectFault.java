package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.FaultReason;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/** Why a connection could not be made or has broken, in the kernel's words. */
final class ConnectFault {
    private static final String HOST = "No route to host";

    private ConnectFault() {}

    static String words(@Nullable Throwable cause, InetSocketAddress server) {
        String message = cause == null ? null : cause.getMessage();
        if (cause instanceof NoRouteToHostException && (message == null || message.startsWith("null"))) {
            return unreachable(server);
        }
        if (message == null || !(cause instanceof IOException)) {
            return cause == null ? "no reason given" : FaultReason.of(cause);
        }
        // Netty: "finishConnect(..) failed with error(-111): Connection refused: /198.18.0.2:7000".
        return message.strip()
                .replaceAll("\\s+", " ")
                .replaceAll("^\\w+\\(\\.\\.\\) failed with error\\(-\\d+\\): ", "")
                .replaceAll(": [^ ]*/[^ ]*:\\d+$", "");
    }

    /**
     * Netty has one exception without words for EHOSTUNREACH and ENETUNREACH. Where this host's own routes are the reason the
     * kernel says which when a datagram socket asks for the way, which sends nothing. Where it knows a way, somebody beyond
     * has said no: the neighbour does not answer, or a router does not know further.
     */
    private static String unreachable(InetSocketAddress server) {
        boolean isVersion4 = server.getAddress() instanceof Inet4Address;
        try (DatagramChannel probe =
                DatagramChannel.open(isVersion4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6)) {
            probe.connect(server);
            return HOST;
        } catch (IOException e) {
            String said = e.getMessage();
            return said == null ? HOST : said;
        }
    }
}
