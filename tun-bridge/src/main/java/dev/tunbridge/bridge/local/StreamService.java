package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.linux.ConnectedSocket;
import dev.tunbridge.linux.EpollSocket;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TCP or Unix stream connection to a service. */
final class StreamService extends ServiceSocket {
    private static final Logger LOG = LoggerFactory.getLogger(StreamService.class);

    private static final int TURN_READS = 4;

    private final Deque<SocketAddress> untried;
    private final ServiceOutput output = new ServiceOutput();
    private @Nullable SocketAddress address;
    private @Nullable OpenRefusal refusal;
    private boolean isConnected;
    private boolean isEnded;
    private boolean isUnflushed;
    private boolean isWatched;

    StreamService(LocalServices services, Channel channel, List<SocketAddress> addresses) {
        super(services, channel, TURN_READS);
        untried = new ArrayDeque<>(addresses);
    }

    // The way there

    void start() {
        if (isClosed()) {
            return;
        }
        SocketAddress next = untried.poll();
        address = next;
        if (next == null) {
            shut();
            services.events().onConnectFailed(channel, refusal == null ? OpenRefusal.SERVICE_UNREACHABLE : refusal);
            return;
        }
        EpollSocket made;
        try {
            made = EpollSocket.connect(services.loop(), open(next), next, this);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: {}: {}", channel, next, e.getMessage());
            notConnected(Faults.refusal(e));
            return;
        }
        socket(made);
        if (made.isConnected()) {
            connected(made);
        }
    }

    private LinuxSocket open(SocketAddress address) throws IOException {
        if (!(address instanceof InetSocketAddress internet)) {
            return LinuxSocket.newSocketDomain();
        }
        LinuxSocket made = LinuxSocket.newSocketStream(LocalServices.family(internet));
        try {
            made.setTcpNoDelay(true); // what has come through the tunnel has waited long enough
            Sockets.set(
                    made.intValue(),
                    SocketOption.SO_OOBINLINE,
                    1); // or the urgent byte would be missing among the others (RFC 6093)
            services.source().bind(made, channel, internet);
            return made;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** That a service has refused says more than that an address could not be tried; else the first counts. */
    private void notConnected(OpenRefusal reason) {
        if (refusal == null || reason == OpenRefusal.SERVICE_REFUSED) {
            refusal = reason;
        }
        leaveSocket();
        start();
    }

    private void connected(EpollSocket current) {
        if (isItself(current.fd())) {
            notConnected(OpenRefusal.SERVICE_REFUSED);
            return;
        }
        isConnected = true;
        untried.clear();
        if (services.hasProxyHeader()) {
            ByteBuf header = services.proxyHeader(channel);
            output.appendOwn(header);
            header.release();
        }
        services.events().onConnected(channel);
        flush();
    }

    /** Where nobody listens on a port that the kernel gives to who connects, it may give it to this one, which so reaches itself. */
    private boolean isItself(Socket socket) {
        return address instanceof InetSocketAddress && address.equals(socket.localAddress());
    }

    @Override
    public void onWritable() {
        EpollSocket current = socket();
        if (current == null) {
            return;
        }
        if (isConnected) {
            output.unblock();
            flush();
            return;
        }
        int error = current.error();
        if (error == 0) {
            connected(current);
        } else {
            notConnected(Faults.refusal(error));
        }
    }

    @Override
    public void onFault() {
        EpollSocket current = socket();
        if (current == null || !isConnected) {
            return; // a connection that could not be made is told as writable too
        }
        if (current.error() != 0) {
            fail();
        }
    }

    // Towards the service

    @Override
    public boolean write(ByteBuf buffer, int index, int length) {
        if (!isClosed()) {
            output.append(buffer, index, length);
            flushLater();
        }
        return true;
    }

    @Override
    public void endOutput() {
        output.end();
        flushLater();
    }

    private void flushLater() {
        if (!isUnflushed && !output.isBlocked()) {
            isUnflushed = true;
            services.unflushed(this);
        }
    }

    /** As far as the socket takes it. */
    void flush() {
        isUnflushed = false;
        EpollSocket current = socket();
        if (current == null || !isConnected) {
            return;
        }
        try {
            output.flush(current.fd());
        } catch (IOException e) {
            fail();
            return;
        }
        look(current);
        if (!isWatched && !isClosed() && output.isOutstanding()) {
            isWatched = true;
            output.lookSoon(System.nanoTime());
            services.unacknowledged(this);
        }
    }

    private boolean look(EpollSocket current) {
        long taken = output.look(current.fd());
        if (taken > 0) {
            services.events().onTaken(channel, taken);
        }
        return taken > 0;
    }

    /** Looks if it is time to; false: nothing is outstanding any more. */
    boolean isStillUnacknowledged(long nowNanos) {
        EpollSocket current = socket();
        if (current != null && nowNanos - output.lookNanos() >= 0) {
            if (look(current)) {
                output.lookSoon(nowNanos);
            } else {
                output.lookLater(nowNanos);
            }
        }
        isWatched = !isClosed() && output.isOutstanding();
        return isWatched;
    }

    /** When to look next. */
    long lookNanos() {
        return output.lookNanos();
    }

    // From the service

    @Override
    boolean mayRead() {
        return isConnected && !isEnded;
    }

    @Override
    boolean read(EpollSocket current, int most) throws IOException {
        ByteBuf scratch = services.scratch();
        int bytes = ConnectedSocket.receive(
                current.fd(), scratch.memoryAddress(), 0, Math.min(most, LocalServices.READ_BYTES));
        if (bytes > 0) {
            services.events().onRead(channel, scratch, 0, bytes);
        } else if (bytes < 0) {
            end();
        }
        return bytes > 0; // fewer than asked for may end at urgent data, behind which there is more
    }

    /** The end needs no credit, if nothing stands in front of it. */
    @Override
    void notReading(EpollSocket current) throws IOException {
        if (Sockets.unreadBytes(current.fd().intValue()) == 0) {
            end();
        }
    }

    private void end() {
        isEnded = true;
        services.events().onEnded(channel);
    }

    // The end

    @Override
    public void reset() {
        EpollSocket current = socket();
        if (current != null) {
            current.resetAtClose();
        }
        shut();
    }

    @Override
    public void close() {
        if (output.isPending()) {
            reset(); // a FIN would say that this was all
        } else {
            shut();
        }
    }

    @Override
    void release() {
        output.release();
    }
}
