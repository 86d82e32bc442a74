package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.NameResolver;
import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.IcmpErrors;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.mapping.MappedClient;
import dev.tunbridge.bridge.mapping.MappedDevice;
import dev.tunbridge.bridge.net.OverlapException;
import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.path.TunnelShape;
import dev.tunbridge.bridge.queue.AppOutbox;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.queue.QueueOptions;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.bridge.server.ServerMemory;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.protocol.frame.FrameTooLongException;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.session.CloseReason;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tunnel: connects, logs in, lets traffic pass, and begins again when the connection is lost, until it is closed or
 * something happens that no new try would mend. Every method runs on the loop's thread.
 */
public final class Tunnel {
    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

    /** Reading which sockets there are costs some hundred microseconds, beside the loop. */
    private static final long SERVICES_SECONDS = 60;

    private final BridgeConfig config;
    private final Endpoint server;
    private final Login login;
    /** Says how much fits; each connection has one of its own. */
    private final MessageCodec codec;

    private final EventLoop loop;
    private final MappedDevice device;
    private final NetworkSetup networkSetup;
    private final NameResolver resolver;
    private final ClientAddresses clients;
    private final Events events;
    private final Blocking blocking;

    /** A name server may be silent for long, and nothing else must wait behind it. */
    private final Blocking resolving;

    private final DeadlineTimer tick;
    private final DeadlineTimer pathTick;
    private final PathTuning tuning;
    private final Backoff backoff;
    private final FlowTable flows;
    private final EgressQueue queue;
    private final AppOutbox outbox;
    private final Refusals refusals = new Refusals();
    private final OuterCounters counters = new OuterCounters();
    private final ReceiveCounters received = new ReceiveCounters();
    private final Latches latches = new Latches();
    private CaptureCounters capturedBefore = CaptureCounters.NONE;
    private final @Nullable RetransmitSuppressor suppressor;
    private final Uplink uplink;
    private final Downlink downlink;

    private final ServerMemory memory = new ServerMemory();
    private final MiddleboxWatch middleboxes;

    private BridgeState state = BridgeState.NEW;

    /** Of the present or latest try: what an earlier one resolves comes too late. */
    private long tries;

    /** Attempts to connect that are under way; null where there are none. */
    private @Nullable Dialling dialling;

    private @Nullable OuterConnection connection;
    private @Nullable Session session;

    /** Belongs to the blocking thread, so that a set-up which is under way at the end is taken back after it. */
    private NetworkSetup.Undo undo = () -> {};

    /** What the kernel has been told last; the blocking thread's too. */
    private @Nullable TunnelInfo configured;

    /** Addresses for clients that are routed into the tunnel; the blocking thread's too. */
    private Optional<Prefix> routedPool = Optional.empty();

    private final Repairs repairs = new Repairs();
    private final HostNews news;
    private final WayWatch way;
    private @Nullable IcmpErrors icmp;

    /** What ends a wait for the next try; null where none is under way. */
    private @Nullable ScheduledFuture<?> wait;

    /** Since when a session is established; nothing where none is. */
    private OptionalLong establishedNanos = OptionalLong.empty();

    private boolean pumpDue;
    private boolean reading;
    private boolean isDeviceLookDue;

    /** What the owner hears; on the loop's thread. */
    public interface Events {
        void onState(BridgeState state, String detail);

        void onEstablished(TunnelInfo tunnel);

        void onApp(Message.App message);

        /** The end, in order or by a fault; nothing follows. From another thread where the loop has been shut down before. */
        void onEnd(@Nullable BridgeException fault);
    }

    public Tunnel(
            BridgeConfig config,
            Endpoint server,
            Login login,
            EventLoop loop,
            TunDevice device,
            NetworkSetup networkSetup,
            NameResolver resolver,
            Events events) {
        this.config = config;
        this.server = server;
        this.login = login;
        codec = login.protocol().newCodec();
        this.loop = loop;
        this.device = new MappedDevice(device, System::nanoTime);
        this.networkSetup = networkSetup;
        this.resolver = resolver;
        clients = new ClientAddresses(config, this.device, networkSetup);
        this.events = events;
        blocking = new Blocking(loop, "tunbridge-setup-" + device.name(), this::broken);
        resolving = new Blocking(loop, "tunbridge-resolve-" + device.name(), this::broken);
        tick = new DeadlineTimer(loop, () -> attempt(this::onTick));
        pathTick = new DeadlineTimer(loop, () -> attempt(this::onPathTick));
        backoff = new Backoff(config.get(Settings.RECONNECT_FIRST), config.get(Settings.RECONNECT_MOST), new Random());
        flows = new FlowTable(config.get(Settings.FLOWS_MAX));
        queue = new EgressQueue(
                PooledByteBufAllocator.DEFAULT,
                new QueueOptions(
                        config.get(Settings.QUEUE_BYTES),
                        config.get(Settings.QUEUE_AQM),
                        config.get(Settings.QUEUE_ECN),
                        config.get(Settings.QUEUE_PROMPT_PORTS)));
        tuning = new PathTuning(queue, device.name(), networkSetup);
        middleboxes = new MiddleboxWatch(config, memory);
        way = new WayWatch(loop, blocking, networkSetup, tuning, new ToWay());
        news = new HostNews(loop, way::servers, way::interfaces, new FromHost());
        outbox = new AppOutbox(config.get(Settings.APP_QUEUE_BYTES));
        suppressor = config.get(Settings.SUPPRESSION_ENABLED) ? new RetransmitSuppressor() : null;
        uplink = new Uplink(outbox, queue, flows, refusals, suppressor);
        downlink = new Downlink(this.device, flows, refusals);
        downlink.tellSenders(suppressor);
    }

    /** Opens the device and connects. */
    public void start() {
        try {
            device.open(loop, new FromDevice());
        } catch (Throwable e) {
            end(BridgeException.of("cannot open TUN device " + device.name(), e));
            return;
        }
        blocking.run(
                () -> {
                    undo = networkSetup.open();
                    news.open(networkSetup, device.name());
                    return news;
                },
                opened -> {},
                fault -> LOG.warn(
                        "{}: changes of the host's network go unseen: {}", device.name(), FaultReason.of(fault)));
        blocking.run(
                () -> {
                    tuning.open();
                    return tuning;
                },
                opened -> {},
                fault -> LOG.warn("nothing is tuned: {}", FaultReason.of(fault)));
        attempt(() -> connect(""));
    }

    /** Sends an application message, or keeps it for when it can be sent. */
    public void send(AppOutbox.Entry entry) {
        if (isOver()) {
            entry.written().completeExceptionally(new IllegalStateException("the bridge is closed"));
            return;
        }
        outbox.offer(entry);
        uplink.pump();
    }

    /** Says goodbye to the server and takes everything back. */
    public void close() {
        if (!isOver()) {
            Session current = session;
            if (current != null) {
                letGo(() -> apply(current.close(System.nanoTime())));
            }
            end(null);
        }
    }

    public BridgeStats stats() {
        return new BridgeStats(
                state,
                counters.connections,
                new BridgeStats.Traffic(downlink.packets(), downlink.bytes()),
                new BridgeStats.Traffic(uplink.packets(), uplink.bytes()),
                counters.snapshot(received, downlink.wrongCarriage(), uplink.notConnected()),
                receiveStats(),
                refusals.fromTunnel(),
                refusals.fromDevice(),
                flows.size(),
                flows.evictions(),
                Optional.ofNullable(suppressor).map(RetransmitSuppressor::stats),
                device.mappingStats(),
                queue.stats(),
                tuning.stats(),
                Optional.ofNullable(connection).flatMap(OuterConnection::socketStats),
                outbox.messages(),
                device.stats(),
                device.hasBackpressure());
    }

    private ReceiveStats receiveStats() {
        OuterConnection current = connection;
        RecoveryCounters raw = received.recovery();
        return new ReceiveStats(
                current == null ? LaneState.IDLE : current.laneState(System.nanoTime()),
                Optional.ofNullable(current == null ? null : current.handshake()),
                current == null ? capturedBefore : capturedBefore.plus(current.captureCounters()),
                raw.segments(),
                raw.rejected(),
                raw.holes(),
                raw.earlyFrames(),
                raw.earlyBytes(),
                raw.earlyProven(),
                raw.swallowed(),
                raw.putOff(),
                raw.refused(),
                raw.anchors(),
                raw.conflicts(),
                raw.mismatchedBytes(),
                raw.mismatchedBoundaries(),
                raw.contradictions(),
                raw.overCap(),
                raw.kernelLost(),
                received.rests(),
                raw.heldPeakBytes(),
                received.waits().copy());
    }

    private boolean isOver() {
        return state == BridgeState.CLOSED || state == BridgeState.FAILED;
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
            lost(FaultReason.of(fault));
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

    // Connecting

    private void connect(String why) {
        state(BridgeState.CONNECTING, "connecting to " + server + (why.isEmpty() ? "" : ": " + why));
        long number = ++tries;
        resolving.run(
                () -> resolver.resolve(server.host()),
                addresses -> {
                    if (number == tries && state == BridgeState.CONNECTING) {
                        dial(memory.order(addresses));
                    }
                },
                fault -> {
                    if (number == tries && state == BridgeState.CONNECTING) {
                        lost("cannot resolve " + server.host()
                                + (fault instanceof UnknownHostException ? "" : ": " + FaultReason.of(fault)));
                    }
                });
    }

    private void dial(List<InetAddress> addresses) {
        if (addresses.isEmpty()) {
            lost("cannot resolve " + server.host());
            return;
        }
        way.trying(addresses);
        Dialling next = new Dialling(loop, addresses, new FromDialling());
        dialling = next;
        next.run();
    }

    private final class FromDialling implements Dialling.Dialler {
        @Override
        public void prepare(Dialling attempts, InetAddress address) {
            RouteMetrics.Flag ecn = middleboxes.ecn(address);
            blocking.run(
                    () -> {
                        tuning.prepare(address, ecn);
                        return address;
                    },
                    attempts::dial,
                    fault -> {
                        LOG.warn("nothing is tuned: {}", fault.getMessage());
                        attempts.dial(address);
                    });
        }

        @Override
        public OuterConnection open(InetAddress address, OuterConnection.Outcome outcome) {
            return OuterConnection.open(
                    loop,
                    config,
                    new InetSocketAddress(address, server.port()),
                    login.protocol(),
                    downlink,
                    outcome,
                    new FromServer(),
                    counters,
                    received,
                    latches,
                    middleboxes.maxSegment(address));
        }

        @Override
        public void onConnected(OuterConnection connected) {
            dialling = null;
            connection = connected;
            middleboxes.connected(connected);
            InetAddress address = connected.server().getAddress();
            RouteMetrics.Flag ecn = middleboxes.ecn(address);
            blocking.run(
                    () -> {
                        tuning.keep(address, ecn);
                        return address;
                    },
                    kept -> {},
                    fault -> LOG.warn("a route to another address of the server stays: {}", fault.getMessage()));
            Session opening = login.newSession();
            session = opening;
            apply(opening.connected(System.nanoTime()));
        }

        @Override
        public void onAllFailed(List<String> faults) {
            dialling = null;
            String to = faults.size() == 1 ? "" : server.host() + ": ";
            lost("cannot connect to " + to + String.join("; ", faults));
        }
    }

    private void lost(String reason) {
        if (isOver() || state == BridgeState.WAITING) {
            return;
        }
        if (loop.isShuttingDown()) {
            end(null); // its owner has shut the loop down, which takes the connection with it; there is no next try
            return;
        }
        String told = reason;
        OuterConnection ending = connection;
        if (ending != null && establishedNanos.isEmpty()) {
            memory.notWelcomed(ending.server().getAddress());
        }
        if (establishedNanos.isPresent()) {
            long lastedNanos = System.nanoTime() - establishedNanos.getAsLong();
            backoff.sessionEnded(lastedNanos);
            told = "ended after " + DurationText.of(lastedNanos) + ": " + reason;
        }
        takeDown();
        long waitNanos = backoff.nextNanos();
        state(BridgeState.WAITING, told + "; next try in " + DurationText.of(waitNanos));
        wait = loop.schedule(() -> connectAfterWait(""), waitNanos, TimeUnit.NANOSECONDS);
        way.disconnected();
    }

    /** Nothing of the connection is left, and nothing that was set up for it. */
    private void takeDown() {
        disconnect();
        blocking.run(
                () -> {
                    tuning.release();
                    return state;
                },
                released -> {},
                fault -> LOG.warn("the route to the server could not be taken back: {}", FaultReason.of(fault)));
    }

    private void connectAfterWait(String why) {
        wait = null;
        if (!isOver()) {
            attempt(() -> connect(why));
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
        Session ending = session;
        if (ending != null) {
            apply(ending.close(System.nanoTime()));
        }
        takeDown();
        ScheduledFuture<?> waiting = wait;
        if (waiting != null) {
            waiting.cancel(false);
        }
        backoff.reset();
        connectAfterWait(why);
    }

    private void disconnect() {
        Dialling under = dialling;
        dialling = null;
        if (under != null) {
            under.giveUp();
        }
        OuterConnection ending = connection;
        connection = null;
        session = null;
        establishedNanos = OptionalLong.empty();
        tick.cancel();
        pathTick.cancel();
        tuning.disconnected();
        middleboxes.disconnected();
        unroute();
        if (ending != null) {
            ending.close();
            capturedBefore = capturedBefore.plus(ending.captureCounters());
        }
    }

    /** Nothing passes either way any more. */
    private void unroute() {
        uplink.disconnect();
        downlink.disconnect();
        if (icmp != null) {
            icmp.release();
            icmp = null;
        }
    }

    private void fail(BridgeException fault) {
        if (!isOver()) {
            end(fault);
        }
    }

    private void end(@Nullable BridgeException fault) {
        letGo(way::close);
        state = fault == null ? BridgeState.CLOSED : BridgeState.FAILED;
        letGo(this::disconnect);
        letGo(device::pauseReading);
        letGo(downlink::release);
        letGo(() -> outbox.failAll(new IllegalStateException("the bridge is closed")));
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
        resolving.close();
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

    /** On the blocking thread, the last first. */
    private void takeBack() throws IOException {
        news.close();
        try {
            tuning.close();
        } finally {
            undo.undo();
        }
    }

    // Session

    private void apply(List<SessionAction> actions) {
        for (SessionAction action : actions) {
            OuterConnection current = connection;
            if (current == null) {
                return;
            }
            if (action instanceof SessionAction.Send send) {
                say(current, send.message());
            } else if (action instanceof SessionAction.Established established) {
                welcomed(current, established.tunnel());
            } else if (action instanceof SessionAction.Deliver deliver) {
                events.onApp(deliver.message());
            } else if (action instanceof SessionAction.Refused refused) {
                refused(refused);
            } else if (action instanceof SessionAction.Closed closed && closed.reason() != CloseReason.LOCAL) {
                current.writer().flush();
                lost(closed.detail());
            }
        }
        OuterConnection current = connection;
        if (current != null) {
            if (!reading) {
                current.writer().flush(); // otherwise once at the end of the read, however many answers it asks for
            }
            scheduleTick();
        }
    }

    /** What the configuration gives may not fit where the description puts it. */
    private void say(OuterConnection current, Message message) {
        try {
            current.writer().message(message);
        } catch (IllegalArgumentException | FrameTooLongException e) {
            lost("cannot be said to the server: " + e.getMessage());
        }
    }

    private void refused(SessionAction.Refused refused) {
        String text = "the server refused: " + refused.reason()
                + (refused.text().isEmpty() ? "" : " (" + refused.text() + ")");
        if (refused.isPassing()) {
            lost(text);
        } else {
            end(new BridgeException(BridgeException.Reason.REFUSED, text));
        }
    }

    private void welcomed(OuterConnection current, TunnelParameters welcome) {
        String wrong =
                WelcomeCheck.fault(welcome, login.offered(), current.server().getAddress(), current.localAddress());
        if (wrong != null) {
            lost(wrong);
            return;
        }
        TunnelInfo next = new TunnelInfo(
                device.name(),
                welcome.carriage(),
                welcome.session(),
                mtu(welcome),
                welcome.deviceAddress(),
                welcome.prefixLength(),
                welcome.serverAddress());
        // The server may send packets at once, and they have nowhere to go yet.
        current.pause();
        blocking.run(
                () -> {
                    TunnelInfo before = configured;
                    configured = null;
                    Optional<Prefix> pool =
                            clients.choose(next, current.server().getAddress());
                    boolean isSame = before != null && isSameNetwork(before, next) && pool.equals(routedPool);
                    if (before != null && !isSame) {
                        undo.undo();
                        undo = () -> {};
                    }
                    // Where that fails the one before still has to take back what it made beside the network.
                    undo = networkSetup.setUp(next, pool);
                    configured = next;
                    routedPool = pool;
                    return pool;
                },
                pool -> {
                    if (connection == current) {
                        clients.map(next, pool);
                        established(current, next);
                    }
                },
                fault -> notSetUp(current, fault));
    }

    /**
     * What the kernel refuses to the first session of all is refused to the next one too: a name, a right or a feature. Later
     * it is something that has changed, and may change back, as after a fault of ours; and so are the networks of a host.
     */
    private void notSetUp(OuterConnection current, Throwable fault) {
        String what = "cannot set up " + device.name();
        boolean isForGood = fault instanceof IOException && !(fault instanceof OverlapException);
        if (counters.connections == 0 && isForGood) {
            fail(BridgeException.of(what, fault));
        } else if (connection == current) {
            lost(what + ": " + FaultReason.of(fault));
        }
    }

    /** A service that starts later may need what this session does not have. */
    private void watchServices(OuterConnection current, TunnelInfo tunnel) {
        if (clients.mayChange()) {
            loop.schedule(() -> lookAtServices(current, tunnel), SERVICES_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void lookAtServices(OuterConnection current, TunnelInfo tunnel) {
        if (connection == current) {
            blocking.run(
                    () -> {
                        clients.look(tunnel, current.server().getAddress());
                        return tunnel;
                    },
                    looked -> watchServices(current, tunnel),
                    fault -> LOG.debug("the host's services cannot be told: {}", fault.getMessage()));
        }
    }

    /** Who has an address of the pool, the most recently active first. */
    public List<MappedClient> clients() {
        return device.clients();
    }

    /** What a full packet's frame has more bytes than the packet. */
    private int frameOverheadBytes(TunnelInfo tunnel) {
        if (tunnel.carriage() == Carriage.PACKET) {
            return codec.packetOverheadBytes();
        }
        int addressBytes = tunnel.deviceAddress().getAddress().length;
        int headerBytes = addressBytes == 4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        return codec.segmentOverheadBytes(addressBytes) - headerBytes;
    }

    private void onPathTick() {
        long now = System.nanoTime();
        long pause = tuning.sample(now);
        if (pause > 0) {
            pathTick.set(now + pause);
        }
        OuterConnection current = connection;
        Session established = session;
        if (current != null && established != null && current.takeOutageEnd()) {
            apply(established.keepAlive(now));
        }
        if (established != null) {
            middleboxes.look(now).ifPresent(this::reconnect);
        }
    }

    /** Somebody has changed the device, as it seems: what is missing is set up anew, a bounded number of times. */
    private void lookAtDevice() {
        if (isOver()) {
            return;
        }
        OuterConnection current = connection;
        AtomicBoolean isBegun = new AtomicBoolean();
        blocking.run(
                () -> {
                    TunnelInfo tunnel = configured;
                    TunNetwork.Condition found = undo.condition();
                    if (tunnel != null
                            && found == TunNetwork.Condition.INCOMPLETE
                            && repairs.mayTry(System.nanoTime())) {
                        isBegun.set(true);
                        configured = null; // a set-up that fails leaves nothing
                        undo = networkSetup.setUp(tunnel, routedPool);
                        configured = tunnel;
                        return Repairs.Finding.REPAIRED;
                    }
                    return Repairs.Finding.of(found);
                },
                this::foundDevice,
                fault -> notRepaired(isBegun.get() ? current : null, fault));
    }

    /** Nothing is left of the set-up, which nobody would look for any more: the next session makes it, or says why not. */
    private void notRepaired(@Nullable OuterConnection current, Throwable fault) {
        String what =
                device.name() + ": somebody has changed it, and it could not be set up anew: " + FaultReason.of(fault);
        if (current != null && connection == current) {
            lost(what);
        } else {
            LOG.warn("{}", what);
        }
    }

    private void foundDevice(Repairs.Finding finding) {
        if (isOver()) {
            return;
        }
        repairs.say(finding, device.name());
        if (finding == Repairs.Finding.GIVEN_UP) {
            if (!isDeviceLookDue) { // each change of a network at war would begin a chain of its own
                isDeviceLookDue = true;
                loop.schedule(
                        () -> {
                            isDeviceLookDue = false;
                            lookAtDevice();
                        },
                        Repairs.WINDOW_NANOS,
                        TimeUnit.NANOSECONDS);
            }
        } else if (finding == Repairs.Finding.REPAIRED && connection != null) {
            tuning.renew(); // it was set up without its tuning
        }
    }

    private void suppressOn(OuterConnection current) {
        if (suppressor == null) {
            return;
        }
        if (current.ackedOffset() == KernelView.UNKNOWN) {
            LOG.warn(
                    "this event loop does not tell what the server has acknowledged, so inner retransmissions are all sent");
        } else {
            suppressor.connect(current::ackedOffset);
        }
    }

    private static boolean isSameNetwork(TunnelInfo a, TunnelInfo b) {
        return a.deviceAddress().equals(b.deviceAddress())
                && a.serverAddress().equals(b.serverAddress())
                && a.prefixLength() == b.prefixLength()
                && a.mtu() == b.mtu();
    }

    private void established(OuterConnection current, TunnelInfo tunnel) {
        counters.connections++;
        long now = System.nanoTime();
        establishedNanos = OptionalLong.of(now);
        memory.welcomed(current.server().getAddress());
        TunnelFilter filter = new TunnelFilter(
                tunnel.deviceAddress(), current.server(), config.get(Settings.SOURCES), config.get(Settings.ALLOW));
        IcmpErrors errors = new IcmpErrors(device, tunnel.serverAddress(), tunnel.mtu(), now);
        icmp = errors;
        downlink.connect(new Downlink.Route(tunnel.carriage(), filter));
        suppressOn(current);
        uplink.connect(new Uplink.Route(tunnel.carriage(), tunnel.mtu(), filter, errors, current.writer()));
        LaneState lane = current.laneState(now);
        state(
                BridgeState.ESTABLISHED,
                "session " + tunnel.sessionId() + ", " + tunnel.carriage() + " carriage, raw lane "
                        + lane.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        if (lane == LaneState.LATE) {
            LOG.warn(
                    "the SYN-ACK was not captured, so no packet goes past a hole on this connection: the segments come in through"
                            + " another network namespace (an ipvlan of mode l3s), or with unfinished checksums (libpcap)");
        }
        events.onEstablished(tunnel);
        current.resume();
        if (connection != current) {
            return; // its end had come behind the welcome
        }
        tuning.established(current, new TunnelShape(tunnel.deviceAddress(), tunnel.mtu(), frameOverheadBytes(tunnel)));
        pathTick.set(now);
        uplink.pump();
        watchServices(current, tunnel);
    }

    /** The welcome's MTU, or less where a frame cannot hold that much: the kernel must know what really fits. */
    private int mtu(TunnelParameters welcome) {
        int addressBytes = welcome.deviceAddress().getAddress().length;
        int ipHeaderBytes = addressBytes == 4 ? 20 : 40;
        int fits = welcome.carriage() == Carriage.PACKET
                ? codec.maxPacketBytes()
                : codec.maxSegmentBytes(addressBytes) + ipHeaderBytes;
        if (fits < welcome.mtu()) {
            LOG.warn("the welcome's MTU {} is more than a frame holds; using {}", welcome.mtu(), fits);
        }
        return Math.min(welcome.mtu(), fits);
    }

    private void scheduleTick() {
        Session current = session;
        if (current == null) {
            return;
        }
        long deadline = current.nextDeadlineNanos();
        if (deadline != Session.NO_DEADLINE) {
            tick.set(deadline);
        }
    }

    private void onTick() {
        Session current = session;
        if (current != null) {
            apply(current.tick(System.nanoTime()));
            scheduleTick();
        }
    }

    private final class FromServer implements OuterConnection.Events {
        private long nowNanos;

        @Override
        public void onHeard() {
            reading = true;
            nowNanos = System.nanoTime();
            way.heard(nowNanos);
            Session current = session;
            if (current != null) {
                current.heard(nowNanos);
            }
        }

        @Override
        public void onReadComplete() {
            reading = false;
            OuterConnection current = connection;
            if (current != null) {
                current.writer().flush();
            }
        }

        @Override
        public void onCaptured() {
            if (suppressor != null) {
                suppressor.look(System.nanoTime());
            }
        }

        @Override
        public void onWritable() {
            uplink.pump();
        }

        @Override
        public void onLost(String reason) {
            Session current = session;
            String awaited = current == null ? "" : current.awaited();
            lost(
                    awaited.isEmpty()
                            ? reason
                            : reason + " before its " + awaited + " (does it speak '"
                                    + login.protocol().format().name() + "'?)");
        }

        @Override
        public void onMessage(Message message) {
            Session current = session;
            OuterConnection path = connection;
            if (current == null || path == null) {
                return;
            }
            if (current.isQuestion(message) && !path.writer().hasRoom()) {
                // Who asks faster than it reads answers gets fewer: they must not pile up here.
                counters.keepAlivesUnanswered++;
                return;
            }
            apply(current.received(message, nowNanos));
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            if (admitsTraffic()) {
                downlink.packet(buffer, index, length, nowNanos);
            }
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf buffer,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {
            if (admitsTraffic()) {
                downlink.segment(
                        ipProtocol,
                        buffer,
                        clientAddressIndex,
                        deviceAddressIndex,
                        addressBytes,
                        segmentIndex,
                        segmentLength,
                        nowNanos);
            }
        }

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {
            if (admitsTraffic()) {
                downlink.countWrongCarriage();
            }
        }

        @Override
        public void onUnknownType(int type) {
            counters.unknownTypes++;
        }

        /** Traffic before the welcome ends the connection. */
        private boolean admitsTraffic() {
            Session current = session;
            if (current == null) {
                return false;
            }
            if (!current.isEstablished()) {
                apply(current.violated("traffic before the welcome", nowNanos));
                return false;
            }
            return true;
        }
    }

    private final class FromHost implements HostNews.Events {
        @Override
        public void onDeviceDoubtful() {
            lookAtDevice();
        }

        @Override
        public void onWayDoubtful() {
            if (!isOver()) {
                way.look();
            }
        }

        @Override
        public void onAddressGone(InetAddress address) {
            way.addressGone(address);
        }
    }

    private final class ToWay implements WayWatch.Connection {
        @Override
        public WayFollower.Phase phase() {
            if (connection != null) {
                return WayFollower.Phase.CONNECTED;
            }
            return wait != null || isOver() ? WayFollower.Phase.WAITING : WayFollower.Phase.CONNECTING;
        }

        @Override
        public Optional<InetAddress> localAddress() {
            return Optional.ofNullable(connection).map(OuterConnection::localAddress);
        }

        @Override
        public long roundTripNanos() {
            return Optional.ofNullable(connection)
                    .flatMap(current -> current.sample(System.nanoTime()))
                    .map(sample -> Math.max(0, sample.rttNanos()))
                    .orElse(0L);
        }

        @Override
        public long ackedOffset() {
            return Optional.ofNullable(connection)
                    .map(OuterConnection::ackedOffset)
                    .orElse(KernelView.UNKNOWN);
        }

        @Override
        public long writtenOffset() {
            return Optional.ofNullable(connection)
                    .map(current -> current.writer().offset())
                    .orElse(0L);
        }

        @Override
        public void ask() {
            Session established = session;
            if (established != null) {
                apply(established.keepAlive(System.nanoTime()));
            }
        }

        @Override
        public void lost(String reason) {
            Tunnel.this.lost(reason);
        }

        @Override
        public void reconnect(String why) {
            Tunnel.this.reconnect(why);
        }
    }

    private final class FromDevice implements TunHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            try {
                uplink.send(buffer, index, length, System.nanoTime());
                pumpDue = true;
            } catch (Throwable e) {
                broken(e);
            }
        }

        @Override
        public void onReadComplete() {
            if (pumpDue) {
                pumpDue = false;
                try {
                    uplink.pump();
                    if (!queue.isEmpty()) {
                        pathTick.set(tuning.busyDueNanos());
                    }
                } catch (Throwable e) {
                    broken(e);
                }
            }
        }

        @Override
        public void onDeviceLost(IOException cause) {
            fail(new BridgeException(
                    BridgeException.Reason.DEVICE_LOST,
                    "TUN device " + device.name() + " is gone: " + cause.getMessage(),
                    cause));
        }
    }
}
