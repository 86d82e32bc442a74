package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.mapping.MappedDevice;
import dev.tunbridge.bridge.net.TunNetwork;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the host's kernel knows of the tunnel's device: address, routes, rule and pool as the session has it. Set up by the first session,
 * kept over reconnects that change nothing, set up anew where somebody takes it away, taken back at the end. Loop thread only, but for
 * what blocks.
 */
final class DeviceNetwork {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceNetwork.class);

    /** Reading which sockets there are costs some hundred microseconds, beside the loop. */
    private static final long SERVICES_SECONDS = 60;

    private final EventLoop loop;
    private final Blocking blocking;
    private final String device;
    private final NetworkSetup setup;
    private final ClientAddresses clients;
    private final Owner owner;
    private final Repairs repairs = new Repairs();
    private boolean isLookDue;

    // The blocking thread's, so that a set-up which is under way at the end is taken back after it.
    private NetworkSetup.Undo undo = () -> {};

    /** What the kernel has been told last. */
    private @Nullable TunnelInfo configured;

    /** Addresses for clients that are routed into the tunnel. */
    private Optional<Prefix> routedPool = Optional.empty();

    /** The tunnel, as far as its device goes. */
    interface Owner {
        boolean isOver();

        /** The one under way; null where there is none. */
        @Nullable
        Conversation conversation();

        /** The device has its routes again. */
        void onRepaired();

        void lost(String reason);
    }

    DeviceNetwork(
            BridgeConfig config,
            EventLoop loop,
            Blocking blocking,
            MappedDevice device,
            NetworkSetup setup,
            Owner owner) {
        this.loop = loop;
        this.blocking = blocking;
        this.device = device.name();
        this.setup = setup;
        this.owner = owner;
        clients = new ClientAddresses(config, device, setup);
    }

    /** On the blocking thread: the device exists, and nothing is set up. */
    void open() throws IOException {
        undo = setup.open();
    }

    /** On the blocking thread. */
    void takeBack() throws IOException {
        undo.undo();
    }

    /**
     * Sets up what a welcome says, unless it is so already. One of the consumers is told; the former only while the conversation lasts.
     *
     * @param server the outer connection's other end
     */
    void setUp(
            Conversation conversation,
            InetAddress server,
            TunnelInfo next,
            Runnable onReady,
            Consumer<Throwable> onFault) {
        blocking.run(
                () -> configure(next, server),
                pool -> {
                    if (!conversation.isOver()) {
                        clients.map(next, pool);
                        onReady.run();
                    }
                },
                onFault);
    }

    private Optional<Prefix> configure(TunnelInfo next, InetAddress server) throws IOException {
        TunnelInfo before = configured;
        configured = null;
        Optional<Prefix> pool = clients.choose(next, server);
        boolean isSame = before != null && isSameNetwork(before, next) && pool.equals(routedPool);
        if (before != null && !isSame) {
            undo.undo();
            undo = () -> {};
        }
        // Where that fails the one before still has to take back what it made beside the network.
        undo = setup.setUp(next, pool);
        configured = next;
        routedPool = pool;
        return pool;
    }

    private static boolean isSameNetwork(TunnelInfo a, TunnelInfo b) {
        return a.deviceAddress().equals(b.deviceAddress())
                && a.serverAddress().equals(b.serverAddress())
                && a.prefixLength() == b.prefixLength()
                && a.mtu() == b.mtu();
    }

    /** A service that starts later may need what this session does not have. */
    void watchServices(Conversation conversation, InetAddress server, TunnelInfo tunnel) {
        if (clients.mayChange()) {
            loop.schedule(() -> lookAtServices(conversation, server, tunnel), SERVICES_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void lookAtServices(Conversation conversation, InetAddress server, TunnelInfo tunnel) {
        if (!conversation.isOver()) {
            blocking.run(
                    () -> {
                        clients.look(tunnel, server);
                        return tunnel;
                    },
                    looked -> watchServices(conversation, server, tunnel),
                    fault -> LOG.debug("the host's services cannot be told: {}", fault.getMessage()));
        }
    }

    /** Somebody has changed the device, as it seems: what is missing is set up anew, a bounded number of times. */
    void look() {
        if (owner.isOver()) {
            return;
        }
        Conversation current = owner.conversation();
        AtomicBoolean isBegun = new AtomicBoolean();
        blocking.run(() -> repair(isBegun), this::found, fault -> notRepaired(isBegun.get() ? current : null, fault));
    }

    private Repairs.Finding repair(AtomicBoolean isBegun) throws IOException {
        TunnelInfo tunnel = configured;
        TunNetwork.Condition found = undo.condition();
        if (tunnel != null && found == TunNetwork.Condition.INCOMPLETE && repairs.mayTry(System.nanoTime())) {
            isBegun.set(true);
            configured = null; // a set-up that fails leaves nothing
            undo = setup.setUp(tunnel, routedPool);
            configured = tunnel;
            return Repairs.Finding.REPAIRED;
        }
        return Repairs.Finding.of(found);
    }

    /** Nothing is left of the set-up, which nobody would look for any more: the next session makes it, or says why not. */
    private void notRepaired(@Nullable Conversation current, Throwable fault) {
        String what = device + ": somebody has changed it, and it could not be set up anew: " + FaultReason.of(fault);
        if (current != null && !current.isOver()) {
            owner.lost(what);
        } else {
            LOG.warn("{}", what);
        }
    }

    private void found(Repairs.Finding finding) {
        if (owner.isOver()) {
            return;
        }
        repairs.say(finding, device);
        if (finding == Repairs.Finding.GIVEN_UP) {
            lookLater();
        } else if (finding == Repairs.Finding.REPAIRED) {
            owner.onRepaired();
        }
    }

    /** Once: each change of a network at war would begin a chain of its own. */
    private void lookLater() {
        if (!isLookDue) {
            isLookDue = true;
            loop.schedule(
                    () -> {
                        isLookDue = false;
                        look();
                    },
                    Repairs.WINDOW_NANOS,
                    TimeUnit.NANOSECONDS);
        }
    }
}
