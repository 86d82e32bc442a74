package dev.tunbridge.linux;

/**
 * What the kernel knows of one TCP connection ({@code getsockopt TCP_INFO}). The object is a snapshot that {@link
 * #refresh} renews, so that asking often allocates nothing; one thread uses it.
 *
 * <p>Older kernels return a shorter structure. A field that they lack reads {@link #UNKNOWN}, never zero: zero is a
 * legitimate value of most.
 *
 * <pre>
 *   offset  field                         since    offset  field                since
 *        0  u8  state                                 128  u64 bytes_received   4.1
 *        1  u8  ca_state                              136  u32 segs_out         4.2
 *        2  u8  retransmits                           144  u32 notsent_bytes    4.6
 *        4  u8  backoff                               148  u32 min_rtt          4.6
 *        5  bits options (8 ECN, 16 ECN seen)         152  u32 data_segs_in     4.6
 *        6  u4  snd_wscale, u4 rcv_wscale             160  u64 delivery_rate    4.9
 *        7  bit delivery_rate_app_limited 4.9         192  u32 delivered        4.18
 *        8  u32 rto                                   200  u64 bytes_sent       4.19
 *       16  u32 snd_mss                               208  u64 bytes_retrans    4.19
 *       24  u32 unacked                               216  u32 dsack_dups       4.19
 *       44  u32 last_data_sent                        220  u32 reord_seen       4.19
 *       64  u32 rcv_ssthresh                          224  u32 rcv_ooopack      5.4
 *       68  u32 rtt                                   228  u32 snd_wnd          5.4
 *       72  u32 rttvar                                232  u32 rcv_wnd          6.2
 *       80  u32 snd_cwnd
 *      100  u32 total_retrans
 *      104  u64 pacing_rate               3.15
 *      120  u64 bytes_acked               4.1
 * </pre>
 */
public final class TcpInfo {
    /** The running kernel does not report this field. */
    public static final long UNKNOWN = SocketSnapshot.UNKNOWN;

    /** The first of the {@link #congestionState} values in which the window is reduced or a loss repaired. */
    public static final long CWR = 2;

    /**
     * A system property with how many bytes of the structure are asked for, at most: with as many as an older kernel has, this one
     * answers as that would (Linux 6.1: 232). For tests and for looking into faults; read when the object is made.
     */
    public static final String BYTES_PROPERTY = "tunbridge.tcp-info.bytes";

    private static final int TCP_INFO = 11;
    private static final int CAPACITY_BYTES = 512;

    private final SocketSnapshot snapshot =
            new SocketSnapshot(TCP_INFO, "TCP_INFO", Math.min(CAPACITY_BYTES, askedBytes()));

    private static int askedBytes() {
        return Math.max(0, Integer.getInteger(BYTES_PROPERTY, CAPACITY_BYTES));
    }

    /** Takes a new snapshot of the connection behind this descriptor. */
    public void refresh(int fd) throws LinuxException {
        snapshot.refresh(fd);
    }

    public static TcpInfo of(int fd) throws LinuxException {
        TcpInfo info = new TcpInfo();
        info.refresh(fd);
        return info;
    }

    /** {@code TCP_ESTABLISHED} is 1. */
    public long state() {
        return snapshot.u8(0);
    }

    /** 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss. */
    public long congestionState() {
        return snapshot.u8(1);
    }

    /** Retransmission timeouts since the last acknowledgement. */
    public long retransmits() {
        return snapshot.u8(2);
    }

    /** How often the retransmission timeout, or the time to the next probe of a closed window, has been doubled. */
    public long backoff() {
        return snapshot.u8(4);
    }

    /** Whether the last delivery rate was limited by the application and so says little about the path. */
    public boolean isDeliveryRateAppLimited() {
        return snapshot.hasBits(7, 1);
    }

    /** Whether both ends agreed on explicit congestion notification. */
    public boolean isEcnNegotiated() {
        return snapshot.hasBits(5, 8);
    }

    /** Whether a packet came that may be marked (ECT, RFC 3168 section 5). */
    public boolean isEcnSeen() {
        return snapshot.hasBits(5, 16);
    }

    /** Timeouts in a row that the oldest unacknowledged segment has waited for. */
    public long timeouts() {
        return snapshot.u8(2);
    }

    /** By how many bits the windows that this end grants are shifted (RFC 7323), rounded up to what that can say. */
    public long receiveWindowScale() {
        long scales = snapshot.u8(6);
        return scales == UNKNOWN ? UNKNOWN : scales >>> 4;
    }

    public long retransmissionTimeoutMicros() {
        return snapshot.u32(8);
    }

    public long sendMss() {
        return snapshot.u32(16);
    }

    public long receiveMss() {
        return snapshot.u32(20);
    }

    public long unackedSegments() {
        return snapshot.u32(24);
    }

    public long sackedSegments() {
        return snapshot.u32(28);
    }

    public long lostSegments() {
        return snapshot.u32(32);
    }

    /** Since data was sent the last time, or sent again; whole ticks of the kernel's clock. */
    public long lastDataSentMillis() {
        return snapshot.u32(44);
    }

    /** How large a window the kernel would grant now if all of the receive buffer were free. */
    public long receiveWindowThresholdBytes() {
        return snapshot.u32(64);
    }

    public long rttMicros() {
        return snapshot.u32(68);
    }

    public long rttVariationMicros() {
        return snapshot.u32(72);
    }

    public long congestionWindowSegments() {
        return snapshot.u32(80);
    }

    public long reordering() {
        return snapshot.u32(88);
    }

    public long totalRetransmissions() {
        return snapshot.u32(100);
    }

    public long pacingRateBytesPerSecond() {
        return snapshot.u64(104);
    }

    /** Counts the SYN on the connecting side: one more than the data bytes acknowledged. */
    public long bytesAcked() {
        return snapshot.u64(120);
    }

    public long bytesReceived() {
        return snapshot.u64(128);
    }

    public long segmentsOut() {
        return snapshot.u32(136);
    }

    public long segmentsIn() {
        return snapshot.u32(140);
    }

    public long dataSegmentsIn() {
        return snapshot.u32(152);
    }

    /** Segments that have arrived, the SYN too, whether sent again or not. */
    public long delivered() {
        return snapshot.u32(192);
    }

    /** Payload of a full segment that the peer may send: what it was told less the options. */
    public long advertisedMss() {
        return snapshot.u32(84);
    }

    public long notSentBytes() {
        return snapshot.u32(144);
    }

    public long minimumRttMicros() {
        return snapshot.u32(148);
    }

    /** Bytes of the stream that the peer has acknowledged, on the side that connected: what is counted there includes its SYN. */
    public long ackedOffset() {
        long acked = bytesAcked();
        return acked == UNKNOWN ? UNKNOWN : Math.max(0, acked - 1);
    }

    public long deliveryRateBytesPerSecond() {
        return snapshot.u64(160);
    }

    public long bytesSent() {
        return snapshot.u64(200);
    }

    public long bytesRetransmitted() {
        return snapshot.u64(208);
    }

    public long duplicateSacks() {
        return snapshot.u32(216);
    }

    public long reorderingsSeen() {
        return snapshot.u32(220);
    }

    public long outOfOrderSegments() {
        return snapshot.u32(224);
    }

    public long sendWindowBytes() {
        return snapshot.u32(228);
    }

    public long receiveWindowBytes() {
        return snapshot.u32(232);
    }
}
