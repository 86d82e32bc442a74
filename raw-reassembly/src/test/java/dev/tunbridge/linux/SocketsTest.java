package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SocketsTest {
    private static final int BYTES = 100_000;

    private EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private EpollSocketChannel client = new EpollSocketChannel();

    @BeforeEach
    void connect() throws Exception {
        Assumptions.assumeTrue(Epoll.isAvailable(), "needs Netty's native epoll");
        // The accepted side never reads, so what the socket cannot hold stays with the sender.
        var server = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childOption(io.netty.channel.ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        client = (EpollSocketChannel) new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(server.localAddress())
                .sync()
                .channel();
    }

    @AfterEach
    void disconnect() throws Exception {
        group.shutdownGracefully(0, 5, java.util.concurrent.TimeUnit.SECONDS).sync();
    }

    @Test
    void setsAndReadsOptions() throws Exception {
        int fd = client.fd().intValue();
        Sockets.set(fd, SocketOption.TCP_NOTSENT_LOWAT, 32_768);
        Sockets.set(fd, SocketOption.TCP_USER_TIMEOUT, 20_000);
        assertThat(Sockets.get(fd, SocketOption.TCP_NOTSENT_LOWAT)).isEqualTo(32_768);
        assertThat(Sockets.get(fd, SocketOption.TCP_USER_TIMEOUT)).isEqualTo(20_000);
    }

    @Test
    void choosesCongestionControlAndNamesOneThatIsMissing() throws Exception {
        int fd = client.fd().intValue();
        Sockets.setCongestionControl(fd, "reno");
        assertThat(Sockets.congestionControl(fd)).isEqualTo("reno");
        assertThatThrownBy(() -> Sockets.setCongestionControl(fd, "nonesuch"))
                .hasMessageContaining("TCP_CONGESTION=nonesuch")
                .hasMessageContaining("ENOENT");
    }

    @Test
    void saysWhatTheKernelKnowsOfTheConnection() throws Exception {
        int fd = client.fd().intValue();
        client.writeAndFlush(Unpooled.wrappedBuffer(new byte[BYTES])).sync();
        TcpInfo info = TcpInfo.of(fd);
        while (info.bytesAcked() + Sockets.unackedBytes(fd) != BYTES + 1) {
            Thread.onSpinWait();
            info.refresh(fd);
        }
        int unacked = Sockets.unackedBytes(fd);
        assertThat(Sockets.unsentBytes(fd)).isBetween(0, unacked);
        assertThat(info.ackedOffset()).isEqualTo(Math.max(0, info.bytesAcked() - 1));
        assertThat(info.state()).isEqualTo(1);
        assertThat(info.rttMicros()).isPositive();
        assertThat(info.sendMss()).isGreaterThan(500);
        assertThat(info.bytesSent()).isPositive();
    }

    @Test
    void refusesADescriptorThatIsNoSocket() throws Exception {
        int eventFd = Descriptors.newEventDescriptor();
        try {
            assertThatThrownBy(() -> TcpInfo.of(eventFd))
                    .hasMessage("getsockopt TCP_INFO descriptor " + eventFd + ": ENOTSOCK (not a socket)");
        } finally {
            Descriptors.close(eventFd);
        }
    }
}
