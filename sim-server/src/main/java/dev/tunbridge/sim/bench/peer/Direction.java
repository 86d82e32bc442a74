package dev.tunbridge.sim.bench.peer;

/** Which way the payload goes, seen from the device. */
public enum Direction {
    DOWN("down"),
    UP("up");

    private final String word;

    Direction(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }
}
