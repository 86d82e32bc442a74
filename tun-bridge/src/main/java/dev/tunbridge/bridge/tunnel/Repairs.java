package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.TunNetwork;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often what somebody takes from the device is set up anew. A network manager that was told to keep its hands on everything takes it away
 * each time, and two that do not give in would go on for ever.
 */
final class Repairs {
    private static final Logger LOG = LoggerFactory.getLogger(Repairs.class);

    /** Enough for somebody who tries something out by hand. */
    private static final int MOST = 5;

    /** How long they are remembered, and after which it is looked at again. */
    static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** What a look at the device has brought. */
    enum Finding {
        WHOLE,
        DOWN,
        REPAIRED,
        /** Something is missing, and it was set up too often already. */
        GIVEN_UP;

        static Finding of(TunNetwork.Condition condition) {
            return switch (condition) {
                case WHOLE -> WHOLE;
                case DOWN -> DOWN;
                case INCOMPLETE -> GIVEN_UP;
            };
        }
    }

    // The blocking thread's.
    private final long[] triedNanos = new long[MOST];
    private long tries;

    // The loop's.
    private Finding said = Finding.WHOLE;

    /** Whether it may be set up once more now; counts it. */
    boolean mayTry(long nowNanos) {
        int slot = (int) (tries % MOST);
        if (tries >= MOST && nowNanos - triedNanos[slot] < WINDOW_NANOS) {
            return false;
        }
        triedNanos[slot] = nowNanos;
        tries++;
        return true;
    }

    /** Tells the log what was found, where it is something else than before. */
    void say(Finding finding, String device) {
        boolean isNews = finding == Finding.REPAIRED || finding != said;
        said = finding;
        if (!isNews) {
            return;
        }
        switch (finding) {
            case WHOLE -> LOG.info("{} is whole again", device);
            case DOWN -> LOG.warn("{} was taken down: nothing comes through until it is up again", device);
            case REPAIRED ->
                LOG.warn("{}: somebody has taken its address, routes or rule away: they have been set up anew", device);
            case GIVEN_UP ->
                LOG.warn(
                        "{}: somebody takes its address, routes or rule away again and again ({} times within {} s): left as it is"
                                + " until the next change",
                        device,
                        MOST,
                        TimeUnit.NANOSECONDS.toSeconds(WINDOW_NANOS));
        }
    }
}
