package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.bridge.relay.Service;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.Sockets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TCP or Unix stream connection to a service. */
final class StreamService implements Service, EpollSocket.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(StreamService.class);

    /** Reads of one turn, so that one service cannot keep the loop. */
    private static final int TURN_READS = 4;

    private static final int FIRST_BYTES = 4 * 1024;
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A service that takes nothing for so long is asked less often, and not much later told to go on. */
    private static final long MOST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(32);

    private final LocalServices services;
    private final Channel channel;
    private final Deque<SocketAddress> untried;
    private @Nullable EpollSocket socket;
    private boolean isConnected;
    private boolean isClosed;

    // Towards the service.
    private ByteBuf pending = Unpooled.EMPTY_BUFFER;
    private boolean isBlocked;
    private boolean isUnflushed;
    private boolean isEndDue;
    private boolean isEndSent;
    private long acceptedBytes;
    private long takenBytes;
    /** What the relay knows nothing of: a header in front. */
    private long ownBytes;

    private boolean isWatched;
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long lookNanos;

    // From the service.
    private boolean isReading;
    private boolean isReadable;
    private boolean isHungUp;
    private boolean isEnded;
    private boolean isTurnDue;

    StreamService(LocalServices services, Channel channel, List<SocketAddress> addresses) {
        this.services = services;
        this.channel = channel;
        untried = new ArrayDeque<>(addresses);
    }

    // The way there

    void start() {
        tryNext(OpenRefusal.SERVICE_UNREACHABLE);
    }

    private void tryNext(OpenRefusal before) {
        if (isClosed) {
            return;
        }
        SocketAddress address = untried.poll();
        if (address == null) {
            shut();
            services.events().onConnectFailed(channel, before);
            return;
        }
        EpollSocket made;
        try {
            made = EpollSocket.connect(services.loop(), open(address), address, this);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: {}: {}", channel, address, e.getMessage());
            notConnected(Faults.refusal(e));
            return;
        }
        socket = made;
        if (made.isConnected()) {
            connected();
        }
    }

    private static LinuxSocket open(SocketAddress address) throws IOException {
        if (!(address instanceof InetSocketAddress internet)) {
            return LinuxSocket.newSocketDomain();
        }
        LinuxSocket made = LinuxSocket.newSocketStream(LocalServices.family(internet));
        try {
            made.setTcpNoDelay(true); // what has come through the tunnel has waited long enough
            return made;
        } catch (IOException e) {
            made.close();
            throw e;
        }
    }

    private void notConnected(OpenRefusal reason) {
        EpollSocket failed = socket;
        socket = null;
        if (failed != null) {
            failed.close();
        }
        tryNext(reason);
    }

    private void connected() {
        isConnected = true;
        untried.clear();
        if (services.source() == SourceMode.PROXY_V2) {
            ByteBuf header = services.proxyHeader(channel);
            ownBytes = header.readableBytes();
            append(header, header.readerIndex(), header.readableBytes());
            header.release();
        }
        services.events().onConnected(channel);
    }

    @Override
    public void onWritable() {
        EpollSocket current = socket;
        if (current == null) {
            return;
        }
        if (isConnected) {
            isBlocked = false;
            flush();
            return;
        }
        int error = error(current);
        if (error == 0) {
            connected();
        } else {
            notConnected(Faults.refusal(error));
        }
    }

    @Override
    public void onFault() {
        EpollSocket current = socket;
        if (current == null || !isConnected) {
            return; // a connection that could not be made is told as writable too
        }
        if (error(current) != 0) {
            fail();
        }
    }

    /** And takes it from the socket. */
    private static int error(EpollSocket socket) {
        try {
            return socket.fd().getSoError();
        } catch (IOException e) {
            return -1;
        }
    }

    private void fail() {
        if (!isClosed) {
            shut();
            services.events().onFailed(channel);
        }
    }

    // Towards the service

    @Override
    public void write(ByteBuf buffer, int index, int length) {
        append(buffer, index, length);
    }

    private void append(ByteBuf buffer, int index, int length) {
        if (isClosed) {
            return;
        }
        if (pending.capacity() == 0) {
            pending = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(FIRST_BYTES, length));
        } else if (pending.writableBytes() < length) {
            pending.discardReadBytes();
        }
        pending.writeBytes(buffer, index, length);
        flushLater();
    }

    private void flushLater() {
        if (!isUnflushed && !isBlocked) {
            isUnflushed = true;
            services.unflushed(this);
        }
    }

    @Override
    public void endOutput() {
        isEndDue = true;
        flushLater();
    }

    /** As far as the socket takes it. */
    void flush() {
        isUnflushed = false;
        EpollSocket current = socket;
        if (isClosed || current == null || !isConnected) {
            return;
        }
        try {
            while (pending.isReadable() && !isBlocked) {
                int sent =
                        current.fd().sendAddress(pending.memoryAddress(), pending.readerIndex(), pending.writerIndex());
                acceptedBytes += sent;
                pending.skipBytes(sent);
                isBlocked = sent == 0;
            }
            if (!pending.isReadable()) {
                releasePending();
                if (isEndDue && !isEndSent) {
                    isEndSent = true;
                    current.fd().shutdown(false, true);
                }
            }
        } catch (IOException e) {
            fail();
            return;
        }
        look(current);
    }

    /** Asks what the service has taken. */
    private void look(EpollSocket current) {
        long before = takenBytes;
        long unacknowledged = unacknowledgedBytes(current);
        takenBytes = Math.max(takenBytes, acceptedBytes - unacknowledged);
        boolean isMore = unacknowledged > 0 || pending.isReadable();
        if (isMore && !isWatched) {
            isWatched = true;
            pauseNanos = FIRST_PAUSE_NANOS;
            lookNanos = System.nanoTime() + pauseNanos;
            services.unacknowledged(this);
        }
        long own = Math.min(ownBytes, takenBytes - before);
        ownBytes -= own;
        long taken = takenBytes - before - own;
        if (taken > 0) {
            services.events().onTaken(channel, taken);
        }
    }

    /** A FIN that is not acknowledged counts as one byte. */
    private long unacknowledgedBytes(EpollSocket current) {
        try {
            int bytes = Sockets.unackedBytes(current.fd().intValue());
            return isEndSent ? Math.max(0, bytes - 1) : bytes;
        } catch (LinuxException e) {
            return acceptedBytes - takenBytes; // nothing is known
        }
    }

    /** Looks if it is time to; false: nothing is outstanding any more. */
    boolean isStillUnacknowledged(long nowNanos) {
        EpollSocket current = socket;
        if (isClosed || current == null) {
            isWatched = false;
            return false;
        }
        if (nowNanos < lookNanos) {
            return true;
        }
        long before = takenBytes;
        look(current);
        isWatched = !isClosed && (acceptedBytes > takenBytes || pending.isReadable());
        pauseNanos = takenBytes > before ? FIRST_PAUSE_NANOS : Math.min(2 * pauseNanos, MOST_PAUSE_NANOS);
        lookNanos = nowNanos + pauseNanos;
        return isWatched;
    }

    // From the service

    @Override
    public void startReading() {
        isReading = true;
        if (isReadable) {
            turnLater();
        }
    }

    @Override
    public void stopReading() {
        isReading = false;
        if (isHungUp) {
            turnLater();
        }
    }

    private void turnLater() {
        if (!isTurnDue) {
            isTurnDue = true;
            services.later(this::turn);
        }
    }

    @Override
    public void onReadable(boolean isHungUp) {
        isReadable = true;
        this.isHungUp |= isHungUp;
        if (!isTurnDue) {
            turn();
        }
    }

    private void turn() {
        isTurnDue = false;
        EpollSocket current = socket;
        if (isClosed || isEnded || current == null || !isConnected) {
            return;
        }
        try {
            if (isReading) {
                read(current);
            } else if (isHungUp && Sockets.unreadBytes(current.fd().intValue()) == 0) {
                end(); // which needs no credit
            }
        } catch (IOException e) {
            fail();
        }
    }

    private void read(EpollSocket current) throws IOException {
        ByteBuf scratch = services.scratch();
        for (int reads = 0; reads < TURN_READS; reads++) {
            int most = Math.min(services.events().readableBytes(channel), LocalServices.READ_BYTES);
            if (most <= 0 || isClosed) {
                return;
            }
            int bytes = current.fd().recvAddress(scratch.memoryAddress(), 0, most);
            if (bytes < 0) {
                end();
                return;
            }
            if (bytes > 0) {
                services.events().onRead(channel, scratch, 0, bytes);
            }
            if (isClosed) {
                return;
            }
            if (bytes < most && !isHungUp) {
                isReadable = false; // whatever comes now is told (epoll(7))
                return;
            }
        }
        turnLater();
    }

    private void end() {
        isEnded = true;
        services.events().onEnded(channel);
    }

    // The end

    @Override
    public void onBroken(Throwable fault) {
        services.events().onBroken(fault);
    }

    @Override
    public void reset() {
        EpollSocket current = socket;
        if (current != null) {
            try {
                current.fd().setSoLinger(0);
            } catch (IOException e) {
                // It is gone.
            }
        }
        shut();
    }

    @Override
    public void close() {
        if (pending.isReadable()) {
            reset(); // a FIN would say that this was all
        } else {
            shut();
        }
    }

    private void shut() {
        isClosed = true;
        EpollSocket current = socket;
        if (current != null) {
            socket = null;
            current.close();
        }
        releasePending();
    }

    private void releasePending() {
        ByteBuf done = pending;
        pending = Unpooled.EMPTY_BUFFER;
        done.release();
    }
}
