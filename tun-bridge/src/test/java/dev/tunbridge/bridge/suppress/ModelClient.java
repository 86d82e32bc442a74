package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.VirtualTime;
import dev.tunbridge.reassembly.wire.TcpView;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.function.Consumer;

/** The client behind the server: takes the bytes in order, acknowledges late, tells of holes (RFC 2018) and of copies (RFC 2883). */
final class ModelClient {
    private static final long LATE_NANOS = 40 * VirtualTime.MILLISECOND;

    private final VirtualTime time;
    private final InetSocketAddress from;
    private final InetSocketAddress to;
    private final ModelSender peer;
    private final boolean hasSack;
    private final Consumer<byte[]> network;
    private final BitSet received = new BitSet();
    private boolean isSynSeen;
    private int initial;
    private int next;
    private int unacknowledged;
    private boolean isDue;
    long copiedBytes;

    ModelClient(
            VirtualTime time,
            Dice dice,
            InetSocketAddress from,
            InetSocketAddress to,
            ModelSender peer,
            Consumer<byte[]> network) {
        this.time = time;
        this.from = from;
        this.to = to;
        this.peer = peer;
        this.network = network;
        hasSack = peer.hasSack() && dice.chance(0.9);
    }

    boolean hasAll() {
        return next == peer.total() + 1;
    }

    void hear(TcpView tcp) {
        if (tcp.hasFlags(TcpView.SYN)) {
            isSynSeen = true;
            initial = tcp.sequenceNumber();
            network.accept(TcpPackets.between(from, to)
                    .sequence(0)
                    .ack(initial + 1)
                    .flags(TcpView.SYN)
                    .options(hasSack ? new int[] {4, 2, 1, 1} : new int[0])
                    .bytes());
            return;
        }
        if (!isSynSeen || tcp.sequenceLength() == 0) {
            return;
        }
        int start = peer.positionOf(tcp.sequenceNumber());
        int end = start + tcp.sequenceLength();
        for (int i = 0; i < tcp.payloadLength(); i++) {
            byte content = tcp.buffer().getByte(tcp.payloadIndex() + i);
            if (content != ModelSender.content(start + i)) {
                throw new AssertionError("byte " + (start + i) + " is " + content);
            }
        }
        if (end > peer.total() + 1 || (end == peer.total() + 1) != tcp.hasFlags(TcpView.FIN)) {
            throw new AssertionError(
                    "segment " + start + " to " + end + " of " + peer.total() + ", FIN " + tcp.hasFlags(TcpView.FIN));
        }
        int before = received.cardinality();
        received.set(start, end);
        int copied = end - start - (received.cardinality() - before);
        copiedBytes += copied;
        boolean isInOrder = start <= next && received.nextClearBit(next) > next;
        next = received.nextClearBit(0);
        unacknowledged++;
        if (!isInOrder || copied > 0 || unacknowledged >= 2 || received.length() > next) {
            acknowledge(copied == end - start ? start : -1, end);
        } else if (!isDue) {
            isDue = true;
            time.after(LATE_NANOS, () -> {
                if (isDue) {
                    acknowledge(-1, 0);
                }
            });
        }
    }

    private void acknowledge(int copyStart, int copyEnd) {
        isDue = false;
        unacknowledged = 0;
        TcpPackets.Builder ack = TcpPackets.between(from, to).sequence(1).ack(initial + 1 + next);
        int hole = received.nextSetBit(next);
        if (hasSack && copyStart >= 0) {
            ack.sack(initial + 1 + copyStart, initial + 1 + copyEnd);
        } else if (hasSack && hole >= 0) {
            int last = received.previousSetBit(received.length());
            int begin = received.previousClearBit(last) + 1;
            ack.sack(initial + 1 + begin, initial + 1 + last + 1);
        }
        network.accept(ack.bytes());
    }
}
