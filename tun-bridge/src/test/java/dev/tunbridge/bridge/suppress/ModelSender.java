package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.VirtualTime;
import dev.tunbridge.reassembly.wire.TcpView;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.function.Consumer;

/**
 * A local TCP sender (RFC 9293, RFC 6298, RFC 8985): window, timeout with doubling, tail-loss probe, fast retransmission by SACK or
 * duplicate acknowledgements. It cuts its copies differently now and then, as a sender does whose path changes.
 */
final class ModelSender {
    private static final long LEAST_TIMEOUT = 200 * VirtualTime.MILLISECOND;
    private static final long MOST_TIMEOUT = 120 * VirtualTime.SECOND;

    private final VirtualTime time;
    private final Dice dice;
    private final InetSocketAddress from;
    private final InetSocketAddress to;
    private final Consumer<byte[]> network;
    private final int initial;
    private final int total;
    private final int mss;
    private final boolean hasTimestamps;
    private final boolean hasSack;
    /** By position in the stream: sent, and reported as received beyond a hole. */
    private final BitSet sacked = new BitSet();

    private boolean isOpen;
    private int acknowledged; // positions; the FIN has position total
    private int sent;
    private int window;
    private int duplicates;
    private int recoverTo = -1;
    private long timeoutNanos = VirtualTime.SECOND;
    private long smoothedNanos;
    private long timedSentNanos;
    private int timedTo = -1;
    private boolean probed;
    private VirtualTime.Event timer = new VirtualTime(0).at(0, () -> {});
    long retransmissions;

    ModelSender(VirtualTime time, Dice dice, InetSocketAddress from, InetSocketAddress to, Consumer<byte[]> network) {
        this.time = time;
        this.dice = dice;
        this.from = from;
        this.to = to;
        this.network = network;
        initial = dice.chance(0.3) ? -dice.below(60_000) : dice.nextInt();
        total = (int) dice.logBetween(1, 120_000);
        mss = dice.between(100, 1_400);
        hasTimestamps = dice.chance(0.7);
        hasSack = dice.chance(0.8);
        window = dice.between(1, 20) * mss;
    }

    int total() {
        return total;
    }

    /** Of the byte at a position, so that a byte in the wrong place shows. */
    static byte content(int position) {
        return (byte) (position * 31 + (position >> 8));
    }

    int positionOf(int sequence) {
        return sequence - initial - 1;
    }

    boolean hasSack() {
        return hasSack;
    }

    /** The position before which the peer has everything, as far as the sender has heard. */
    int acknowledged() {
        return acknowledged;
    }

    boolean isDone() {
        return acknowledged == total + 1;
    }

    void open() {
        network.accept(TcpPackets.between(from, to)
                .sequence(initial)
                .flags(TcpView.SYN)
                .options(hasSack ? new int[] {4, 2, 1, 1} : new int[0])
                .bytes());
        arm(timeoutNanos, () -> {
            if (!isOpen) {
                timeoutNanos = Math.min(2 * timeoutNanos, MOST_TIMEOUT);
                retransmissions++;
                open();
            }
        });
    }

    /** A segment from the peer. */
    void hear(TcpView tcp) {
        if (tcp.hasFlags(TcpView.SYN)) {
            if (!isOpen) {
                isOpen = true;
                timeoutNanos = LEAST_TIMEOUT * 2;
                fill();
            }
            return;
        }
        if (!isOpen) {
            return;
        }
        int position = positionOf(tcp.acknowledgementNumber());
        if (position > sent) {
            throw new AssertionError("acknowledges " + position + " of " + sent + " sent");
        }
        boolean isNew = false;
        for (int block = 0; block < tcp.sackBlocks(); block++) {
            int left = positionOf(tcp.sackLeft(block));
            int right = positionOf(tcp.sackRight(block));
            if (left >= position && right > left) {
                isNew |= sacked.nextClearBit(left) < right;
                sacked.set(left, right);
            }
        }
        if (position > acknowledged) {
            advance(position);
        } else if (position == acknowledged && sent > acknowledged && (isNew || !hasSack)) {
            duplicates++;
        }
        if (duplicates >= 3 && acknowledged >= recoverTo) {
            recoverTo = sent;
            window = Math.max(window / 2, 2 * mss);
            repeat(acknowledged);
        } else if (acknowledged < recoverTo && isNew) {
            int hole = sacked.nextClearBit(acknowledged);
            if (sacked.nextSetBit(hole) >= 0 && dice.chance(0.5)) {
                repeat(hole);
            }
        }
        fill();
    }

    private void advance(int position) {
        if (timedTo >= 0 && position >= timedTo) {
            long sample = time.nowNanos() - timedSentNanos;
            smoothedNanos = smoothedNanos == 0 ? sample : (7 * smoothedNanos + sample) / 8;
            timedTo = -1;
        }
        timeoutNanos = Math.max(LEAST_TIMEOUT, 2 * smoothedNanos);
        window += mss;
        acknowledged = position;
        duplicates = 0;
        probed = false;
        if (acknowledged < recoverTo && sent > acknowledged) {
            repeat(acknowledged); // a partial acknowledgement (RFC 6582)
        }
        rearm();
    }

    /** Sends what the window has room for. */
    private void fill() {
        while (isOpen && sent <= total && sent - acknowledged < window && !isDone()) {
            int length = Math.min(mss, total - sent);
            if (timedTo < 0) {
                timedTo = sent + Math.max(1, length);
                timedSentNanos = time.nowNanos();
            }
            boolean isLast = sent + length == total;
            transmit(sent, length, isLast);
            sent += length + (isLast ? 1 : 0);
            probed = false;
            rearm();
        }
    }

    /** A copy from this position on. */
    private void repeat(int position) {
        retransmissions++;
        timedTo = -1;
        int length = switch (dice.below(8)) {
            case 0 -> dice.between(1, mss);
            case 1 -> 2 * mss;
            default -> mss;
        };
        length = Math.min(length, Math.min(sent, total) - position);
        int from = Math.max(0, dice.chance(0.05) ? position - dice.below(mss) : position);
        length += position - from;
        transmit(from, Math.max(0, length), from + Math.max(0, length) == total && sent > total);
    }

    private void transmit(int position, int length, boolean isLast) {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++) {
            payload[i] = content(position + i);
        }
        if (length == 0 && !isLast) {
            return;
        }
        emit(TcpPackets.between(from, to)
                .sequence(initial + 1 + position)
                .ack(1)
                .flags(isLast ? TcpView.FIN | TcpView.PSH : TcpView.PSH)
                .payload(payload));
    }

    private void emit(TcpPackets.Builder segment) {
        if (hasTimestamps) {
            int now = (int) (time.nowNanos() / VirtualTime.MILLISECOND);
            network.accept(segment.timestamps(now, 1).bytes());
        } else {
            network.accept(segment.bytes());
        }
    }

    private void rearm() {
        if (sent == acknowledged) {
            timer.cancel();
            return;
        }
        boolean probes = hasSack && !probed && smoothedNanos > 0;
        long probe = 2 * smoothedNanos + 2 * VirtualTime.MILLISECOND;
        if (probes && probe < timeoutNanos) {
            arm(probe, () -> {
                probed = true;
                int last = Math.max(acknowledged, Math.min(sent, total) - mss);
                repeat(last);
                rearm();
            });
        } else {
            arm(timeoutNanos, this::timeout);
        }
    }

    private void timeout() {
        if (isDone()) {
            return;
        }
        timeoutNanos = Math.min(2 * timeoutNanos, MOST_TIMEOUT);
        window = 2 * mss;
        recoverTo = sent;
        sacked.clear();
        repeat(acknowledged);
        arm(timeoutNanos, this::timeout);
    }

    private void arm(long delayNanos, Runnable action) {
        timer.cancel();
        timer = time.after(delayNanos, action);
    }
}
