package dev.tunbridge.bridge.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** The last things that happened, as lines to read; kept only in the run that explains a failure. */
public final class Trace {
    private final int most;
    private final Deque<String> lines = new ArrayDeque<>();

    private Trace(int most) {
        this.most = most;
    }

    public static Trace none() {
        return new Trace(0);
    }

    public static Trace ofLast(int lines) {
        return new Trace(lines);
    }

    public void add(VirtualTime time, Supplier<String> text) {
        if (most > 0) {
            if (lines.size() == most) {
                lines.remove();
            }
            lines.add(String.format(
                    Locale.ROOT, "%12.6f  %s", (double) time.nowNanos() / VirtualTime.SECOND, text.get()));
        }
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }
}
