package dev.tunbridge.linux;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;

/**
 * Calls on a socket whose connection may be gone meanwhile. When a reset has come and its error was told, the kernel answers ENOTCONN
 * (inet_shutdown in net/ipv4/af_inet.c, tcp_recvmsg_locked in net/ipv4/tcp.c), and Netty an exception of the program's (findings/netty-shutdown-output-after-a-reset.sh): here it is one of I/O, as
 * every other way to hear of a reset.
 */
public final class ConnectedSocket {
    private interface Call {
        int make() throws IOException;
    }

    private ConnectedSocket() {}

    /** Bytes that were received, 0 for none now, and -1 at the end; {@code to} is where there is no more room. */
    public static int receive(Socket socket, long address, int from, int to) throws IOException {
        return called(() -> socket.recvAddress(address, from, to));
    }

    /** Bytes that the socket has accepted, 0 where it has no room. */
    public static int send(Socket socket, long address, int from, int to) throws IOException {
        return called(() -> socket.sendAddress(address, from, to));
    }

    /** A FIN behind all that was sent. */
    public static void endOutput(Socket socket) throws IOException {
        called(() -> {
            socket.shutdown(false, true);
            return 0;
        });
    }

    private static int called(Call call) throws IOException {
        try {
            return call.make();
        } catch (NotYetConnectedException e) {
            throw new IOException("the connection was reset", e);
        }
    }
}
