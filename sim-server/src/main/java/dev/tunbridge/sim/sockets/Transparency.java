package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Sockets that take what is sent to the device, and send in its name. Made in the calling thread's namespace, without blocking. */
final class Transparency {
    /** The kernel has its own limit (net.core.somaxconn). */
    private static final int BACKLOG = 4096;

    /** What a burst of first datagrams may take. */
    private static final int LISTENING_BYTES = 1024 * 1024;

    private Transparency() {}

    /** Connections to the device, on any port of the kernel's choice: the rules say who comes here. */
    static Socket listen(InetAddress device) throws IOException {
        LinuxSocket socket = LinuxSocket.newSocketStream(device instanceof Inet6Address);
        try {
            prepare(socket);
            socket.bind(new InetSocketAddress(device, 0));
            socket.listen(BACKLOG);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Datagrams to the device of which no {@link #flow} is, with where they were sent to. */
    static Socket receive(InetAddress device) throws IOException {
        LinuxSocket socket = LinuxSocket.newSocketDgram(device instanceof Inet6Address);
        try {
            prepare(socket);
            socket.setReceiveBufferSize(LISTENING_BYTES);
            Sockets.set(
                    socket.intValue(),
                    device instanceof Inet6Address
                            ? SocketOption.IPV6_RECVORIGDSTADDR
                            : SocketOption.IP_RECVORIGDSTADDR,
                    1);
            socket.bind(new InetSocketAddress(device, 0));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Datagrams of one client to one port of the device, and back. */
    static Socket flow(InetAddress device, int devicePort, InetSocketAddress client) throws IOException {
        LinuxSocket socket = LinuxSocket.newSocketDgram(device instanceof Inet6Address);
        try {
            prepare(socket);
            socket.bind(new InetSocketAddress(device, devicePort));
            socket.connect(client);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void prepare(LinuxSocket socket) throws IOException {
        socket.setReuseAddress(true); // flows of several clients to one port
        Sockets.set(socket.intValue(), SocketOption.IP_TRANSPARENT, 1);
    }
}
