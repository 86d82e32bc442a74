package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.DatagramReader;
import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.EpollSocket;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clients of a device: whoever connects to its address, or sends datagrams there, gets a channel of the session that is there, and a
 * reset or nothing where none is. Loop thread only.
 */
public final class Clients {
    private static final Logger LOG = LoggerFactory.getLogger(Clients.class);

    static final int READ_BYTES = 64 * 1024;

    private static final long TICK_MILLIS = 100;

    /** Of one turn, so that clients cannot keep the loop from the device. */
    private static final int TURN_ACCEPTS = 256;

    private final IoEventLoop loop;
    private final InetAddress device;
    private final SiteOptions options;
    private final SocketCounters counters = new SocketCounters();
    private final Set<ClientChannel> clients = new LinkedHashSet<>();
    private final Map<Flow, DatagramChannel> flows = new HashMap<>();
    private final DatagramReader reader = new DatagramReader();
    private ByteBuf scratch = Unpooled.EMPTY_BUFFER;
    private @Nullable Site site;
    private @Nullable EpollSocket connections;
    private @Nullable EpollSocket datagrams;
    private @Nullable ScheduledFuture<?> ticks;
    private @Nullable Channels channels;
    private boolean mayAccept;

    /** What a flow of datagrams is known by. */
    private record Flow(InetSocketAddress client, int devicePort) {}

    /** @param device its address, for which clients ask */
    public Clients(IoEventLoop loop, InetAddress device, SiteOptions options) {
        this.loop = loop;
        this.device = device;
        this.options = options;
    }

    /**
     * Lets clients in.
     *
     * @param tun the server's device, which is up
     * @param own its address there, which clients of this host have
     */
    public void open(String tun, InetAddress own) throws IOException {
        KernelRoute route = Site.addRoute(tun, own, device);
        try {
            connections = EpollSocket.watch(loop, Transparency.listen(device), new Connections());
            datagrams = EpollSocket.watch(loop, Transparency.receive(device), new Datagrams());
        } catch (IOException | RuntimeException e) {
            closeSockets();
            Site.removeRoute(route);
            throw e;
        }
        try {
            site = Site.setUp(route, tun, port(connections), port(datagrams));
        } catch (IOException | RuntimeException e) {
            closeSockets();
            throw e;
        }
        scratch = PooledByteBufAllocator.DEFAULT.directBuffer(READ_BYTES);
        ticks = loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static int port(EpollSocket socket) {
        return socket.fd().localAddress().getPort();
    }

    // The session

    /** A session is there; the one before, if any, is over. */
    public void connected(DeviceSide session) {
        disconnected();
        channels = new Channels(session, options, counters, loop);
    }

    /** It is over: every client that the device knew of is reset. */
    public void disconnected() {
        Channels before = channels;
        channels = null;
        if (before != null) {
            before.end();
        }
    }

    /** A word of the device's: opened, credit or close, in the order of its stream. */
    public void receive(Message message) {
        Channels current = channels;
        if (current != null) {
            current.receive(message);
        }
    }

    /** Bytes of a channel, or one datagram, in the order of the device's stream. */
    public void data(int channel, ByteBuf buffer, int index, int length) {
        Channels current = channels;
        if (current != null) {
            current.data(channel, buffer, index, length);
        }
    }

    /** What a read of the device's has brought was handed over. */
    public void readComplete() {
        Channels current = channels;
        if (current != null) {
            current.flush();
            current.pump();
        }
    }

    /** There is room towards the device again. */
    public void onRoom() {
        Channels current = channels;
        if (current != null) {
            current.pump();
        }
    }

    /** Ends all, and takes back what was set up. The session may be there still. */
    public void close() throws IOException {
        if (ticks != null) {
            ticks.cancel(false);
        }
        disconnected();
        for (ClientChannel draining : new ArrayList<>(clients)) {
            draining.brokenOff();
        }
        closeSockets();
        ByteBuf held = scratch;
        scratch = Unpooled.EMPTY_BUFFER;
        held.release();
        Site done = site;
        site = null;
        if (done != null) {
            done.close();
        }
    }

    private void closeSockets() {
        for (EpollSocket open : new EpollSocket[] {connections, datagrams}) {
            if (open != null) {
                open.close();
            }
        }
        connections = null;
        datagrams = null;
    }

    public SocketStats stats() {
        Channels current = channels;
        return counters.snapshot(clients.size(), current == null ? 0 : current.size());
    }

    // Connections

    private final class Connections implements EpollSocket.Owner {
        @Override
        public void onReadable(boolean isHungUp) {
            mayAccept = true;
            accept();
        }

        @Override
        public void onWritable() {}

        @Override
        public void onFault() {}

        @Override
        public void onBroken(Throwable fault) {
            logFault(fault);
        }
    }

    private void accept() {
        EpollSocket listening = connections;
        byte[] unused = new byte[26];
        for (int i = 0; mayAccept && listening != null && clients.size() < options.clients(); i++) {
            if (i == TURN_ACCEPTS) {
                loop.execute(this::accept);
                return;
            }
            try {
                int fd = listening.fd().accept(unused);
                if (fd < 0) {
                    mayAccept = false;
                } else {
                    accepted(new Socket(fd));
                }
            } catch (IOException | ChannelException e) {
                LOG.warn("cannot accept a client, and tries again: {}", e.getMessage()); // no descriptor, mostly
                return;
            }
        }
    }

    private void accepted(Socket socket) throws IOException {
        InetSocketAddress client = socket.remoteAddress();
        InetSocketAddress asked = socket.localAddress();
        Channels current = channels;
        if (client == null || asked == null || current == null) {
            counters.withoutDevice += current == null ? 1 : 0;
            refuse(socket);
            return;
        }
        try {
            socket.setTcpNoDelay(true); // what has come through the tunnel has waited long enough
            socket.setKeepAlive(true); // a client may vanish without a word
        } catch (IOException e) {
            socket.close(); // gone again
            return;
        }
        StreamChannel channel = new StreamChannel(this, current, client, asked.getPort());
        channel.start(socket);
        if (!current.open(channel)) {
            channel.brokenOff();
        }
    }

    private static void refuse(Socket socket) throws IOException {
        try {
            socket.setSoLinger(0);
        } catch (IOException e) {
            // It is gone.
        } finally {
            socket.close();
        }
    }

    // Flows

    private final class Datagrams implements EpollSocket.Owner {
        @Override
        public void onReadable(boolean isHungUp) {
            receiveFirst();
        }

        @Override
        public void onWritable() {}

        @Override
        public void onFault() {
            EpollSocket current = datagrams;
            if (current != null) {
                current.error(); // an answer to a datagram of a flow that is over
            }
        }

        @Override
        public void onBroken(Throwable fault) {
            logFault(fault);
        }
    }

    private void receiveFirst() {
        EpollSocket current = datagrams;
        for (int i = 0; current != null; i++) {
            if (i == TURN_ACCEPTS) {
                loop.execute(this::receiveFirst);
                break;
            }
            try {
                int length = reader.read(current.fd().intValue(), scratch.memoryAddress(), READ_BYTES);
                if (length == Descriptors.WOULD_BLOCK) {
                    break;
                }
                first(length);
            } catch (LinuxException e) {
                LOG.debug("a datagram that cannot be read: {}", e.getMessage());
            }
        }
        Channels session = channels;
        if (session != null) {
            session.pump();
        }
    }

    private void first(int length) {
        InetSocketAddress asked = reader.destination();
        Channels current = channels;
        if (current == null || asked == null) {
            counters.withoutDevice++;
            return;
        }
        Flow flow = new Flow(reader.source(), asked.getPort());
        DatagramChannel channel = flows.get(flow);
        if (channel != null) {
            channel.first(scratch, length);
            return;
        }
        if (clients.size() >= options.clients()) {
            counters.datagramsDropped++;
            return;
        }
        DatagramChannel made = new DatagramChannel(this, current, flow.client(), flow.devicePort());
        try {
            made.start(Transparency.flow(device, flow.devicePort(), flow.client()));
        } catch (IOException | RuntimeException e) {
            counters.datagramsDropped++;
            LOG.warn("no socket for {}: {}", made, e.getMessage());
            return;
        }
        made.first(scratch, length);
        if (!current.open(made)) {
            made.brokenOff();
        }
    }

    // For the channels

    static void logFault(Throwable fault) {
        LOG.error("a fault of the simulator itself", fault);
    }

    IoEventLoop loop() {
        return loop;
    }

    SocketCounters counters() {
        return counters;
    }

    /** Where one read goes, for the length of a call. */
    ByteBuf scratch() {
        return scratch;
    }

    void began(ClientChannel channel) {
        clients.add(channel);
        if (channel instanceof DatagramChannel datagramChannel) {
            flows.put(new Flow(channel.client(), channel.devicePort()), datagramChannel);
        }
    }

    /** Does no harm twice. */
    void ended(ClientChannel channel) {
        if (clients.remove(channel) && channel instanceof DatagramChannel) {
            flows.remove(new Flow(channel.client(), channel.devicePort()));
        }
    }

    private void tick() {
        long now = System.nanoTime();
        for (ClientChannel channel : new ArrayList<>(clients)) {
            if (channel instanceof DatagramChannel datagramChannel) {
                datagramChannel.endIfIdle(now, options.idleUdp().toNanos());
            } else if (channel instanceof StreamChannel stream
                    && stream.isStuck(now, options.drain().toNanos())) {
                stream.brokenOff();
            }
        }
        accept();
        onRoom();
    }
}
