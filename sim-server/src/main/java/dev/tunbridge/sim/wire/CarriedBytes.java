package dev.tunbridge.sim.wire;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The TCP payload that has come out of a tunnel, and how much of it more than once. Of each flow and direction it keeps
 * which part of the sequence space has come; a byte that comes again was carried in vain, whoever has sent it again.
 * Reads headers alone; one thread.
 *
 * <p>Bytes that were lost before the tunnel, and so came only when they were sent again, have come once.
 */
public final class CarriedBytes {
    /** Far more than any load has; beyond it a new flow is not counted, and said so. */
    static final int MAX_FLOWS = 1 << 12;

    /** Holes of one flow that are remembered; beyond it the oldest counts as filled. */
    static final int MAX_RANGES = 1 << 12;

    private static final int LONGEST_KEY_BYTES = 2 * 16 + 4;
    private static final int PORTS_BYTES = 4;

    private final Map<ByteBuffer, Flow> flows = new HashMap<>();
    private final byte[] key = new byte[LONGEST_KEY_BYTES];
    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();
    private long uniqueBytes;
    private long repeatedBytes;
    private long uncounted;

    /** A packet on the device where the tunnel comes out; those that go into the tunnel there are passed over. */
    public void onSegment(CapturedSegment segment) {
        if (segment.isOutgoing()
                || ip.wrap(segment.buffer(), segment.index(), segment.length()) != IpProblem.OK
                || ip.isFragment()
                || ip.protocol() != IpView.PROTOCOL_TCP
                || tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) != TcpProblem.OK) {
            return;
        }
        boolean isSyn = (tcp.flags() & TcpView.SYN) != 0;
        int length = tcp.payloadLength();
        if (length == 0 && !isSyn) {
            return;
        }
        Flow flow = flow(isSyn);
        if (flow == null) {
            uncounted++;
            return;
        }
        long unseen = flow.add(SequenceNumber.add(tcp.sequenceNumber(), isSyn ? 1 : 0), length);
        uniqueBytes += unseen;
        repeatedBytes += length - unseen;
    }

    /** The flow of the packet in the views, a new one where there is none yet or where a SYN begins another. */
    private @Nullable Flow flow(boolean isSyn) {
        int addresses = 2 * ip.addressBytes();
        ip.buffer().getBytes(ip.sourceIndex(), key, 0, addresses);
        ip.buffer().getBytes(ip.payloadIndex(), key, addresses, PORTS_BYTES);
        ByteBuffer name = ByteBuffer.wrap(key, 0, addresses + PORTS_BYTES);
        int initial = SequenceNumber.add(tcp.sequenceNumber(), isSyn ? 1 : 0);
        Flow flow = flows.get(name);
        if (flow != null && (!isSyn || flow.initial == initial)) {
            return flow;
        }
        if (flow == null && flows.size() == MAX_FLOWS) {
            return null;
        }
        Flow begun = new Flow(initial);
        flows.put(ByteBuffer.wrap(Arrays.copyOf(key, addresses + PORTS_BYTES)), begun);
        return begun;
    }

    /** Bytes of payload that have come, each counted once. */
    public long uniqueBytes() {
        return uniqueBytes;
    }

    /** Bytes that had come before. */
    public long repeatedBytes() {
        return repeatedBytes;
    }

    /** {@link #repeatedBytes} in percent of {@link #uniqueBytes}; 0 where nothing has come. */
    public double repeatedPercent() {
        return uniqueBytes == 0 ? 0 : 100.0 * repeatedBytes / uniqueBytes;
    }

    /** Segments of flows beyond {@link #MAX_FLOWS}. */
    long uncounted() {
        return uncounted;
    }

    /** One direction of one connection; positions are sequence numbers without their wrap. */
    private static final class Flow {
        private final int initial;
        private final RangeSet<Long> seen = TreeRangeSet.create();
        private long highest;

        Flow(int initial) {
            this.initial = initial;
            highest = Integer.toUnsignedLong(initial);
        }

        /** Answers how many of these bytes have not come before. */
        long add(int sequenceNumber, int length) {
            if (length == 0) {
                return 0;
            }
            long from = SequenceNumber.unwrap(highest, sequenceNumber);
            Range<Long> range = Range.closedOpen(from, from + length);
            long unseen = from >= highest ? length : unseenIn(range);
            seen.add(range);
            highest = Math.max(highest, from + length);
            if (seen.asRanges().size() > MAX_RANGES) {
                fillOldestHole();
            }
            return unseen;
        }

        private long unseenIn(Range<Long> range) {
            return seen.complement().subRangeSet(range).asRanges().stream()
                    .mapToLong(hole -> hole.upperEndpoint() - hole.lowerEndpoint())
                    .sum();
        }

        private void fillOldestHole() {
            var ranges = seen.asRanges().iterator();
            Range<Long> first = ranges.next();
            seen.add(first.span(ranges.next()));
        }
    }
}
