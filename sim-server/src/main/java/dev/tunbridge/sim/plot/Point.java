package dev.tunbridge.sim.plot;

import java.util.Arrays;

/**
 * One place of a curve.
 *
 * @param y the median where it stands for several values
 * @param low their lower quartile, or {@code y}
 * @param high their upper quartile, or {@code y}
 */
public record Point(double x, double y, double low, double high) {
    public Point {
        if (!Double.isFinite(x) || !Double.isFinite(y) || !Double.isFinite(low) || !Double.isFinite(high)) {
            throw new IllegalArgumentException(
                    "point " + x + ", " + y + " from " + low + " to " + high + "; allowed: finite numbers");
        }
    }

    public static Point of(double x, double y) {
        return new Point(x, y, y, y);
    }

    /**
     * Median and quartiles of at least one value; between two values they lie as far between as their rank (as R's and
     * NumPy's default has it).
     */
    public static Point ofValues(double x, double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no value at " + x + "; allowed: at least one");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Point(x, quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75));
    }

    private static double quantile(double[] sorted, double share) {
        double rank = share * (sorted.length - 1);
        int below = (int) rank;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }

    boolean hasSpread() {
        return low < high;
    }
}
