package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.NameResolver;
import dev.tunbridge.bridge.Trouble;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.local.AppTarget;
import dev.tunbridge.bridge.mapping.MappedClient;
import dev.tunbridge.bridge.mapping.MappedDevice;
import dev.tunbridge.bridge.net.HostConflictException;
import dev.tunbridge.bridge.path.TunnelShape;
import dev.tunbridge.bridge.queue.AppOutbox;
import dev.tunbridge.bridge.relay.ChannelEvents;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.KernelView;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tunnel: connects, logs in, lets traffic pass, and begins again when the connection is lost, until it is closed or
 * something happens that no new try would mend. Every method runs on the loop's thread.
 */
public final class Tunnel {
    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

    private BridgeConfig config;
    private final Endpoint server;
    private final Login login;
    private final FrameRoom frames;
    private final EventLoop loop;
    private final MappedDevice device;
    private final NetworkSetup networkSetup;
    private final Events events;
    private final Blocking blocking;
    private Backoff backoff;
    private final OuterCounters counters = new OuterCounters();
    private final Reception reception = new Reception();
    private final Traffic traffic;
    private final ServerPath path;
    private final Connector connector;
    private final DeviceNetwork network;
    private final HostNews news;

    private BridgeState state = BridgeState.NEW;
    private @Nullable Conversation conversation;

    /** What ends a wait for the next try; null where none is under way. */
    private @Nullable ScheduledFuture<?> wait;

    /** What the owner hears; on the loop's thread. */
    public interface Events {
        void onState(BridgeState state, String detail);

        /** What the next state, {@link BridgeState#WAITING}, is due to. */
        default void onTrouble(Trouble trouble, String detail) {}

        void onEstablished(TunnelInfo tunnel);

        void onApp(Message.App message);

        /** Hears of virtual sockets. */
        default ChannelEvents channels() {
            return ChannelEvents.NONE;
        }

        /** The end, in order or by a fault; nothing follows. From another thread where the loop has been shut down before. */
        void onEnd(@Nullable BridgeException fault);
    }

    public Tunnel(
            BridgeConfig config,
            Endpoint server,
            Login login,
            List<AppTarget> applications,
            EventLoop loop,
            TunDevice device,
            NetworkSetup networkSetup,
            NameResolver resolver,
            Events events) {
        this.config = config;
        this.server = server;
        this.login = login;
        this.loop = loop;
        this.device = new MappedDevice(device, System::nanoTime);
        this.networkSetup = networkSetup;
        this.events = events;
        String name = device.name();
        frames = new FrameRoom(login.protocol().newCodec());
        blocking = new Blocking(loop, "tunbridge-setup-" + name, this::broken);
        backoff = backoff(config);
        traffic = new Traffic(
                config,
                loop,
                this.device,
                new VirtualSockets.Offer(login.channelBytes(), applications),
                new FromTraffic());
        path = new ServerPath(config, loop, blocking, this::attempt, networkSetup, traffic.queue(), name, new ToWay());
        connector = new Connector(loop, server.host(), resolver, path, name, this::broken, new FromConnector());
        network = new DeviceNetwork(config, loop, blocking, this.device, networkSetup, new ToDevice());
        news = new HostNews(loop, path.way()::servers, path.way()::interfaces, new FromHost());
    }

    /** Opens the device and connects. */
    public void start() {
        try {
            device.open(loop, traffic);
        } catch (Throwable e) {
            end(BridgeException.of("cannot open TUN device " + device.name(), e));
            return;
        }
        blocking.run(
                () -> {
                    network.open();
                    news.open(networkSetup, device.name());
                    return news;
                },
                opened -> {},
                fault -> LOG.warn(
                        "{}: changes of the host's network go unseen: {}", device.name(), FaultReason.of(fault)));
        path.open();
        attempt(() -> connect(""));
    }

    /** Sends an application message, or keeps it for when it can be sent. */
    public void send(AppOutbox.Entry entry) {
        if (isOver()) {
            entry.written().completeExceptionally(new IllegalStateException("the bridge is closed"));
        } else {
            traffic.send(entry);
        }
    }

    /**
     * Connects anew at once, whatever is: a session says goodbye, a try under way is given up, a wait ends. The waits
     * after it begin from the first again. Nothing before the start and after the end.
     *
     * @param why for the log
     */
    public void reconnect(String why) {
        if (isOver() || state == BridgeState.NEW) {
            return;
        }
        Conversation ending = conversation;
        if (ending != null) {
            letGo(ending::bye);
        }
        takeDown();
        ScheduledFuture<?> waiting = wait;
        if (waiting != null) {
            waiting.cancel(false);
        }
        backoff.reset();
        connectAfterWait(why);
    }

    /** Takes settings that count at once ({@link dev.tunbridge.bridge.config.Setting.Reload#LIVE}); the session goes on. */
    public void reconfigure(BridgeConfig next) {
        config = next;
        backoff = backoff(next);
        traffic.reconfigure(next);
    }

    private static Backoff backoff(BridgeConfig config) {
        return new Backoff(config.get(Settings.RECONNECT_FIRST), config.get(Settings.RECONNECT_MOST), new Random());
    }

    /** Says goodbye to the server and takes everything back. */
    public void close() {
        if (!isOver()) {
            Conversation ending = conversation;
            if (ending != null) {
                letGo(ending::bye);
            }
            end(null);
        }
    }

    /**
     * The end of a tunnel whose loop has ended before it: takes back what is left. From the one thread that knows of the
     * loop's end.
     */
    public void abandon() {
        if (!isOver()) {
            end(null);
        }
    }

    public BridgeStats stats() {
        return traffic.stats(state, counters, reception, connection(), path.stats());
    }

    /** Who has an address of the pool, the most recently active first. */
    public List<MappedClient> clients() {
        return device.clients();
    }

    private boolean isOver() {
        return state == BridgeState.CLOSED || state == BridgeState.FAILED;
    }

    private @Nullable OuterConnection connection() {
        Conversation current = conversation;
        return current == null ? null : current.connection();
    }

    private void state(BridgeState next, String detail) {
        state = next;
        events.onState(next, detail);
    }

    // Faults of the bridge itself

    /**
     * Whatever a step throws ends the try that it belongs to, and no more: also an {@code Error}, such as that of a class that
     * an upgrade has taken from under the process.
     */
    private void attempt(Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            broken(e);
        }
    }

    private void broken(Throwable fault) {
        LOG.error("a fault of the bridge itself ends this try", fault);
        try {
            lost(Trouble.INTERNAL, FaultReason.of(fault));
        } catch (Throwable e) { // not even waiting is possible: then nothing is left but to take everything back
            fail(BridgeException.of("a fault of the bridge itself", e));
        }
    }

    /** A step of the end: the others follow whatever it throws. */
    private static void letGo(Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            LOG.warn("a fault of the bridge itself while it ends", e);
        }
    }

    // A try

    private void connect(String why) {
        state(BridgeState.CONNECTING, "connecting to " + server + (why.isEmpty() ? "" : ": " + why));
        connector.connect();
    }

    private final class FromConnector implements Connector.Events {
        @Override
        public Conversation open(InetAddress address, Conversation.Outcome outcome) {
            Conversation opened =
                    new Conversation(loop, Tunnel.this::attempt, login, traffic, counters, new FromServer(), outcome);
            opened.connect(config, new InetSocketAddress(address, server.port()), path.maxSegment(address), reception);
            return opened;
        }

        @Override
        public void onConnected(Conversation connected, OuterConnection connection) {
            conversation = connected;
            path.connected(connection);
            connected.begin();
        }

        @Override
        public void onUnreachable(Trouble trouble, String reason) {
            lost(trouble, reason);
        }
    }

    private void lost(Trouble trouble, String reason) {
        if (isOver() || state == BridgeState.WAITING) {
            return;
        }
        if (loop.isShuttingDown()) {
            end(null); // its owner has shut the loop down, which takes the connection with it; there is no next try
            return;
        }
        String told = reason;
        Conversation ending = conversation;
        if (ending != null && ending.establishedNanos().isPresent()) {
            long lastedNanos = System.nanoTime() - ending.establishedNanos().getAsLong();
            backoff.sessionEnded(lastedNanos);
            told = "ended after " + DurationText.of(lastedNanos) + ": " + reason;
        } else {
            path.notWelcomed();
        }
        takeDown();
        long waitNanos = backoff.nextNanos();
        events.onTrouble(trouble, told);
        state(BridgeState.WAITING, told + "; next try in " + DurationText.of(waitNanos));
        wait = loop.schedule(() -> connectAfterWait(""), waitNanos, TimeUnit.NANOSECONDS);
        path.way().disconnected();
    }

    private void connectAfterWait(String why) {
        wait = null;
        if (!isOver()) {
            attempt(() -> connect(why));
        }
    }

    /** Nothing of the connection is left, and nothing that was set up for it. */
    private void takeDown() {
        disconnect();
        path.release();
    }

    private void disconnect() {
        connector.giveUp();
        OuterConnection ending = connection();
        Conversation ended = conversation;
        conversation = null;
        try {
            path.disconnected();
            traffic.disconnect();
        } finally {
            if (ended != null) {
                ended.end();
            }
        }
        if (ending != null) {
            reception.ended(ending);
        }
    }

    // A session

    private final class FromServer implements Conversation.Events {
        @Override
        public void onHeard(long nowNanos) {
            path.way().heard(nowNanos);
        }

        @Override
        public void onWelcome(Conversation current, OuterConnection connection, TunnelParameters welcome) {
            welcomed(current, connection, welcome);
        }

        @Override
        public void onApp(Message.App message) {
            events.onApp(message);
        }

        @Override
        public void onRefused(SessionAction.Refused refusal) {
            refused(refusal);
        }

        @Override
        public void onLost(String reason) {
            Conversation ending = conversation;
            boolean isIn = ending != null && ending.establishedNanos().isPresent();
            lost(isIn ? Trouble.LOST : Trouble.LOGIN, reason);
        }
    }

    private void refused(SessionAction.Refused refused) {
        String text = "the server refused: " + refused.reason()
                + (refused.text().isEmpty() ? "" : " (" + refused.text() + ")");
        if (refused.isPassing()) {
            lost(Trouble.LOGIN, text);
        } else {
            end(new BridgeException(BridgeException.Reason.REFUSED, text));
        }
    }

    private void welcomed(Conversation current, OuterConnection connection, TunnelParameters welcome) {
        InetAddress serverAddress = connection.server().getAddress();
        String wrong = WelcomeCheck.fault(welcome, login.offered(), serverAddress, connection.localAddress());
        if (wrong == null
                && welcome.carriage() == Carriage.SOCKET
                && config.get(Settings.RELAY_SOURCE).needsAddress()) {
            wrong = WelcomeCheck.addressFault(welcome, serverAddress, connection.localAddress());
        }
        if (wrong != null) {
            lost(Trouble.LOGIN, wrong);
            return;
        }
        TunnelInfo next = new TunnelInfo(
                device.name(),
                welcome.carriage(),
                welcome.session(),
                frames.mtu(welcome),
                welcome.deviceAddress(),
                welcome.prefixLength(),
                welcome.serverAddress());
        // The server may send packets at once, and they have nowhere to go yet.
        connection.pause();
        network.setUp(
                current,
                serverAddress,
                next,
                () -> established(current, connection, next),
                fault -> notSetUp(current, fault));
    }

    /**
     * What the kernel refuses to the first session of all is refused to the next one too: a name, a right or a feature. Later
     * it is something that has changed, and may change back, as after a fault of ours; and so is what others of the host have.
     */
    private void notSetUp(Conversation current, Throwable fault) {
        String what = "cannot set up " + device.name();
        boolean isForGood = fault instanceof IOException && !(fault instanceof HostConflictException);
        if (counters.connections == 0 && isForGood) {
            fail(BridgeException.of(what, fault));
        } else if (!current.isOver()) {
            lost(Trouble.HOST, what + ": " + FaultReason.of(fault));
        }
    }

    private void established(Conversation current, OuterConnection connection, TunnelInfo tunnel) {
        counters.connections++;
        long now = System.nanoTime();
        current.established(now);
        path.welcomed();
        if (tunnel.carriage().includes(Carriage.PACKET)) {
            connection.writer().linkUp(tunnel.deviceAddress(), tunnel.serverAddress());
        }
        traffic.connect(connection, tunnel);
        LaneState lane = connection.laneState(now);
        state(
                BridgeState.ESTABLISHED,
                "session " + tunnel.sessionId() + ", " + tunnel.carriage().key() + " carriage, raw lane "
                        + lane.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        if (lane == LaneState.LATE) {
            LOG.warn(
                    "the SYN-ACK was not captured, so no packet goes past a hole on this connection: the segments come in through"
                            + " another network namespace (an ipvlan of mode l3s), or with unfinished checksums (libpcap)");
        }
        events.onEstablished(tunnel);
        connection.resume();
        if (current.isOver()) {
            return; // its end had come behind the welcome
        }
        path.established(new TunnelShape(tunnel.deviceAddress(), tunnel.mtu(), frames.overheadBytes(tunnel)));
        traffic.pump();
        network.watchServices(current, connection.server().getAddress(), tunnel);
    }

    // The end

    private void fail(BridgeException fault) {
        if (!isOver()) {
            end(fault);
        }
    }

    private void end(@Nullable BridgeException fault) {
        letGo(path::close);
        state = fault == null ? BridgeState.CLOSED : BridgeState.FAILED;
        letGo(this::disconnect);
        letGo(device::pauseReading);
        letGo(() -> traffic.release(new IllegalStateException("the bridge is closed")));
        // Before the end is told, from another thread.
        letGo(() -> events.onState(state, fault == null ? "closed" : String.valueOf(fault.getMessage())));
        blocking.runLast(
                () -> {
                    takeBack();
                    return state;
                },
                undoFault -> {
                    if (undoFault != null) {
                        LOG.warn("not everything could be taken back: {}", FaultReason.of(undoFault));
                    }
                    // Last: whoever waits for the device would find what this tunnel is about to take away for its own.
                    letGo(device::close);
                    events.onEnd(fault);
                });
        connector.close();
    }

    /** On the blocking thread, the last first. */
    private void takeBack() throws IOException {
        news.close();
        try {
            path.takeBack();
        } finally {
            network.takeBack();
        }
    }

    // What the parts hear

    private final class FromTraffic implements Traffic.Events {
        @Override
        public void onBusy() {
            path.busy();
        }

        @Override
        public void onBroken(Throwable fault) {
            broken(fault);
        }

        @Override
        public ChannelEvents channels() {
            return events.channels();
        }

        @Override
        public void onDeviceLost(IOException cause) {
            fail(new BridgeException(
                    BridgeException.Reason.DEVICE_LOST,
                    "TUN device " + device.name() + " is gone: " + cause.getMessage(),
                    cause));
        }
    }

    private final class FromHost implements HostNews.Events {
        @Override
        public void onDeviceDoubtful() {
            network.look();
        }

        @Override
        public void onWayDoubtful() {
            path.way().look();
        }

        @Override
        public void onAddressGone(InetAddress address) {
            path.way().addressGone(address);
        }
    }

    private final class ToDevice implements DeviceNetwork.Owner {
        @Override
        public boolean isOver() {
            return Tunnel.this.isOver();
        }

        @Override
        public @Nullable Conversation conversation() {
            return conversation;
        }

        @Override
        public void onRepaired() {
            path.renew();
        }

        @Override
        public void lost(String reason) {
            Tunnel.this.lost(Trouble.HOST, reason);
        }
    }

    private final class ToWay implements WayWatch.Connection {
        private Optional<OuterConnection> current() {
            return Optional.ofNullable(connection());
        }

        @Override
        public WayFollower.Phase phase() {
            if (conversation != null) {
                return WayFollower.Phase.CONNECTED;
            }
            return wait != null || isOver() ? WayFollower.Phase.WAITING : WayFollower.Phase.CONNECTING;
        }

        @Override
        public Optional<InetAddress> localAddress() {
            return current().map(OuterConnection::localAddress);
        }

        @Override
        public long roundTripNanos() {
            return current().map(OuterConnection::roundTripNanos).orElse(0L);
        }

        @Override
        public long ackedOffset() {
            return current().map(OuterConnection::ackedOffset).orElse(KernelView.UNKNOWN);
        }

        @Override
        public long writtenOffset() {
            return current().map(connection -> connection.writer().offset()).orElse(0L);
        }

        @Override
        public void ask() {
            Conversation current = conversation;
            if (current != null) {
                current.ask();
            }
        }

        @Override
        public void lost(String reason) {
            Tunnel.this.lost(Trouble.LOST, reason);
        }

        @Override
        public void reconnect(String why) {
            Tunnel.this.reconnect(why);
        }
    }
}
