package dev.tunbridge.sim.bench.measure;

import java.util.Set;

/** Everything that a cell can measure, with its unit, in the order of the table. */
public enum Metric {
    RATE("rate", "Mbit/s", 2),
    SENT_RATE("rate at the sending end", "Mbit/s", 2, Better.NEITHER),
    LOST_SHARE("lost, share", "% of datagrams", 2),
    PAYLOAD("payload of a datagram", "bytes", 0, Better.NEITHER),
    STALLED("stalled", "% of 100 ms", 1),
    LONGEST_STALL("longest stall", "s", 1),
    INNER_RETRANSMISSIONS("inner retransmissions", "segments", 0),
    INNER_RETRANSMITTED("inner retransmitted", "kB", 0),
    INNER_RETRANSMITTED_SHARE("inner retransmissions per packet", "%", 3),
    LARGEST_WINDOW("largest congestion window", "segments at once", 0, Better.NEITHER),
    CARRIED_TWICE("carried twice", "% of unique bytes", 3),
    CARRIED_TWICE_BYTES("carried twice, bytes", "kB", 1),
    RATE_BEFORE("rate before", "Mbit/s", 2),
    RATE_BACK("90 % of the rate back after", "s", 2),
    OTHERS_LOST("lost by the others", "% of their rate", 1),
    LOST("lost", "datagrams", 0),
    LATENCY_P50("latency p50", "ms", 1),
    LATENCY_P95("latency p95", "ms", 1),
    LATENCY_P99("latency p99", "ms", 1),
    LATENCY_MAX("latency max", "ms", 1),
    LATE("later than median + 10 ms", "datagrams", 0),
    LATE_ON_WIRE("late already on the wire", "datagrams", 0),
    WHOLE_FRAMES("frames whole within 100 ms", "frames", 0, Better.MORE),
    WHOLE_FRAMES_SHARE("share of frames whole within 100 ms", "% of frames", 2, Better.MORE),
    FRAME_P50("whole frames, latency p50", "ms", 1),
    FRAME_P99("whole frames, latency p99", "ms", 1),
    REMOTE_DRIVING("fit for remote driving", "1 is yes", 0, Better.MORE),
    WAITED("waited over 5 ms after the wire", "datagrams", 0),
    WAITED_SHARE("share that waited over 5 ms", "% of datagrams", 2),
    WAIT_P50("wait after the wire p50", "ms", 2),
    WAIT_P99("wait after the wire p99", "ms", 2),
    WAIT_MAX("wait after the wire max", "ms", 1),
    TUN_DROPPED("dropped at the TUN device", "packets", 0),
    QDISC_DROPPED("of these in its qdisc", "packets", 0),
    TUN_DROPPED_SHARE("dropped at the TUN device, share", "% of datagrams", 3),
    OWN_SUPPRESSED("copies not carried, own count", "segments", 0, Better.NEITHER),
    OWN_DROPPED("dropped by its queue, own count", "packets", 0, Better.NEITHER),
    OWN_EARLY("delivered early, own count", "packets", 0, Better.NEITHER),
    OWN_WAITED("waited over 5 ms, own count", "packets", 0, Better.NEITHER),
    OWN_WAIT_P99("wait p99, own histogram", "ms", 2, Better.NEITHER),
    PING_AVERAGE("ping average", "ms", 1),
    PING_P50("ping p50", "ms", 2),
    PING_P99("ping p99", "ms", 2),
    PING_MAX("ping max", "ms", 1),
    PING_JITTER("ping jitter", "ms", 1),
    PING_SPIKE("ping max over average", "times", 2),
    PING_IDLE("ping before the load", "ms", 1),
    PING_IDLE_MAX("ping before the load, max", "ms", 1),
    PING_IDLE_JITTER("ping before the load, jitter", "ms", 1),
    PING_IDLE_SPIKE("ping before the load, max over average", "times", 2),
    PING_ADDED("ping added by the load", "ms", 1),
    PING_LOST("ping lost", "probes", 0),
    LOAD_RATE("load beside", "Mbit/s", 2),
    CONNECT_P50("connect p50", "ms", 2),
    CONNECT_P99("connect p99", "ms", 2),
    FIRST_BYTE_P50("first byte p50", "ms", 2),
    FIRST_BYTE_P99("first byte p99", "ms", 2),
    FETCH_RATE("fetches", "fetches/s", 1),
    FETCH_P50("fetch p50", "ms", 2),
    FETCH_P99("fetch p99", "ms", 2),
    FILES_TIME("time for all files", "s", 2),
    FILES_FETCHED("files fetched", "files", 0, Better.MORE),
    FETCHES_FAILED("fetches failed", "fetches", 0),
    RECONNECTED("packets pass again after", "s", 2),
    SERVER_BACK("server end back after", "s", 2, Better.NEITHER),
    MEMORY_PER_CONNECTION("memory of a connection, device end", "KiB", 1),
    CPU_DEVICE("cpu, device end", "s", 2),
    CPU_SERVER("cpu, server end", "s", 2),
    CPU_PER_GIGABYTE("cpu per gigabyte", "s/GB", 2),
    MEMORY_DEVICE("peak memory, device end", "MB", 0),
    MEMORY_SERVER("peak memory, server end", "MB", 0);

    private static final Set<String> COUNTED =
            Set.of("datagrams", "frames", "packets", "segments", "probes", "files", "fetches");

    private final String label;
    private final String unit;
    private final int decimals;
    private final Better better;

    /** Rates are to be high, and all else is to be low. */
    Metric(String label, String unit, int decimals) {
        this(label, unit, decimals, unit.endsWith("/s") ? Better.MORE : Better.LESS);
    }

    Metric(String label, String unit, int decimals, Better better) {
        this.label = label;
        this.unit = unit;
        this.decimals = decimals;
        this.better = better;
    }

    public String label() {
        return label;
    }

    public String unit() {
        return unit;
    }

    public int decimals() {
        return decimals;
    }

    public Better better() {
        return better;
    }

    /** Whether it is an amount by time, such as Mbit/s. */
    public boolean isRate() {
        return unit.endsWith("/s");
    }

    /** Whether a few events of a run decide about it, so that it differs much from run to run. */
    public boolean isExtreme() {
        return name().endsWith("_MAX")
                || name().endsWith("_SPIKE")
                || name().endsWith("_P99")
                || name().endsWith("_JITTER")
                || (name().contains("RETRANSMI") && !isCount())
                || name().startsWith("LONGEST");
    }

    /** The smallest difference that a reader of the table could act upon: five of the last digit. */
    public double notable() {
        return this == REMOTE_DRIVING ? 0 : 5 * Math.pow(10, -decimals); // that one is yes or no
    }

    /** Whether it counts things, so that repetitions add up. */
    public boolean isCount() {
        return COUNTED.contains(unit);
    }

    /** As JSON calls it. */
    public String key() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
