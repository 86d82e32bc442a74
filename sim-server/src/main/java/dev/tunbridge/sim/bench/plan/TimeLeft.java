package dev.tunbridge.sim.bench.plan;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How long cells that are planned will take. Each has a planned length; what it takes besides (starting and ending a tunnel,
 * stragglers, further attempts) is learnt from those that were played: from those of the same kind where there was one,
 * else from all.
 */
public final class TimeLeft {
    /** Before anything was played: namespaces, a tunnel's start, its end. */
    private static final Duration BESIDE = Duration.ofSeconds(3);

    private final Map<Object, Planned> ahead = new HashMap<>();
    private final Map<Object, Excess> byKind = new HashMap<>();
    private Excess ofAll = Excess.NONE;

    private record Planned(int cells, Duration length) {
        static final Planned NOTHING = new Planned(0, Duration.ZERO);
    }

    /** What cells have taken beyond their length, in all; a cell that failed early has taken less than nothing. */
    private record Excess(int cells, Duration time) {
        static final Excess NONE = new Excess(0, Duration.ZERO);

        Excess and(Duration more) {
            return new Excess(cells + 1, time.plus(more));
        }

        Duration mean() {
            return cells == 0 ? BESIDE : time.dividedBy(cells);
        }
    }

    /** One more cell. */
    public void plan(Object kind, Duration length) {
        Planned before = ahead.getOrDefault(kind, Planned.NOTHING);
        ahead.put(kind, new Planned(before.cells + 1, before.length.plus(length)));
    }

    /** A planned cell has been played. */
    public void took(Object kind, Duration length, Duration real) {
        Planned before = ahead.getOrDefault(kind, Planned.NOTHING);
        ahead.put(kind, new Planned(Math.max(0, before.cells - 1), before.length.minus(length)));
        Duration excess = real.minus(length);
        byKind.merge(kind, Excess.NONE.and(excess), (sum, one) -> sum.and(excess));
        // A load that ended before its time says nothing of others.
        ofAll = ofAll.and(excess.isNegative() ? Duration.ZERO : excess);
    }

    /** The same plan with what another has learnt. */
    public TimeLeft learning(TimeLeft other) {
        TimeLeft taught = new TimeLeft();
        taught.ahead.putAll(ahead);
        taught.byKind.putAll(other.byKind);
        taught.ofAll = other.ofAll;
        return taught;
    }

    /** Both plans; what either has learnt is left behind. */
    public TimeLeft and(TimeLeft other) {
        TimeLeft both = new TimeLeft();
        both.ahead.putAll(ahead);
        other.ahead.forEach((kind, planned) -> both.ahead.merge(
                kind, planned, (one, more) -> new Planned(one.cells + more.cells, one.length.plus(more.length))));
        return both;
    }

    /** Of all that is planned and has not been played. */
    public Duration estimate() {
        Duration sum = Duration.ZERO;
        for (Map.Entry<Object, Planned> entry : ahead.entrySet()) {
            Planned planned = entry.getValue();
            Duration each = byKind.getOrDefault(entry.getKey(), ofAll).mean();
            Duration time = planned.length.plus(each.multipliedBy(planned.cells));
            sum = sum.plus(time.isNegative() ? Duration.ZERO : time);
        }
        return sum;
    }

    /** As a person would say it: {@code 40 s}, {@code 3:05 min} or {@code 7 h 20 min}. */
    public static String words(Duration time) {
        if (time.toHours() > 0) {
            return time.toHours() + " h " + time.toMinutesPart() + " min";
        }
        return time.toMinutes() > 0
                ? String.format("%d:%02d min", time.toMinutes(), time.toSecondsPart())
                : time.toSeconds() + " s";
    }
}
