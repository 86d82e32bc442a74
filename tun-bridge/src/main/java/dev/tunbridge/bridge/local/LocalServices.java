package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.Service;
import dev.tunbridge.bridge.relay.ServiceSide;
import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The sockets towards services. What the relay writes gathers until {@link #flush}, at the end of a turn; what services have acknowledged is
 * asked after each write, and in growing steps while something is outstanding, since nothing tells it. Loop thread only.
 */
public final class LocalServices implements ServiceSide {
    /** As much as one read takes with good effect. */
    static final int READ_BYTES = 64 * 1024;

    private final IoEventLoop loop;
    private final List<AppTarget> applications;
    private final List<RelayTarget> targets;
    private final int channelBytes;
    private final ServiceSource source;
    private final ServiceEvents events;
    private final Deque<StreamService> unflushed = new ArrayDeque<>();
    private final List<StreamService> unacknowledged = new ArrayList<>();
    private ByteBuf scratch = Unpooled.EMPTY_BUFFER;
    private ByteBuf gathering = Unpooled.EMPTY_BUFFER;
    private boolean isLookDue;
    private long lookNanos;

    /**
     * @param loop an epoll one ({@link dev.tunbridge.linux.Readiness#usesEpoll})
     * @param applications what the application serves itself, which comes before all targets
     * @param targets the first that names a port counts; a port that none names is the loopback's
     * @param mayBeNeighbours whether services may see clients with addresses of hosts that this one reaches directly
     * @param channelBytes the most that an application may have waiting on one channel
     */
    public LocalServices(
            IoEventLoop loop,
            List<AppTarget> applications,
            List<RelayTarget> targets,
            SourceMode source,
            boolean mayBeNeighbours,
            int channelBytes,
            ServiceEvents events) {
        this.loop = loop;
        this.applications = List.copyOf(applications);
        this.channelBytes = channelBytes;
        this.targets = List.copyOf(targets);
        this.source = new ServiceSource(source, mayBeNeighbours);
        this.events = events;
    }

    @Override
    public Service connect(Channel channel) {
        int transport = channel.isTcp() ? Message.TCP : Message.UDP;
        for (AppTarget application : applications) {
            if (application.ports().include(transport, channel.devicePort())) {
                AppService service = new AppService(this, channel, application.handler());
                later(service::start);
                return service;
            }
        }
        List<SocketAddress> addresses = target(transport, channel.devicePort())
                .socketAddresses(
                        channel.devicePort(),
                        source.deviceAddress(),
                        source.mode() == SourceMode.DEVICE ? source.deviceAddress() : channel.clientAddress());
        if (channel.isTcp()) {
            StreamService service = new StreamService(this, channel, addresses);
            later(service::start);
            return service;
        }
        DatagramService service = new DatagramService(this, channel, addresses.get(0));
        later(service::start);
        return service;
    }

    private RelayTarget target(int transport, int devicePort) {
        for (RelayTarget target : targets) {
            if (target.ports().include(transport, devicePort)) {
                return target;
            }
        }
        return source.mode().needsAddress() ? RelayTarget.OTHERS_AT_DEVICE : RelayTarget.OTHERS;
    }

    /** Hands what was written to the sockets. */
    public void flush() {
        for (StreamService service = unflushed.poll(); service != null; service = unflushed.poll()) {
            service.flush();
        }
    }

    /** The session has given the device this address. */
    public void established(InetAddress deviceAddress) {
        source.established(deviceAddress);
    }

    /** The relay has ended all channels. */
    public void release() {
        for (ByteBuf held : new ByteBuf[] {scratch, gathering}) {
            held.release();
        }
        scratch = Unpooled.EMPTY_BUFFER;
        gathering = Unpooled.EMPTY_BUFFER;
        source.close();
    }

    // For the services

    IoEventLoop loop() {
        return loop;
    }

    ServiceEvents events() {
        return events;
    }

    int channelBytes() {
        return channelBytes;
    }

    ServiceSource source() {
        return source;
    }

    boolean hasProxyHeader() {
        return source.mode() == SourceMode.PROXY_V2;
    }

    /** Of a socket that reaches the address. */
    static SocketProtocolFamily family(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
    }

    /** The caller releases it. */
    ByteBuf proxyHeader(Channel channel) {
        return ProxyHeader.of(channel, source.deviceAddress());
    }

    /** Not from within the relay's call. */
    void later(Runnable step) {
        loop.execute(() -> {
            try {
                step.run();
            } catch (Throwable e) {
                events.onBroken(e);
            }
        });
    }

    /** Where one read goes; each service is done with it before the next reads. */
    ByteBuf scratch() {
        if (scratch.capacity() == 0) {
            scratch = newBuffer();
        }
        return scratch;
    }

    /** Where a datagram and its header come together. */
    ByteBuf gathering() {
        if (gathering.capacity() == 0) {
            gathering = newBuffer();
        }
        return gathering;
    }

    private static ByteBuf newBuffer() {
        return PooledByteBufAllocator.DEFAULT.directBuffer(READ_BYTES, 2 * READ_BYTES);
    }

    void unflushed(StreamService service) {
        unflushed.add(service);
    }

    /** Its peer has not acknowledged everything yet. */
    void unacknowledged(StreamService service) {
        unacknowledged.add(service);
        lookAt(service.lookNanos());
    }

    /** Then, or before. */
    private void lookAt(long nanos) {
        if (isLookDue && lookNanos - nanos <= 0) {
            return;
        }
        isLookDue = true;
        lookNanos = nanos;
        loop.schedule(() -> look(nanos), nanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void look(long dueNanos) {
        if (!isLookDue || dueNanos != lookNanos) {
            return; // an earlier one has taken its place
        }
        isLookDue = false;
        try {
            lookAtAll(System.nanoTime());
        } catch (Throwable e) {
            events.onBroken(e);
        }
    }

    private void lookAtAll(long now) {
        long soonest = Long.MAX_VALUE; // from now
        for (int i = unacknowledged.size() - 1; i >= 0; i--) {
            StreamService service = unacknowledged.get(i);
            if (service.isStillUnacknowledged(now)) {
                soonest = Math.min(soonest, service.lookNanos() - now);
            } else {
                int last = unacknowledged.size() - 1;
                unacknowledged.set(i, unacknowledged.get(last));
                unacknowledged.remove(last);
            }
        }
        if (!unacknowledged.isEmpty()) {
            lookAt(now + soonest);
        }
    }
}
