package dev.tunbridge.sim.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns values into places along an axis, and chooses where the axis is marked.
 *
 * @param least value at the beginning of the axis
 * @param most value at its end
 */
record Ruler(Axis.Scale scale, double least, double most) {
    /** Marks of a linear axis, about. */
    private static final int MARKS = 6;

    /** Over the values; those that the scale cannot show do not count. */
    static Ruler of(Axis.Scale scale, double... values) {
        boolean isLogarithmic = scale == Axis.Scale.LOGARITHMIC;
        double[] shown = Arrays.stream(values)
                .filter(value -> !isLogarithmic || value > 0)
                .toArray();
        double least = Arrays.stream(shown).min().orElse(isLogarithmic ? 1 : 0);
        double most = Arrays.stream(shown).max().orElse(1);
        if (isLogarithmic) {
            return new Ruler(scale, least, most > least ? most : 10 * least);
        }
        double from = Math.min(0, least);
        double to = most > from ? most : from + 1;
        double step = step(to - from);
        return new Ruler(scale, Math.floor(from / step) * step, Math.ceil(to / step) * step);
    }

    boolean shows(double value) {
        return scale == Axis.Scale.LINEAR || value > 0;
    }

    /** 0 at the beginning, 1 at the end. */
    double place(double value) {
        return scale == Axis.Scale.LINEAR
                ? (value - least) / (most - least)
                : Math.log(value / least) / Math.log(most / least);
    }

    /** From the beginning to the end: at round numbers; at 1, 2 and 5 times each power of ten on a logarithmic axis. */
    List<Double> marks() {
        List<Double> marks = new ArrayList<>();
        if (scale == Axis.Scale.LINEAR) {
            double step = step(most - least);
            int count = (int) Math.round((most - least) / step);
            for (int mark = 0; mark <= count; mark++) {
                marks.add(least + mark * step);
            }
            return marks;
        }
        for (double power = Math.pow(10, Math.floor(Math.log10(least))); power <= most; power *= 10) {
            for (int factor : new int[] {1, 2, 5}) {
                double mark = factor * power;
                if (mark >= least * (1 - 1e-9) && mark <= most * (1 + 1e-9)) {
                    marks.add(mark);
                }
            }
        }
        return marks;
    }

    /** 1, 2 or 5 times a power of ten. */
    private static double step(double span) {
        double rough = span / MARKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double factor = rough / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }
}
