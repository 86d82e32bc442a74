package dev.tunbridge.bridge.service;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which news of one tunnel are news. A server that ends each session at once, or cannot be reached for days, would say the
 * same for ever: from the third round of the same kind on it is counted, and said once a minute. A round is a try to
 * connect, perhaps a session, and the reason of its end; the same are two whose reasons differ in numbers only. What is
 * different is said at once, and so is a session that lasts. No clock; any thread.
 *
 * <pre>
 *   connecting ► (up) ► waiting: reason ► connecting ► …
 * </pre>
 */
final class RepeatedNews {
    static final long SAY_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** A session that is up for so long is another matter. */
    static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** So many rounds of a kind are told in full: the second shows that it was no accident. */
    private static final int UNTIL = 2;

    /** As "0.5 s" and "45 min". */
    static final Pattern DURATION = Pattern.compile("\\d+(\\.\\d+)? (s|ms|min|h)\\b");

    private String connecting = "";
    private @Nullable String reason;
    private boolean hadSession;
    private int same;
    private int unsaid;
    private long saidNanos;
    private OptionalLong upNanos = OptionalLong.empty();
    private Optional<String> heldUp = Optional.empty();

    /** A try begins; answers what to say. */
    synchronized Optional<String> connecting(String text) {
        boolean isRepeated = same >= UNTIL && text.equals(connecting);
        connecting = text;
        return isRepeated ? Optional.empty() : Optional.of(text);
    }

    /** A session is up; what to say now. Where it is nothing, {@link #lasting} may say it later. */
    synchronized Optional<String> up(String text, long nowNanos) {
        upNanos = OptionalLong.of(nowNanos);
        if (same < UNTIL || !hadSession) {
            return Optional.of(text);
        }
        heldUp = Optional.of(text);
        return Optional.empty();
    }

    /** To be asked {@link #LASTING_NANOS} after a session came up of which nothing was said. */
    synchronized Optional<String> lasting(long nowNanos) {
        if (heldUp.isEmpty() || upNanos.isEmpty() || nowNanos - upNanos.getAsLong() < LASTING_NANOS) {
            return Optional.empty();
        }
        Optional<String> text = heldUp;
        forget();
        return text;
    }

    /** A round has ended; what to say. */
    synchronized Optional<String> waiting(String text, long nowNanos) {
        boolean isSession = upNanos.isPresent();
        boolean hasLasted = isSession && nowNanos - upNanos.getAsLong() >= LASTING_NANOS;
        upNanos = OptionalLong.empty();
        heldUp = Optional.empty();
        String kind = DURATION.matcher(text).replaceAll("#");
        if (hasLasted || !kind.equals(reason) || isSession != hadSession) {
            reason = kind;
            hadSession = isSession;
            same = hasLasted ? 0 : 1;
            unsaid = 0;
            saidNanos = nowNanos;
            return Optional.of(text);
        }
        same++;
        unsaid++;
        long sinceNanos = nowNanos - saidNanos;
        if (same > UNTIL && sinceNanos < SAY_AGAIN_NANOS) {
            return Optional.empty();
        }
        String again = unsaid == 1
                ? text
                : text + " (" + unsaid + " times in " + TimeUnit.NANOSECONDS.toSeconds(sinceNanos) + " s)";
        unsaid = 0;
        saidNanos = nowNanos;
        return Optional.of(again);
    }

    private void forget() {
        reason = null;
        same = 0;
        unsaid = 0;
        heldUp = Optional.empty();
    }
}
