package dev.tunbridge.bridge.path;

import com.google.common.util.concurrent.Uninterruptibles;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.Poll;
import dev.tunbridge.linux.TunInterface;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * What lies between two TUN devices: packets of the first go to the second at a rate, those of the second to the first at once. Without a
 * tuner the first is read at that rate, as a program would that waits for its socket; with one it is read dry into a bounded queue, as the
 * bridge does, and the tuner is told every ten milliseconds. Threads of its own, until it is closed.
 */
final class SlowReader implements AutoCloseable {
    private static final int PACKET_BYTES = 2048;
    private static final long SAMPLE_NANOS = 10_000_000;
    private static final long RTT_NANOS = 20_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    /** A reader that was late catches up on this much, or a busy machine would make its rate less than is said. */
    private static final long CREDIT_NANOS = 200_000_000;

    static final int QUEUE_LIMIT = 64 * 1024;

    private final TunInterface from;
    private final TunInterface to;
    private final double bytesPerSecond;
    private final Optional<PathTuner> tuner;
    private final Thread forth = new Thread(this::readSlowly, "slow-reader");
    private final Thread back = new Thread(this::readBack, "reader-back");
    private volatile boolean closed;
    private volatile long packets;
    private volatile long overflows;

    SlowReader(TunInterface from, TunInterface to, double bytesPerSecond, Optional<PathTuner> tuner) {
        this.from = from;
        this.to = to;
        this.bytesPerSecond = bytesPerSecond;
        this.tuner = tuner;
        forth.start();
        back.start();
    }

    /** Packets read from the first device. */
    long packets() {
        return packets;
    }

    /** Packets for which the queue had no room. */
    long overflows() {
        return overflows;
    }

    private void readSlowly() {
        Memory memory = new Memory(PACKET_BYTES);
        long address = Pointer.nativeValue(memory);
        Deque<byte[]> queue = new ArrayDeque<>();
        Poll poll = new Poll(1);
        poll.add(from.fd(), Poll.READABLE);
        int queued = 0;
        int peak = 0;
        long acked = 0;
        long ackedBefore = 0;
        long read = 0;
        long lost = 0;
        long free = System.nanoTime();
        long sampled = free;
        boolean wasIdle = true;
        try {
            while (!closed) {
                long now = System.nanoTime();
                free = Math.max(free, now - CREDIT_NANOS);
                while (!queue.isEmpty() && free <= now) {
                    byte[] packet = queue.removeFirst();
                    queued -= packet.length;
                    acked += packet.length;
                    free += (long) (packet.length * NANOS_PER_SECOND / bytesPerSecond);
                    memory.write(0, packet, 0, packet.length);
                    Descriptors.write(to.fd(), address, packet.length);
                }
                wasIdle |= queue.isEmpty();
                while (tuner.isPresent() || queue.isEmpty()) {
                    int length = Descriptors.read(from.fd(), address, PACKET_BYTES);
                    if (length == Descriptors.WOULD_BLOCK) {
                        break;
                    }
                    packets = ++read;
                    if (queued + length > QUEUE_LIMIT) {
                        overflows = ++lost;
                        continue;
                    }
                    queue.addLast(memory.getByteArray(0, length));
                    queued += length;
                    peak = Math.max(peak, queued);
                }
                if (tuner.isPresent() && now - sampled >= SAMPLE_NANOS) {
                    double seconds = (now - sampled) / NANOS_PER_SECOND;
                    tuner.get().sample(sample(now, acked, (acked - ackedBefore) / seconds, wasIdle), 0, queued, peak);
                    sampled = now;
                    ackedBefore = acked;
                    peak = queued;
                    wasIdle = queue.isEmpty();
                }
                long patience = queue.isEmpty() ? SAMPLE_NANOS : Math.max(0, free - System.nanoTime());
                if (tuner.isPresent() || queue.isEmpty()) {
                    poll.await(Math.min(patience, SAMPLE_NANOS));
                } else {
                    Thread.sleep(patience / 1_000_000, (int) (patience % 1_000_000));
                }
            }
        } catch (LinuxException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static PathSample sample(long now, long acked, double rate, boolean isAppLimited) {
        return new PathSample(
                now,
                RTT_NANOS,
                RTT_NANOS / 8,
                RTT_NANOS,
                200_000_000,
                (long) rate,
                isAppLimited ? PathSample.Limit.APPLICATION : PathSample.Limit.PATH,
                acked,
                20,
                1448,
                0,
                0,
                3,
                0);
    }

    private void readBack() {
        Memory memory = new Memory(PACKET_BYTES);
        long address = Pointer.nativeValue(memory);
        Poll poll = new Poll(1);
        poll.add(to.fd(), Poll.READABLE);
        try {
            while (!closed) {
                int length = Descriptors.read(to.fd(), address, PACKET_BYTES);
                if (length == Descriptors.WOULD_BLOCK) {
                    poll.await(SAMPLE_NANOS);
                } else {
                    Descriptors.write(from.fd(), address, length);
                }
            }
        } catch (LinuxException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        closed = true;
        Uninterruptibles.joinUninterruptibly(forth);
        Uninterruptibles.joinUninterruptibly(back);
    }
}
