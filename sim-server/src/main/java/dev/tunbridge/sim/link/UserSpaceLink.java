package dev.tunbridge.sim.link;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.Poll;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two TAP devices and one thread between them. The thread sleeps in {@code ppoll} until a frame comes or one is due,
 * and moves frames without allocating: each is read into a slot of the direction's pool, and written from there.
 */
public final class UserSpaceLink implements Link {
    private static final Logger LOG = LoggerFactory.getLogger(UserSpaceLink.class);

    /** Frames read from one device before the other, and what is due, get their turn. */
    private static final int MAX_READS_PER_TURN = 64;

    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private final TapPort a;
    private final TapPort b;
    private final Lane ab;
    private final Lane ba;
    private final int wakeDescriptor;
    private final ByteBuf wakeValue = Unpooled.directBuffer(Long.BYTES).writeLongLE(1L);
    /** For the count behind the wake descriptor, and for frames that nobody has room for. */
    private final ByteBuf spare = Unpooled.directBuffer(PacketPool.SLOT_BYTES);

    private final Poll poll = new Poll(3);
    private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Thread thread;
    private final long originNanos = System.nanoTime();
    private volatile LinkProfile profile;
    private volatile boolean stopping;
    private boolean closed;

    private UserSpaceLink(TapPort a, TapPort b, LinkProfile profile, long seed) throws IOException {
        this.a = a;
        this.b = b;
        this.profile = profile;
        wakeDescriptor = Descriptors.newEventDescriptor();
        // Two directions of one profile must not lose the same packets.
        ab = new Lane(a, b, profile.ab(), 2 * seed, poll.add(a.fd(), Poll.READABLE));
        ba = new Lane(b, a, profile.ba(), 2 * seed + 1, poll.add(b.fd(), Poll.READABLE));
        poll.add(wakeDescriptor, Poll.READABLE);
        thread = new Thread(this::run, "link-" + profile.name());
        thread.setDaemon(true);
    }

    static UserSpaceLink open(LinkEnd endA, LinkEnd endB, LinkProfile profile, long seed, Set<LinkOption> options)
            throws IOException {
        TapPort a = TapPort.open(endA, options);
        try {
            TapPort b = TapPort.open(endB, options);
            try {
                UserSpaceLink link = new UserSpaceLink(a, b, profile, seed);
                link.thread.start();
                return link;
            } catch (IOException | RuntimeException e) {
                b.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            a.close();
            throw e;
        }
    }

    @Override
    public LinkProfile profile() {
        return profile;
    }

    /** Live, from end a to end b. */
    public LinkCounters ab() {
        return ab.counters;
    }

    /** Live, from end b to end a. */
    public LinkCounters ba() {
        return ba.counters;
    }

    /**
     * Once this returns, the link does what the profile says; packets already on their way keep their time. A link that
     * has ended stays as it is.
     */
    public void change(LinkProfile newProfile) {
        if (newProfile.carrier() != LinkProfile.Carrier.USER_SPACE) {
            throw new IllegalArgumentException("profile " + newProfile.name() + " is not carried in user space");
        }
        profile = newProfile;
        order(() -> {
            ab.direction.change(newProfile.ab(), now());
            ba.direction.change(newProfile.ba(), now());
        });
    }

    /** Once this returns, and for this long, nothing enters the wire in either direction. */
    public void blackOutFor(Duration duration) {
        long durationNanos = duration.toNanos();
        order(() -> {
            ab.direction.blackOutUntil(now() + durationNanos, now());
            ba.direction.blackOutUntil(now() + durationNanos, now());
        });
    }

    @Override
    public void awaitEnd() throws IOException, InterruptedException {
        try {
            end.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IOException("link ended: " + (cause == null ? e.getMessage() : cause.getMessage()), e);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        stopping = true;
        wake();
        boolean stopped = joinThread();
        a.close();
        b.close();
        if (stopped) {
            // Memory and descriptor that the thread might still touch are kept rather than freed under it.
            Descriptors.close(wakeDescriptor);
            wakeValue.release();
            spare.release();
            ab.pool.release();
            ba.pool.release();
        }
    }

    private boolean joinThread() {
        try {
            thread.join(STOP_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    /** Returns when the link's thread has obeyed: what the caller sends from then on meets the link as ordered. */
    private void order(Runnable order) {
        CompletableFuture<Void> obeyed = CompletableFuture.runAsync(order, this::enqueue);
        CompletableFuture.anyOf(obeyed, end.exceptionally(reason -> null)).join();
    }

    private synchronized void enqueue(Runnable order) {
        if (!closed) {
            orders.add(order);
            wake();
        }
    }

    private void wake() {
        try {
            Descriptors.write(wakeDescriptor, wakeValue.memoryAddress(), Long.BYTES);
        } catch (IOException e) {
            throw new IllegalStateException("waking the link's thread: " + e.getMessage(), e);
        }
    }

    private void run() {
        try {
            lowerTimerSlack();
            while (!stopping) {
                turn();
            }
            end.complete(null);
        } catch (Throwable e) {
            end.completeExceptionally(e);
        }
    }

    private void turn() throws IOException {
        long next = Math.min(ab.direction.nextEventNanos(), ba.direction.nextEventNanos());
        int ready = poll.await(next == Long.MAX_VALUE ? -1 : Math.max(0, next - now()));
        if (ready > 0) {
            ab.receive();
            ba.receive();
            if (poll.readyEvents(2) != 0) {
                obey();
            }
        }
        ab.deliver();
        ba.deliver();
    }

    private void obey() throws IOException {
        Descriptors.read(wakeDescriptor, spare.memoryAddress(), Long.BYTES);
        for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
            order.run();
        }
    }

    private long now() {
        return System.nanoTime() - originNanos;
    }

    /**
     * The kernel may wake a thread late by its timer slack, 50 µs by default: more than a packet's time at 300 Mbit/s.
     * The file is what prctl(PR_SET_TIMERSLACK) sets, and needs no native call.
     */
    private static void lowerTimerSlack() {
        try {
            Path self = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName();
            Files.writeString(Path.of("/proc", String.valueOf(self), "timerslack_ns"), "1");
        } catch (IOException e) {
            LOG.debug("Timer slack stays as it is, packets may be some 50 µs late: {}", e.toString());
        }
    }

    /** One direction: the model, its memory, and the devices at its ends. */
    private final class Lane {
        final PacketPool pool = new PacketPool();
        final LinkCounters counters = new LinkCounters();
        final ImpairedDirection direction;
        private final TapPort from;
        private final TapPort to;
        private final int pollSlot;

        Lane(TapPort from, TapPort to, Impairment impairment, long seed, int pollSlot) {
            this.from = from;
            this.to = to;
            this.pollSlot = pollSlot;
            direction = new ImpairedDirection(impairment, seed, pool, counters);
        }

        void receive() throws IOException {
            if (poll.readyEvents(pollSlot) == 0) {
                return;
            }
            for (int reads = 0; reads < MAX_READS_PER_TURN; reads++) {
                int slot = pool.take();
                if (slot == PacketPool.NONE) {
                    discard();
                    return;
                }
                int lengthBytes = 0;
                try {
                    lengthBytes = from.read(pool.memoryAddress(slot), PacketPool.SLOT_BYTES);
                } finally {
                    if (lengthBytes <= 0) {
                        pool.give(slot);
                    }
                }
                if (lengthBytes <= 0) {
                    return;
                }
                direction.offer(slot, lengthBytes, now());
            }
        }

        /** Takes one frame from the device and drops it, so that a full link does not wake the thread for ever. */
        private void discard() throws IOException {
            int lengthBytes = from.read(spare.memoryAddress(), PacketPool.SLOT_BYTES);
            if (lengthBytes > 0) {
                counters.countReceived(lengthBytes);
                counters.count(LinkEvent.NO_BUFFER);
            }
        }

        void deliver() {
            long nowNanos = now();
            int slot = direction.poll(nowNanos);
            while (slot != PacketPool.NONE) {
                int lengthBytes = direction.polledLength();
                if (to.write(pool.memoryAddress(slot), lengthBytes)) {
                    counters.countDelivered(lengthBytes);
                } else {
                    counters.count(LinkEvent.NOT_TAKEN);
                }
                pool.give(slot);
                slot = direction.poll(nowNanos);
            }
        }
    }
}
