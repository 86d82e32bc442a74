package dev.tunbridge.sim.plot;

/** What an axis shows, with its unit. */
public record Axis(String label, Scale scale) {

    /** How values become places. */
    public enum Scale {
        /** From zero on where no value is below it. */
        LINEAR,
        /** Of values above zero alone. */
        LOGARITHMIC
    }

    public static Axis linear(String label) {
        return new Axis(label, Scale.LINEAR);
    }

    public static Axis logarithmic(String label) {
        return new Axis(label, Scale.LOGARITHMIC);
    }
}
