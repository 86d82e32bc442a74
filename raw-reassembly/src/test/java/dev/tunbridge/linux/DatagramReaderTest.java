package dev.tunbridge.linux;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.LinuxSocket;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams of the loopback, where a socket that is bound to no address is told which of the loopback's they were sent to. */
class DatagramReaderTest {
    private static final int LENGTH = 1000;

    private final DatagramReader reader = new DatagramReader();
    private final Memory bytes = new Memory(LENGTH);

    @BeforeEach
    void needsEpoll() {
        Assumptions.assumeTrue(Epoll.isAvailable(), "needs Netty's native epoll");
    }

    private int read(LinuxSocket socket) throws LinuxException {
        return reader.read(socket.intValue(), Pointer.nativeValue(bytes), LENGTH);
    }

    private static LinuxSocket receiver(boolean isIpv6, SocketOption... options) throws Exception {
        LinuxSocket socket = LinuxSocket.newSocketDgram(isIpv6);
        for (SocketOption option : options) {
            Sockets.set(socket.intValue(), option, 1);
        }
        socket.bind(new InetSocketAddress(InetAddress.getByName(isIpv6 ? "::" : "0.0.0.0"), 0));
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.9.8.7", "::1"})
    void tellsWhereADatagramCameFromAndWhereItWasSentTo(String address) throws Exception {
        boolean isIpv6 = address.contains(":");
        LinuxSocket socket =
                receiver(isIpv6, isIpv6 ? SocketOption.IPV6_RECVORIGDSTADDR : SocketOption.IP_RECVORIGDSTADDR);
        try (DatagramSocket sender = new DatagramSocket(0, InetAddress.getByName(isIpv6 ? "::1" : "127.0.0.1"))) {
            InetSocketAddress to = new InetSocketAddress(
                    InetAddress.getByName(address), socket.localAddress().getPort());
            for (int length : new int[] {5, 0, LENGTH, LENGTH + 1}) {
                sender.send(new DatagramPacket(new byte[length], length, to));
                assertThat(read(socket)).isEqualTo(Math.min(length, LENGTH));
                assertThat(reader.source()).isEqualTo(sender.getLocalSocketAddress());
                assertThat(requireNonNull(reader.destination())).isEqualTo(to);
            }
            assertThat(read(socket)).isEqualTo(Descriptors.WOULD_BLOCK);
        } finally {
            socket.close();
        }
    }

    @Test
    void tellsNoDestinationToASocketThatHasNotAsked() throws Exception {
        LinuxSocket socket = receiver(false);
        try (DatagramSocket sender = new DatagramSocket()) {
            InetSocketAddress to = new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), socket.localAddress().getPort());
            sender.send(new DatagramPacket(new byte[] {1, 2}, 2, to));
            assertThat(read(socket)).isEqualTo(2);
            assertThat(bytes.getByteArray(0, 2)).containsExactly(1, 2);
            assertThat(reader.destination()).isNull();
        } finally {
            socket.close();
        }
    }

    @Test
    void aDescriptorThatIsNoneIsAFaultWithItsErrno() {
        assertThatThrownBy(() -> reader.read(-1, Pointer.nativeValue(bytes), LENGTH))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF))
                .hasMessageContaining("recvmsg");
    }
}
