package dev.tunbridge.sim.plot;

import java.util.List;

/** One curve of a chart; its points in the order in which they are joined. */
public record Series(String name, List<Point> points) {
    public Series {
        points = List.copyOf(points);
    }
}
