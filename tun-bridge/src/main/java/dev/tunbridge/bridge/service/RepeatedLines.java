package dev.tunbridge.bridge.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Which lines of the log are news. What is said of a try to connect would be said at each, ten times a second where a server ends its
 * sessions at once; from the third time on the same line is said once a minute. The same are two that differ in durations only. What
 * is logged below {@link Level#INFO} is for whoever looks for a fault, and stays whole. {@link RepeatedNews} does this for what
 * goes to the operator besides the log. Any thread; holds a few hundred lines.
 */
public final class RepeatedLines extends Filter<ILoggingEvent> {
    private static final long SAY_AGAIN_MILLIS = TimeUnit.NANOSECONDS.toMillis(RepeatedNews.SAY_AGAIN_NANOS);

    /** The second shows that it was no accident. */
    private static final int UNTIL = 2;

    private static final int MAX_LINES = 256;

    /** How often a line was said, and when last; what was not seen for longest is forgotten first. */
    private final Map<String, Said> said = new LinkedHashMap<>(MAX_LINES, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Said> eldest) {
            return size() > MAX_LINES;
        }
    };

    private record Said(int times, long lastMillis) {}

    @Override
    public synchronized FilterReply decide(ILoggingEvent event) {
        if (!event.getLevel().isGreaterOrEqual(Level.INFO)) {
            return FilterReply.NEUTRAL;
        }
        String line = RepeatedNews.DURATION.matcher(event.getFormattedMessage()).replaceAll("#");
        long now = event.getTimeStamp();
        Said before = said.get(line);
        boolean isLongAgo = before != null && Math.abs(now - before.lastMillis) >= SAY_AGAIN_MILLIS;
        if (before != null && before.times >= UNTIL && !isLongAgo) {
            return FilterReply.DENY;
        }
        said.put(line, new Said(before == null ? 1 : Math.min(UNTIL, before.times + 1), now));
        return FilterReply.NEUTRAL;
    }
}
