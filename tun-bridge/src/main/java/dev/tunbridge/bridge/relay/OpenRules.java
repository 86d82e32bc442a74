package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Which opens are admitted: those that the filter allows, and no more than there may be. Opens a second are a bucket that holds a second's worth. */
final class OpenRules {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final RelayLimits limits;
    private final Admission admission;
    private final ChannelTable channels;

    /** Until then opens are paid for. */
    private long paidNanos;

    OpenRules(RelayLimits limits, Admission admission, ChannelTable channels, long nowNanos) {
        this.limits = limits;
        this.admission = admission;
        this.channels = channels;
        paidNanos = nowNanos - SECOND;
    }

    /** Why not, or null. */
    @Nullable
    OpenRefusal refusal(Message.Open open, long nowNanos) {
        if (!isInTime(nowNanos)) {
            return OpenRefusal.OPEN_RATE;
        }
        if (channels.size() >= limits.channels()) {
            return OpenRefusal.CHANNELS;
        }
        if (channels.halfOpen() >= limits.halfOpen()) {
            return OpenRefusal.HALF_OPEN;
        }
        return open.devicePort() != 0 && admission.admits(open) ? null : OpenRefusal.NOT_ALLOWED;
    }

    private boolean isInTime(long nowNanos) {
        paidNanos = Math.max(paidNanos, nowNanos - SECOND);
        long each = SECOND / limits.opensPerSecond();
        if (paidNanos + each > nowNanos) {
            return false;
        }
        paidNanos += each;
        return true;
    }
}
