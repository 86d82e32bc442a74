package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.Service;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connected UDP socket: what the service sends to it is the channel's, and nobody else can send to it. A datagram goes at once or is lost. */
final class DatagramService implements Service, EpollSocket.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(DatagramService.class);

    private static final int TURN_READS = 64;

    private final LocalServices services;
    private final Channel channel;
    private final SocketAddress address;
    private @Nullable EpollSocket socket;
    /** In front of each datagram; empty where none is wanted. */
    private ByteBuf header = Unpooled.EMPTY_BUFFER;

    private boolean isClosed;
    private boolean isReading;
    private boolean isReadable;
    private boolean isTurnDue;

    DatagramService(LocalServices services, Channel channel, SocketAddress address) {
        this.services = services;
        this.channel = channel;
        this.address = address;
    }

    void start() {
        if (isClosed) {
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
        socket = EpollSocket.connect(services.loop(), made, address, this);
        if (services.source() == SourceMode.PROXY_V2) {
            header = services.proxyHeader(channel);
        }
    }

    @Override
    public void write(ByteBuf buffer, int index, int length) {
        EpollSocket current = socket;
        if (current == null) {
            return;
        }
        try {
            if (header.isReadable()) {
                ByteBuf whole = services.gathering().clear();
                whole.writeBytes(header, header.readerIndex(), header.readableBytes());
                whole.writeBytes(buffer, index, length);
                current.fd().sendAddress(whole.memoryAddress(), 0, whole.readableBytes());
            } else if (buffer.hasMemoryAddress()) {
                current.fd().sendAddress(buffer.memoryAddress(), index, index + length);
            } else {
                current.fd().send(buffer.nioBuffer(index, length), 0, length);
            }
        } catch (IOException e) {
            services.later(this::onFault); // nobody listens any more, or never has
        }
    }

    /** A datagram has no end. */
    @Override
    public void endOutput() {}

    @Override
    public void startReading() {
        isReading = true;
        if (isReadable && !isTurnDue) {
            isTurnDue = true;
            services.later(this::turn);
        }
    }

    @Override
    public void stopReading() {
        isReading = false;
    }

    @Override
    public void onReadable(boolean isHungUp) {
        isReadable = true;
        if (!isTurnDue) {
            turn();
        }
    }

    private void turn() {
        isTurnDue = false;
        EpollSocket current = socket;
        if (isClosed || !isReading || current == null) {
            return;
        }
        ByteBuf scratch = services.scratch();
        try {
            for (int reads = 0; reads < TURN_READS; reads++) {
                if (isClosed || services.events().readableBytes(channel) <= 0) {
                    return;
                }
                int bytes = receive(current, scratch);
                if (bytes < 0) {
                    isReadable = false;
                    return;
                }
                services.events().onRead(channel, scratch, 0, bytes);
            }
        } catch (IOException e) {
            onFault();
            return;
        }
        isTurnDue = true;
        services.later(this::turn);
    }

    /** The datagram's length, which may be 0; or -1 where there is none. */
    private static int receive(EpollSocket socket, ByteBuf scratch) throws IOException {
        var sender = socket.fd().recvFromAddress(scratch.memoryAddress(), 0, LocalServices.READ_BYTES);
        return sender == null ? -1 : sender.receivedAmount();
    }

    @Override
    public void onWritable() {}

    /** An answer of the service's host that nobody listens, for instance. */
    @Override
    public void onFault() {
        if (!isClosed) {
            shut();
            services.events().onFailed(channel);
        }
    }

    @Override
    public void onBroken(Throwable fault) {
        services.events().onBroken(fault);
    }

    @Override
    public void reset() {
        shut();
    }

    @Override
    public void close() {
        shut();
    }

    private void shut() {
        isClosed = true;
        EpollSocket current = socket;
        if (current != null) {
            socket = null;
            current.close();
        }
        ByteBuf done = header;
        header = Unpooled.EMPTY_BUFFER;
        done.release();
    }
}
