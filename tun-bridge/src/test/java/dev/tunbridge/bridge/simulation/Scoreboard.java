package dev.tunbridge.bridge.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a TCP sender has sent and does not know to have arrived, in the order of the stream. */
final class Scoreboard {
    /** A range that was sent in one segment. */
    static final class Sent {
        long start;
        long end;
        long sentNanos;
        boolean retransmitted;
        boolean lost;
        boolean selectivelyAcknowledged;

        private Sent(long start, long end, long sentNanos) {
            this.start = start;
            this.end = end;
            this.sentNanos = sentNanos;
        }

        private boolean isInFlight() {
            return !lost && !selectivelyAcknowledged;
        }
    }

    private final List<Sent> sent = new ArrayList<>();
    private long inFlightBytes;
    private int lostCount;

    boolean isEmpty() {
        return sent.isEmpty();
    }

    long inFlightBytes() {
        return inFlightBytes;
    }

    void add(long start, long end, long nowNanos) {
        sent.add(new Sent(start, end, nowNanos));
        inFlightBytes += end - start;
    }

    /** Takes in what an acknowledgement says; answers how many bytes it newly covers. */
    long acknowledge(long offset, List<Acknowledgement.Range> selective, Consumer<Sent> onDelivered) {
        long delivered = 0;
        int gone = 0;
        while (gone < sent.size() && sent.get(gone).end <= offset) {
            delivered += deliver(sent.get(gone), onDelivered);
            gone++;
        }
        sent.subList(0, gone).clear();
        if (!sent.isEmpty() && sent.get(0).start < offset) {
            Sent first = sent.get(0);
            delivered += offset - first.start;
            inFlightBytes -= first.isInFlight() ? offset - first.start : 0;
            first.start = offset;
        }
        for (Acknowledgement.Range range : selective) {
            for (Sent one : sent) {
                if (one.start >= range.end()) {
                    break;
                }
                if (one.start >= range.start() && one.end <= range.end()) {
                    delivered += deliver(one, onDelivered);
                }
            }
        }
        return delivered;
    }

    private long deliver(Sent one, Consumer<Sent> onDelivered) {
        if (one.selectivelyAcknowledged) {
            return 0;
        }
        inFlightBytes -= one.isInFlight() ? one.end - one.start : 0;
        lostCount -= one.lost ? 1 : 0;
        one.lost = false;
        one.selectivelyAcknowledged = true;
        onDelivered.accept(one);
        return one.end - one.start;
    }

    /** Everything sent before that time, and everything with so many delivered segments behind it, is lost. */
    boolean loseSentBefore(long nanos, int threshold) {
        boolean any = false;
        int deliveredBehind = 0;
        for (int i = sent.size() - 1; i >= 0; i--) {
            Sent one = sent.get(i);
            if (one.selectivelyAcknowledged) {
                deliveredBehind++;
            } else if (!one.lost && (one.sentNanos < nanos || (deliveredBehind >= threshold && !one.retransmitted))) {
                lose(one);
                any = true;
            }
        }
        return any;
    }

    boolean loseFirst() {
        if (sent.isEmpty() || sent.get(0).lost) {
            return false;
        }
        lose(sent.get(0));
        return true;
    }

    void loseAll() {
        for (Sent one : sent) {
            if (one.isInFlight()) {
                lose(one);
            }
        }
    }

    private void lose(Sent one) {
        one.lost = true;
        lostCount++;
        inFlightBytes -= one.end - one.start;
    }

    @Nullable
    Sent firstLost() {
        if (lostCount == 0) {
            return null;
        }
        for (Sent one : sent) {
            if (one.lost) {
                return one;
            }
        }
        throw new IllegalStateException("the count of lost segments is " + lostCount + ", and none is there");
    }

    /** Makes one of this and the lost ones right behind it, as far as they fit a segment. */
    void mergeLost(Sent first, int most) {
        int next = sent.indexOf(first) + 1;
        while (next < sent.size() && sent.get(next).lost && sent.get(next).end - first.start <= most) {
            first.end = sent.remove(next).end;
            lostCount--;
        }
    }

    /** Leaves the first bytes in this one, and the rest, still lost, behind it. */
    void split(Sent lost, int most) {
        if (lost.end - lost.start > most) {
            Sent rest = new Sent(lost.start + most, lost.end, lost.sentNanos);
            rest.lost = true;
            rest.retransmitted = lost.retransmitted;
            lost.end = rest.start;
            lostCount++;
            sent.add(sent.indexOf(lost) + 1, rest);
        }
    }

    void resent(Sent one, long nowNanos) {
        one.lost = false;
        lostCount--;
        one.retransmitted = true;
        one.sentNanos = nowNanos;
        inFlightBytes += one.end - one.start;
    }
}
