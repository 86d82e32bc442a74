package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.Concerns;
import dev.tunbridge.bridge.net.Concerns.Concern;
import dev.tunbridge.bridge.net.HostWatch;
import dev.tunbridge.linux.netlink.NetworkChange;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the news of the host's network mean for one tunnel, told on its loop: at once where an address has gone, all else at most
 * each tenth of a second, because whoever changes a network changes much of it at once.
 */
final class HostNews implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostNews.class);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** What the tunnel hears, on its loop. */
    interface Events {
        /** Address, routes or rule may be gone from the device. */
        void onDeviceDoubtful();

        /** The way to the server may be another, or back. */
        void onWayDoubtful();

        /** An interface does not have this address any more. */
        void onAddressGone(InetAddress address);
    }

    private final EventLoop loop;
    private final Supplier<List<InetAddress>> servers;
    private final Supplier<Set<Integer>> interfaces;
    private final Events events;
    private Optional<HostWatch> watch = Optional.empty();

    // The loop's.
    private boolean isDue;
    private boolean isDeviceDoubtful;
    private boolean isWayDoubtful;
    private boolean closed;

    /**
     * @param servers the server's addresses as far as they are known; asked on another thread
     * @param interfaces through which the ways to them were seen to lead; asked on another thread
     */
    HostNews(EventLoop loop, Supplier<List<InetAddress>> servers, Supplier<Set<Integer>> interfaces, Events events) {
        this.loop = loop;
        this.servers = servers;
        this.interfaces = interfaces;
        this.events = events;
    }

    /** On a thread of the device's namespace, once the device exists. */
    void open(NetworkSetup network, String device) throws IOException {
        watch = network.watch(device, this::hear);
    }

    /** On the watch's thread. */
    private void hear(NetworkChange change, Concern concern) {
        boolean isAddressGone =
                change instanceof NetworkChange.AddressChange address && address.kind() == NetworkChange.Kind.GONE;
        if (concern == Concern.NOTHING && !isAddressGone) {
            return;
        }
        // A host with a million routes has thousands of changes a second, and hardly one of them concerns the server.
        if (change instanceof NetworkChange.RouteChange route
                && concern == Concern.WAY
                && !Concerns.mayLead(route.route(), servers.get())) {
            return;
        }
        if (concern == Concern.WAY_THROUGH_TUNNEL && !interfaces.get().contains(interfaceOf(change))) {
            return;
        }
        try {
            loop.execute(() -> {
                if (closed) {
                    return;
                }
                if (isAddressGone && change instanceof NetworkChange.AddressChange address) {
                    events.onAddressGone(address.address().address());
                }
                isDeviceDoubtful |= concern == Concern.DEVICE || concern == Concern.BOTH;
                isWayDoubtful |= concern != Concern.DEVICE && concern != Concern.NOTHING;
                if (!isDue && (isDeviceDoubtful || isWayDoubtful)) {
                    isDue = true;
                    loop.schedule(this::tell, PAUSE_NANOS, TimeUnit.NANOSECONDS);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the event loop has ended before the watch of the host's network");
        }
    }

    private static int interfaceOf(NetworkChange change) {
        if (change instanceof NetworkChange.LinkChange link) {
            return link.link().index();
        }
        return change instanceof NetworkChange.AddressChange address
                ? address.address().interfaceIndex()
                : 0;
    }

    private void tell() {
        isDue = false;
        if (closed) {
            return;
        }
        boolean device = isDeviceDoubtful;
        boolean way = isWayDoubtful;
        isDeviceDoubtful = false;
        isWayDoubtful = false;
        if (device) {
            events.onDeviceDoubtful();
        }
        if (way) {
            events.onWayDoubtful();
        }
    }

    /** Nothing is told any more. On the loop or after its end. */
    @Override
    public void close() {
        closed = true;
        watch.ifPresent(HostWatch::close);
    }
}
