package dev.tunbridge.sim.link;

/**
 * What one direction of the link does to packets. A packet waits in the queue, takes its time on the line at the
 * rate, and only then may be lost (a lost packet has used the link); what is not lost arrives after the delay.
 *
 * @param delayNanos from the end of transmission to arrival
 * @param jitterNanos the delay varies evenly by as much to either side; order is kept, as in a line with one queue
 * @param bitsPerSecond rate, counted over whole Ethernet frames; 0 for no limit
 * @param queueBytes bound of the queue in front of the rate, the frame being sent included; a frame that does not fit
 *     is dropped, unless the queue is empty
 * @param loss independent or correlated loss
 * @param gilbertElliott loss in bursts, besides {@code loss}
 * @param reorder packets that skip the delay and so overtake those within it
 * @param duplicate packets that arrive twice
 * @param corrupt packets that arrive with one bit flipped behind the Ethernet header
 */
public record Impairment(
        long delayNanos,
        long jitterNanos,
        long bitsPerSecond,
        long queueBytes,
        Chance loss,
        GilbertElliott gilbertElliott,
        Chance reorder,
        Chance duplicate,
        Chance corrupt,
        Blackout blackout,
        ExactDrops drops) {

    /** A queue for those who set a rate and nothing else: 100 ms at 100 Mbit/s. */
    static final long DEFAULT_QUEUE_BYTES = 1_250_000;

    static final long MAX_DELAY_NANOS = 60_000_000_000L;

    public static final Impairment NONE = new Impairment(
            0,
            0,
            0,
            DEFAULT_QUEUE_BYTES,
            Chance.NEVER,
            GilbertElliott.OFF,
            Chance.NEVER,
            Chance.NEVER,
            Chance.NEVER,
            Blackout.NONE,
            ExactDrops.NONE);

    public Impairment {
        if (delayNanos < 0 || delayNanos > MAX_DELAY_NANOS) {
            throw new IllegalArgumentException("delay " + delayNanos + " ns; allowed 0 to 60 s");
        }
        if (jitterNanos < 0 || jitterNanos > delayNanos) {
            throw new IllegalArgumentException(
                    "jitter " + jitterNanos + " ns; allowed 0 to the delay, " + delayNanos + " ns");
        }
        if (bitsPerSecond < 0) {
            throw new IllegalArgumentException("rate " + bitsPerSecond + " bit/s; allowed 0 (no limit) and above");
        }
        if (queueBytes < 0) {
            throw new IllegalArgumentException("queue " + queueBytes + " bytes; allowed 0 and above");
        }
    }

    Builder toBuilder() {
        return new Builder(this);
    }

    /** Values under construction: profiles and settings change some and keep the rest. */
    static final class Builder {
        long delayNanos;
        long jitterNanos;
        long bitsPerSecond;
        long queueBytes;
        Chance loss;
        GilbertElliott gilbertElliott;
        Chance reorder;
        Chance duplicate;
        Chance corrupt;
        long blackoutAtNanos;
        long blackoutForNanos;
        long blackoutEveryNanos;
        ExactDrops drops;

        private Builder(Impairment from) {
            delayNanos = from.delayNanos;
            jitterNanos = from.jitterNanos;
            bitsPerSecond = from.bitsPerSecond;
            queueBytes = from.queueBytes;
            loss = from.loss;
            gilbertElliott = from.gilbertElliott;
            reorder = from.reorder;
            duplicate = from.duplicate;
            corrupt = from.corrupt;
            blackoutAtNanos = from.blackout.atNanos();
            blackoutForNanos = from.blackout.forNanos();
            blackoutEveryNanos = from.blackout.everyNanos();
            drops = from.drops;
        }

        Impairment build() {
            return new Impairment(
                    delayNanos,
                    jitterNanos,
                    bitsPerSecond,
                    queueBytes,
                    loss,
                    gilbertElliott,
                    reorder,
                    duplicate,
                    corrupt,
                    new Blackout(blackoutAtNanos, blackoutForNanos, blackoutEveryNanos),
                    drops);
        }
    }
}
