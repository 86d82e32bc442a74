package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.net.Concerns.Concern;
import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.Poll;
import dev.tunbridge.linux.netlink.NetworkChange;
import dev.tunbridge.linux.netlink.NetworkChange.Kind;
import dev.tunbridge.linux.netlink.NetworkNews;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what changes in the host's network, whoever changes it. All that watch one network namespace share a socket and a
 * thread: with 200 tunnels each change would wake 200. What a tunnel's device gains while it comes up concerns others only if their way
 * leads through it, or each would look once for every other. Listeners are called on the watch's thread and must not wait.
 */
public final class HostWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");

    /** By namespace; guarded by itself. */
    private static final Map<String, Shared> WATCHED = new HashMap<>();

    /** Who hears of the changes, for which device. */
    private record Watcher(int deviceIndex, Concerns concerns, Concerns.Listener listener) {}

    private final Shared shared;
    private final Watcher watcher;

    private HostWatch(Shared shared, Watcher watcher) {
        this.shared = shared;
        this.watcher = watcher;
    }

    /**
     * Watches the network namespace of the calling thread. What changed before is not told.
     *
     * @param deviceIndex of the tunnel's device
     * @param listener hears of the changes in order, and what each may mean for the tunnel
     */
    public static HostWatch open(int deviceIndex, Concerns.Listener listener) throws IOException {
        Watcher watcher = new Watcher(deviceIndex, new Concerns(deviceIndex), listener);
        String namespace = Files.readSymbolicLink(NAMESPACE).toString();
        synchronized (WATCHED) {
            Shared shared = WATCHED.get(namespace);
            if (shared == null) {
                shared = new Shared(namespace, NetworkNews.open());
                WATCHED.put(namespace, shared);
                shared.start();
            }
            shared.watchers.add(watcher);
            return new HostWatch(shared, watcher);
        }
    }

    /** Nothing is told after this but what is under way. Does no harm twice. */
    @Override
    public void close() {
        synchronized (WATCHED) {
            shared.watchers.remove(watcher);
            if (shared.watchers.isEmpty() && WATCHED.remove(shared.namespace, shared)) {
                shared.end();
            }
        }
    }

    /** The socket of one namespace and the thread that reads it. */
    private static final class Shared {
        private final String namespace;
        /** Of the reading thread. */
        private NetworkNews news;

        private final int ending;
        private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

        /** Of the reading thread. */
        private final LinkStates links = new LinkStates();

        /** Its descriptors are closed, and their numbers others' by now; guarded by {@link #WATCHED}. */
        private boolean ended;

        Shared(String namespace, NetworkNews news) throws LinuxException {
            this.namespace = namespace;
            this.news = news;
            try {
                ending = Descriptors.newEventDescriptor();
            } catch (LinuxException e) {
                news.close();
                throw e;
            }
        }

        void start() {
            Thread reader = new Thread(this::read, "tunbridge-network-news");
            reader.setDaemon(true);
            reader.start();
        }

        /** Holding {@link #WATCHED}. */
        void end() {
            if (ended) {
                return;
            }
            try {
                Descriptors.signal(ending);
            } catch (LinuxException e) {
                LOG.warn("the watch of the host's network does not end: {}", e.getMessage());
            }
        }

        private void read() {
            try {
                while (!isToEnd()) {
                    begin();
                }
            } finally {
                synchronized (WATCHED) {
                    ended = true;
                    WATCHED.remove(namespace, this); // whoever watches next begins anew
                    news.close();
                    Descriptors.close(ending);
                }
            }
        }

        /** Reads until the end, or until a fault that reading on would not mend; then from another socket, after a pause. */
        private void begin() {
            try {
                Poll poll = new Poll(2);
                poll.add(news.descriptor(), Poll.READABLE);
                int end = poll.add(ending, Poll.READABLE);
                while (poll.readyEvents(end) == 0) {
                    poll.await(-1);
                    news.drain(this::tell);
                }
            } catch (Throwable e) {
                // Also an Error: without news no tunnel of this namespace would see a change any more.
                LOG.warn("the host's network is not watched for a moment: {}", FaultReason.of(e));
                if (!endsWithin(PAUSE_NANOS)) {
                    beginAnew();
                }
            }
        }

        private void beginAnew() {
            try {
                NetworkNews next = NetworkNews.open();
                news.close();
                news = next;
                tell(new NetworkChange.Lost());
            } catch (LinuxException e) {
                LOG.debug("no other socket", e); // the old one tells the same fault again, or has recovered
            }
        }

        private boolean isToEnd() {
            return endsWithin(0);
        }

        private boolean endsWithin(long nanos) {
            try {
                Poll poll = new Poll(1);
                int end = poll.add(ending, Poll.READABLE);
                poll.await(nanos);
                return poll.readyEvents(end) != 0;
            } catch (LinuxException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void tell(NetworkChange change) {
            if (change instanceof NetworkChange.Lost) {
                links.forget();
            }
            if (change instanceof NetworkChange.LinkChange link && !links.isNews(link)) {
                return;
            }
            OptionalInt gainer = gainer(change);
            boolean isOfTunnel = gainer.isPresent()
                    && watchers.stream().anyMatch(watcher -> watcher.deviceIndex == gainer.getAsInt());
            for (Watcher watcher : watchers) {
                boolean isNeighbours = isOfTunnel && watcher.deviceIndex != gainer.getAsInt();
                tell(watcher, change, isNeighbours ? Concern.WAY_THROUGH_TUNNEL : watcher.concerns.of(change));
            }
        }

        /** The interface that has come up or got an address; nothing of any other change. */
        private static OptionalInt gainer(NetworkChange change) {
            if (change instanceof NetworkChange.LinkChange link && link.kind() == Kind.THERE) {
                return link.link().isRunning() ? OptionalInt.of(link.link().index()) : OptionalInt.empty();
            }
            if (change instanceof NetworkChange.AddressChange address && address.kind() == Kind.THERE) {
                return OptionalInt.of(address.address().interfaceIndex());
            }
            return OptionalInt.empty();
        }

        private static void tell(Watcher watcher, NetworkChange change, Concern concern) {
            try {
                watcher.listener.onChange(change, concern);
            } catch (Throwable e) { // also an Error: the others are told
                LOG.error("a fault of the bridge itself: a change of the host's network is not looked at", e);
            }
        }
    }
}
