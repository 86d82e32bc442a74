package dev.tunbridge.bridge.service;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Which news of one tunnel are news. A server that ends each session at once, or cannot be reached for days, would say the
 * same for ever: from the third round of the same kind on it is counted, and said once a minute. A round is a try to
 * connect, perhaps a session, and the reason of its end; the same are two whose reasons differ in durations only, also where others came
 * between them: a server that closes at once is told as an end or as a reset, by chance. What is different is said at once, and so is a session
 * that lasts. No clock; any thread.
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
    private static final Pattern DURATION = Pattern.compile("\\d+(\\.\\d+)? (s|ms|min|h)\\b");

    /** More reasons than a fault alternates between. */
    private static final int MOST_KINDS = 8;

    private static final long FORGET_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** What was said of rounds that ended alike. */
    private static final class Kind {
        private int rounds;
        private int unsaid;
        private long saidNanos;
        private long seenNanos;
    }

    /** By the reason; what was not seen for longest is forgotten first. */
    private final Map<String, Kind> kinds = new LinkedHashMap<>(MOST_KINDS, 1, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kind> eldest) {
            return size() > MOST_KINDS;
        }
    };

    private String connecting = "";
    private Kind last = new Kind();
    private boolean hadSession;
    private OptionalLong upNanos = OptionalLong.empty();
    private Optional<String> heldUp = Optional.empty();

    /** A try begins; answers what to say. */
    synchronized Optional<String> connecting(String text) {
        boolean isRepeated = last.rounds >= UNTIL && text.equals(connecting);
        connecting = text;
        return isRepeated ? Optional.empty() : Optional.of(text);
    }

    /** A session is up; what to say now. Where it is nothing, {@link #lasting} may say it later. */
    synchronized Optional<String> up(String text, long nowNanos) {
        upNanos = OptionalLong.of(nowNanos);
        if (last.rounds < UNTIL || !hadSession) {
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
        if (hasLasted) {
            forget();
        }
        hadSession = isSession;
        String reason =
                (isSession ? "after a session: " : "") + DURATION.matcher(text).replaceAll("#");
        Kind kind = kinds.get(reason);
        if (kind == null || nowNanos - kind.seenNanos > FORGET_NANOS) {
            kind = new Kind();
            kinds.put(reason, kind);
        }
        last = kind;
        kind.seenNanos = nowNanos;
        if (kind.rounds == 0) {
            kind.rounds = hasLasted ? 0 : 1;
            kind.saidNanos = nowNanos;
            return Optional.of(text);
        }
        kind.rounds++;
        kind.unsaid++;
        long sinceNanos = nowNanos - kind.saidNanos;
        if (kind.rounds > UNTIL && sinceNanos < SAY_AGAIN_NANOS) {
            return Optional.empty();
        }
        String again = kind.unsaid == 1
                ? text
                : text + " (" + kind.unsaid + " times in " + TimeUnit.NANOSECONDS.toSeconds(sinceNanos) + " s)";
        kind.unsaid = 0;
        kind.saidNanos = nowNanos;
        return Optional.of(again);
    }

    private void forget() {
        kinds.clear();
        last = new Kind();
        heldUp = Optional.empty();
    }
}
