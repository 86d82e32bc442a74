package dev.tunbridge.bridge.simulation;

import static dev.tunbridge.bridge.simulation.VirtualTime.MILLISECOND;

import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Our kernel's TCP (net/ipv4/tcp_input.c): checksum, PAWS, window, in-order delivery, a queue for what is out of order, delayed and
 * selective acknowledgements. Of bytes that come twice the out-of-order queue keeps the first; a segment that comes in order wins
 * over that queue.
 */
final class ModelKernelReceiver implements KernelView {
    private static final long DELAYED_ACK_NANOS = 40 * MILLISECOND;

    private final VirtualTime time;
    private final OuterWire wire;
    private final long originNanos;
    private final Scenario.Outer outer;
    private final Scenario.Receiver traits;
    private final Consumer<Acknowledgement> answers;
    private final Runnable readable;
    private final ByteRanges outOfOrder = new ByteRanges();
    /** Bounds of what came out of order last, the newest first; each lies in a range of the queue. */
    private final List<Long> recent = new ArrayList<>();

    private byte[] bytes = new byte[1 << 14];
    private long nextOffset;
    private long readOffset;
    private long windowEnd;
    private long lastAcknowledged;
    private int unacknowledgedSegments;
    private int recentTimestamp;
    private long ourAcknowledged;
    private long ourSent;
    private VirtualTime.@Nullable Event delayed;

    // What the last refresh saw.
    private long viewAcknowledged;
    private long viewSent;
    private long viewWindow;
    private long viewUnread;
    private long outOfOrderSegments;
    private long viewOutOfOrder;

    private long rejected;

    ModelKernelReceiver(
            VirtualTime time, Scenario scenario, OuterWire wire, Consumer<Acknowledgement> answers, Runnable readable) {
        this.time = time;
        this.originNanos = time.nowNanos();
        this.wire = wire;
        this.outer = scenario.outer();
        this.traits = scenario.receiver();
        this.answers = answers;
        this.readable = readable;
        windowEnd = traits.bufferBytes();
    }

    /** The handshake is done. */
    void established(int timestamp) {
        recentTimestamp = timestamp;
    }

    /** We have sent so much in all. */
    void sent(long offset) {
        ourSent = offset;
    }

    /** Bytes of ours that the server has acknowledged, as far as we have heard. */
    long ourAcknowledged() {
        return ourAcknowledged;
    }

    /** The offset behind the last byte that can be read. */
    long nextOffset() {
        return nextOffset;
    }

    long readOffset() {
        return readOffset;
    }

    long windowEnd() {
        return windowEnd;
    }

    long rejected() {
        return rejected;
    }

    void receive(WireSegment segment) {
        if (segment.corrupt()) {
            rejected++;
            return;
        }
        boolean isOld = outer.timestamps() && SequenceNumber.isBefore(segment.timestamp(), recentTimestamp);
        if (isOld || segment.end() > windowEnd || segment.end() < lastAcknowledged) {
            rejected++;
            answerNow();
            return;
        }
        if (segment.offset() <= lastAcknowledged) {
            recentTimestamp = segment.timestamp();
        }
        ourAcknowledged = Math.max(ourAcknowledged, segment.acknowledged());
        if (segment.length() > 0) {
            queue(segment);
        }
    }

    private void queue(WireSegment segment) {
        if (segment.end() <= nextOffset) {
            answerNow();
            return;
        }
        ensure(segment.end());
        if (segment.offset() > nextOffset) {
            keepFirst(segment);
            outOfOrderSegments++;
            outOfOrder.add(segment.offset(), segment.end());
            recent.remove(segment.offset());
            recent.add(0, segment.offset());
            answerNow();
            return;
        }
        boolean filledHole = !outOfOrder.isEmpty();
        copy(segment, nextOffset, segment.end());
        nextOffset = segment.end();
        nextOffset = Math.max(nextOffset, outOfOrder.contiguousEnd(nextOffset));
        outOfOrder.removeBelow(nextOffset);
        unacknowledgedSegments++;
        if (filledHole || unacknowledgedSegments >= 2) {
            answerNow();
        } else if (delayed == null) {
            delayed = time.after(DELAYED_ACK_NANOS, this::answerNow);
        }
        readable.run();
    }

    /** Copies only what is not there yet. */
    private void keepFirst(WireSegment segment) {
        long at = segment.offset();
        for (int i = 0; i < outOfOrder.size() && at < segment.end(); i++) {
            if (outOfOrder.end(i) <= at) {
                continue;
            }
            long until = Math.min(segment.end(), outOfOrder.start(i));
            if (at < until) {
                copy(segment, at, until);
            }
            at = Math.max(at, outOfOrder.end(i));
        }
        if (at < segment.end()) {
            copy(segment, at, segment.end());
        }
    }

    private void copy(WireSegment segment, long from, long to) {
        int at = segment.payloadAt() + (int) (from - segment.offset());
        System.arraycopy(segment.packet(), at, bytes, (int) from, (int) (to - from));
    }

    private void ensure(long end) {
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.max(end, 2L * bytes.length));
        }
    }

    /** Appends what can be read to the buffer; answers how much that was. */
    int read(ByteBuf into, int most) {
        int count = (int) Math.min(most, nextOffset - readOffset);
        into.writeBytes(bytes, (int) readOffset, count);
        readOffset += count;
        long opened = readOffset + traits.bufferBytes() - windowEnd;
        if (opened >= Math.min(2L * outer.mss(), traits.bufferBytes() / 2)) {
            answerNow();
        }
        return count;
    }

    private void answerNow() {
        if (delayed != null) {
            delayed.cancel();
            delayed = null;
        }
        unacknowledgedSegments = 0;
        lastAcknowledged = nextOffset;
        // The right edge never moves back (RFC 9293 section 3.8.6).
        windowEnd = Math.max(windowEnd, readOffset + traits.bufferBytes());
        answers.accept(
                new Acknowledgement(nextOffset, blocks(), windowEnd, wire.clientClock(time.nowNanos() - originNanos)));
    }

    /** The ranges that came last, as many as the header has room for (RFC 2018 section 3). */
    private List<Acknowledgement.Range> blocks() {
        List<Acknowledgement.Range> blocks = new ArrayList<>();
        int most = outer.timestamps() ? 3 : 4;
        for (int i = 0; i < recent.size(); i++) {
            long offset = recent.get(i);
            int range = rangeOf(offset);
            if (range < 0) {
                recent.remove(i--);
            } else if (blocks.size() < most) {
                Acknowledgement.Range block = new Acknowledgement.Range(outOfOrder.start(range), outOfOrder.end(range));
                if (blocks.contains(block)) {
                    recent.remove(i--);
                } else {
                    blocks.add(block);
                }
            }
        }
        return blocks;
    }

    private int rangeOf(long offset) {
        for (int i = 0; i < outOfOrder.size(); i++) {
            if (outOfOrder.start(i) <= offset && offset < outOfOrder.end(i)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void refresh() {
        viewAcknowledged = ourAcknowledged;
        viewSent = ourSent;
        viewWindow = windowEnd - nextOffset;
        viewUnread = nextOffset - readOffset;
        viewOutOfOrder = outOfOrderSegments;
    }

    @Override
    public long unreadBytes() {
        return viewUnread;
    }

    @Override
    public long outOfOrderSegments() {
        return viewOutOfOrder;
    }

    @Override
    public long ackedOffset() {
        return viewAcknowledged;
    }

    @Override
    public long sentOffset() {
        return viewSent;
    }

    @Override
    public long receiveWindowBytes() {
        return traits.knowsWindow() ? viewWindow : UNKNOWN;
    }
}
