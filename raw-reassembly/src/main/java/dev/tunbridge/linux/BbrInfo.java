package dev.tunbridge.linux;

/**
 * What BBR tells of itself ({@code getsockopt TCP_CC_INFO}, {@code struct tcp_bbr_info} in linux/inet_diag.h). A snapshot that
 * {@link #refresh} renews; one thread uses it.
 */
public final class BbrInfo {
    private static final int TCP_CC_INFO = 26;
    private static final int BYTES = 20;
    private static final int BANDWIDTH = 0;
    private static final int BANDWIDTH_HIGH = 4;
    private static final int MINIMUM_RTT = 8;
    private static final int PACING_GAIN = 12;
    /** The structure's last field, which those of other congestion controls do not reach. */
    private static final int CWND_GAIN = 16;

    private static final double UNIT = 256;

    private final SocketSnapshot snapshot = new SocketSnapshot(TCP_CC_INFO, "TCP_CC_INFO", BYTES);

    /** Takes a new snapshot of the connection behind this descriptor. */
    public void refresh(int fd) throws LinuxException {
        snapshot.refresh(fd);
    }

    /**
     * What BBR multiplies its estimate of the bandwidth with to pace: 2.89 in its startup, about 1 later. 0 where the
     * connection has another congestion control; Vegas and DCTCP tell less.
     */
    public double pacingGain() {
        return isBbr() ? snapshot.u32(PACING_GAIN) / UNIT : 0;
    }

    /**
     * What it takes the path for: the most that was delivered in one of the last ten round trips, or what a policer lets
     * through; 0 without BBR.
     */
    public long bandwidthBytesPerSecond() {
        return isBbr() ? snapshot.u32(BANDWIDTH) | snapshot.u32(BANDWIDTH_HIGH) << Integer.SIZE : 0;
    }

    /** The shortest round trip of the last ten seconds; 0 without BBR. */
    public long minimumRttMicros() {
        return isBbr() ? snapshot.u32(MINIMUM_RTT) : 0;
    }

    private boolean isBbr() {
        return snapshot.u32(CWND_GAIN) != SocketSnapshot.UNKNOWN;
    }
}
