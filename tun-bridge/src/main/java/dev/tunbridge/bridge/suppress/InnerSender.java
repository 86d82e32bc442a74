package dev.tunbridge.bridge.suppress;

import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;

/**
 * What is known of one local TCP sender: the ranges that it has sent and that nobody has acknowledged, in order and
 * without overlap; what it told its peer last; and what its peer should be told to have come twice.
 */
public final class InnerSender {
    private final RangePool pool;
    private int head = RangePool.NONE;
    private int tail = RangePool.NONE;

    /** The flow that it belongs to, as long as the table remembers that. */
    long generation;

    private boolean hasNext;
    private int next;
    private boolean hasSyn;
    private int synNumber;
    private int synAcknowledges;
    private int synFlags;

    private boolean hasTold;
    private int toldAcknowledgement;
    private int toldWindow;
    private long toldSack;

    private boolean hasSack;
    private boolean hasDuplicate;
    private int duplicateStart;
    private int duplicateEnd;

    /** The furthest outer offset whose bytes the peer is known to have. */
    private long arrivedTo = Long.MIN_VALUE;

    InnerSender(RangePool pool) {
        this.pool = pool;
    }

    /** Forgets everything: the flow has ended or another has its place. */
    void forget() {
        forgetRanges();
        hasNext = false;
        hasSyn = false;
        hasTold = false;
        hasSack = false;
        hasDuplicate = false;
    }

    /** Forgets what is under way: the outer connection that carried it has died. */
    void forgetRanges() {
        while (head != RangePool.NONE) {
            pop();
        }
        arrivedTo = Long.MIN_VALUE;
        hasDuplicate = false;
    }

    // What it has sent

    boolean hasNext() {
        return hasNext;
    }

    /** The highest sequence number that it has sent, plus one. */
    int next() {
        return next;
    }

    void begins(TcpView syn) {
        forget();
        hasSyn = true;
        synNumber = syn.sequenceNumber();
        synFlags = syn.flags() & (TcpView.SYN | TcpView.ACK);
        synAcknowledges = syn.acknowledgementNumber();
        answered(syn);
    }

    /** A SYN that answers one, from either end, offers SACK only where the other end has (RFC 2018). */
    void answered(TcpView syn) {
        if (syn.hasFlags(TcpView.ACK)) {
            hasSack = syn.isSackPermitted();
        }
    }

    /** Whether it is the same SYN again; a SYN with an acknowledgement, after one without, is not (simultaneous open). */
    boolean isSameSyn(TcpView syn) {
        return hasSyn
                && synNumber == syn.sequenceNumber()
                && synFlags == (syn.flags() & (TcpView.SYN | TcpView.ACK))
                && (!syn.hasFlags(TcpView.ACK) || synAcknowledges == syn.acknowledgementNumber());
    }

    /** It has sent up to here. */
    void advance(int end) {
        if (!hasNext || SequenceNumber.isAfter(end, next)) {
            hasNext = true;
            next = end;
        }
    }

    /** New bytes, behind all others. Answers the range, or {@link RangePool#NONE} where there is no room. */
    int append(int start, int end, long nowNanos) {
        int range = pool.take(start, end, nowNanos);
        if (range != RangePool.NONE) {
            link(tail, range);
        }
        advance(end);
        return range;
    }

    /** Bytes that are sent once more. What was known of them goes. */
    int replace(int start, int end, long nowNanos) {
        int before = RangePool.NONE;
        int range = head;
        while (range != RangePool.NONE && SequenceNumber.isBefore(pool.start[range], end)) {
            int following = pool.next[range];
            if (SequenceNumber.isAtOrBefore(pool.end[range], start)) {
                before = range;
            } else if (SequenceNumber.isBefore(pool.start[range], start)) {
                if (SequenceNumber.isAfter(pool.end[range], end)) {
                    splitOff(range, end);
                }
                pool.end[range] = start;
                before = range;
            } else if (SequenceNumber.isAfter(pool.end[range], end)) {
                pool.start[range] = end;
                break;
            } else {
                unlink(before, range);
            }
            range = following;
        }
        int replacing = pool.take(start, end, nowNanos);
        if (replacing != RangePool.NONE) {
            pool.resent[replacing] = true;
            link(before, replacing);
        }
        advance(end);
        return replacing;
    }

    /** Makes what lies from the number on a range of its own; where there is no room it is forgotten. */
    private void splitOff(int range, int from) {
        int rest = pool.take(from, pool.end[range], pool.sentNanos[range]);
        if (rest != RangePool.NONE) {
            pool.carriedTo[rest] = pool.carriedTo[range];
            pool.resent[rest] = pool.resent[range];
            pool.copies[rest] = pool.copies[range];
            pool.copiedNanos[rest] = pool.copiedNanos[range];
            link(range, rest);
        }
    }

    private void link(int before, int range) {
        if (before == RangePool.NONE) {
            pool.next[range] = head;
            head = range;
        } else {
            pool.next[range] = pool.next[before];
            pool.next[before] = range;
        }
        if (tail == before) {
            tail = range;
        }
    }

    private void unlink(int before, int range) {
        if (before == RangePool.NONE) {
            head = pool.next[range];
        } else {
            pool.next[before] = pool.next[range];
        }
        if (tail == range) {
            tail = before;
        }
        pool.give(range);
    }

    private void pop() {
        unlink(RangePool.NONE, head);
    }

    /** The first range that ends behind the number, or {@link RangePool#NONE}. */
    int firstEndingAfter(int number) {
        int range = head;
        while (range != RangePool.NONE && SequenceNumber.isAtOrBefore(pool.end[range], number)) {
            range = pool.next[range];
        }
        return range;
    }

    int after(int range) {
        return pool.next[range];
    }

    // What its peer has

    /**
     * Its peer has everything before the number. Answers the outer offset behind the last whole range that it has now, or
     * {@link RangePool#LOST} if it has no more than before.
     */
    long acknowledged(int acknowledgement) {
        long carriedTo = RangePool.LOST;
        while (head != RangePool.NONE && SequenceNumber.isAtOrBefore(pool.end[head], acknowledgement)) {
            carriedTo = arrived(head, carriedTo);
            pop();
        }
        if (head != RangePool.NONE && SequenceNumber.isBefore(pool.start[head], acknowledgement)) {
            pool.start[head] = acknowledgement;
        }
        return carriedTo;
    }

    /** Its peer has these bytes, but not all before them (RFC 2018). */
    void selectivelyAcknowledged(int left, int right) {
        for (int range = firstEndingAfter(left);
                range != RangePool.NONE && SequenceNumber.isAtOrBefore(pool.end[range], right);
                range = pool.next[range]) {
            if (SequenceNumber.isAtOrAfter(pool.start[range], left)) {
                arrived(range, RangePool.LOST);
            }
        }
    }

    private long arrived(int range, long most) {
        long carriedTo = pool.carriedTo[range];
        if (pool.resent[range] || carriedTo == RangePool.QUEUED || carriedTo == RangePool.LOST) {
            return most; // nobody can say which copy the peer has (Karn)
        }
        arrivedTo = Math.max(arrivedTo, carriedTo);
        return Math.max(most, carriedTo);
    }

    /**
     * Whether the peer has what was carried behind this range, and not the range itself. The outer connection delivers
     * in order, so the range was lost after the tunnel.
     */
    boolean isOvertaken(int range) {
        return pool.carriedTo[range] != RangePool.LOST && pool.carriedTo[range] < arrivedTo;
    }

    // What it told its peer

    /** Notes what a segment that goes out tells. */
    void told(TcpView segment) {
        if (segment.hasFlags(TcpView.ACK)) {
            hasTold = true;
            toldAcknowledgement = segment.acknowledgementNumber();
            toldWindow = segment.window();
            toldSack = sackOf(segment);
        }
    }

    /** Whether a segment tells the peer something besides its payload that it was not told before. */
    boolean isNews(TcpView segment) {
        if (!segment.hasFlags(TcpView.ACK)) {
            return false;
        }
        return !hasTold
                || toldAcknowledgement != segment.acknowledgementNumber()
                || toldWindow != segment.window()
                || (segment.sackBlocks() > 0 && toldSack != sackOf(segment))
                || (segment.flags() & (TcpView.ECE | TcpView.CWR)) != 0;
    }

    private static long sackOf(TcpView segment) {
        long hash = segment.sackBlocks();
        for (int block = 0; block < segment.sackBlocks(); block++) {
            hash = (hash * 31 + segment.sackLeft(block)) * 31 + segment.sackRight(block);
        }
        return hash;
    }

    // What came twice, as it should think

    /** A copy of these bytes was not sent on; had it been, the peer would report it (RFC 2883). */
    void duplicate(int start, int end) {
        if (!hasSack) {
            return;
        }
        if (hasDuplicate && duplicateEnd == start) {
            duplicateEnd = end;
            return;
        }
        hasDuplicate = true;
        duplicateStart = start;
        duplicateEnd = end;
    }

    /** Whether an acknowledgement covers bytes whose copy was not sent on. */
    boolean isDuplicateDue(int acknowledgement) {
        return hasDuplicate && SequenceNumber.isAtOrBefore(duplicateEnd, acknowledgement);
    }

    int duplicateStart() {
        return duplicateStart;
    }

    int duplicateEnd() {
        return duplicateEnd;
    }

    void duplicateReported() {
        hasDuplicate = false;
    }
}
