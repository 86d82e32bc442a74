package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.VirtualTime;

/**
 * One direction of a TCP connection as its two applications see it: everything arrives in order, a lost segment holds up all behind it
 * until it has been sent again, and the sender hears later what was acknowledged.
 */
final class InOrderPipe {
    private final VirtualTime time;
    private final Dice dice;
    private final long oneWayNanos;
    private final double loss;
    private long epoch;
    private long arrivesNanos;
    private long ackedTo;
    private long writtenTo;
    private long deliveredTo;

    InOrderPipe(VirtualTime time, Dice dice, long oneWayNanos, double loss) {
        this.time = time;
        this.dice = dice;
        this.oneWayNanos = oneWayNanos;
        this.loss = loss;
    }

    /** Writes so many bytes, and does the rest when they have arrived; answers the offset behind them. */
    long write(int bytes, Runnable onArrival) {
        writtenTo += bytes;
        long offset = writtenTo;
        long wrote = epoch;
        arrivesNanos = Math.max(arrivesNanos, time.nowNanos() + oneWayNanos + repairNanos());
        time.at(arrivesNanos, () -> {
            if (epoch == wrote) {
                deliveredTo = offset;
                onArrival.run();
                time.after(oneWayNanos, () -> ackedTo = epoch == wrote ? Math.max(ackedTo, offset) : ackedTo);
            }
        });
        return offset;
    }

    /** A fast retransmission takes a round trip; where that is lost too, timeouts double. */
    private long repairNanos() {
        long nanos = 0;
        long again = 2 * oneWayNanos + VirtualTime.MILLISECOND;
        while (dice.chance(loss)) {
            nanos += again;
            again = Math.min(Math.max(2 * again, 200 * VirtualTime.MILLISECOND), 5 * VirtualTime.SECOND);
        }
        return nanos;
    }

    long ackedTo() {
        return ackedTo;
    }

    long unackedBytes() {
        return writtenTo - ackedTo;
    }

    /** What has arrived, which the sender cannot know. */
    long deliveredTo() {
        return deliveredTo;
    }

    /** The connection dies, and with it all that has not arrived. */
    void breakDown() {
        epoch++;
        arrivesNanos = 0;
        ackedTo = 0;
        writtenTo = 0;
        deliveredTo = 0;
    }
}
