package dev.tunbridge.sim.bench;

/** Which way the payload goes, seen from the device. */
enum Direction {
    DOWN("down"),
    UP("up");

    private final String word;

    Direction(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
