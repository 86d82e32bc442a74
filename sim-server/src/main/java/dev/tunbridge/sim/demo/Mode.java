package dev.tunbridge.sim.demo;

/** The two ways in which the demo plays. */
enum Mode {
    OFF("recovery off"),
    ON("recovery on");

    private final String label;

    Mode(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Of {@code recovery.enabled}. */
    String setting() {
        return String.valueOf(this == ON);
    }
}
