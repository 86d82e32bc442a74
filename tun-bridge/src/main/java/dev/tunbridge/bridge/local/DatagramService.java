package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.linux.EpollSocket;
import dev.tunbridge.linux.Errno;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.DatagramSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connected UDP socket: what the service sends to it is the channel's, and nobody else can send to it. A datagram goes at once or is lost. */
final class DatagramService extends ServiceSocket {
    private static final Logger LOG = LoggerFactory.getLogger(DatagramService.class);

    private static final int TURN_READS = 64;

    private final SocketAddress address;
    /** In front of each datagram; empty where none is wanted. */
    private ByteBuf header = Unpooled.EMPTY_BUFFER;

    DatagramService(LocalServices services, Channel channel, SocketAddress address) {
        super(services, channel, TURN_READS);
        this.address = address;
    }

    void start() {
        if (isClosed()) {
            return;
        }
        try {
            connect();
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: {}: {}", channel, address, e.getMessage());
            shut();
            services.events().onConnectFailed(channel, Faults.refusal(e));
            return;
        }
        services.events().onConnected(channel);
    }

    private void connect() throws IOException {
        if (!(address instanceof InetSocketAddress internet)) {
            throw new IOException("a Unix socket takes no datagrams of clients");
        }
        LinuxSocket made = LinuxSocket.newSocketDgram(LocalServices.family(internet));
        try {
            services.source().bind(made, channel, internet);
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
        socket(EpollSocket.connect(services.loop(), made, address, this));
        if (services.hasProxyHeader()) {
            header = services.proxyHeader(channel);
        }
    }

    @Override
    public boolean write(ByteBuf buffer, int index, int length) {
        EpollSocket current = socket();
        if (current == null) {
            return false;
        }
        try {
            return send(current.fd(), buffer, index, length) > 0 || length == 0; // else the socket's buffer is full
        } catch (IOException e) {
            if (Faults.isRefusal(e)) {
                services.later(this::fail);
            } // else it is this datagram's fault, such as its size
            return false;
        }
    }

    private int send(Socket socket, ByteBuf buffer, int index, int length) throws IOException {
        if (header.isReadable()) {
            ByteBuf whole = services.gathering().clear();
            whole.writeBytes(header, header.readerIndex(), header.readableBytes());
            whole.writeBytes(buffer, index, length);
            return socket.sendAddress(whole.memoryAddress(), 0, whole.readableBytes());
        }
        return buffer.hasMemoryAddress()
                ? socket.sendAddress(buffer.memoryAddress(), index, index + length)
                : socket.send(buffer.nioBuffer(index, length), 0, length);
    }

    /** A datagram has no end. */
    @Override
    public void endOutput() {}

    @Override
    boolean mayRead() {
        return true;
    }

    @Override
    boolean read(EpollSocket current, int most) throws IOException {
        ByteBuf scratch = services.scratch();
        DatagramSocketAddress sender;
        try {
            sender = current.fd().recvFromAddress(scratch.memoryAddress(), 0, LocalServices.READ_BYTES);
        } catch (IOException e) {
            if (Faults.isRefusal(e)) {
                throw e;
            }
            return true; // one datagram's fault; the kernel forgets it once it is told
        }
        if (sender == null) {
            return false;
        }
        services.events().onRead(channel, scratch, 0, sender.receivedAmount()); // 0 bytes are a datagram too
        return true;
    }

    @Override
    void notReading(EpollSocket current) {}

    @Override
    public void onWritable() {}

    /** Only that nobody listens ends it: what else a network says is of one datagram. */
    @Override
    public void onFault() {
        EpollSocket current = socket();
        if (current != null && current.error() == Errno.ECONNREFUSED.number()) {
            fail();
        }
    }

    @Override
    public void reset() {
        shut();
    }

    @Override
    public void close() {
        shut();
    }

    @Override
    void release() {
        ByteBuf done = header;
        header = Unpooled.EMPTY_BUFFER;
        done.release();
    }
}
