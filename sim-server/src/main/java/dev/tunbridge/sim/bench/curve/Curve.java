package dev.tunbridge.sim.bench.curve;

import dev.tunbridge.bridge.config.ConfigException;
import java.util.Arrays;
import java.util.List;

/** What can be drawn over something that is turned up step by step, or over time. */
public enum Curve {
    /** What a video upwards loses, and the rate of an upload, over the length of the TUN device's queue. */
    QUEUE("queue"),
    /** The rate of an upload over the round-trip time. */
    ROUND_TRIP("round-trip"),
    /** Rate, congestion windows and retransmissions of one upload as time goes by. */
    TIME("time"),
    /** A TUN device by itself: loss and throughput over the length of its queue. */
    PIPELINE("pipeline");

    private final String word;

    Curve(String word) {
        this.word = word;
    }

    /** As on the command line. */
    public String word() {
        return word;
    }

    public static List<String> words() {
        return Arrays.stream(values()).map(Curve::word).toList();
    }

    /**
     * The curve of that name.
     *
     * @throws ConfigException with those there are
     */
    public static Curve named(String word) {
        return Arrays.stream(values())
                .filter(curve -> curve.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new ConfigException("--curve", word, String.join(", ", words())));
    }
}
