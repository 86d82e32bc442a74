package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * What the kernel knows of one TCP connection ({@code getsockopt TCP_INFO}). The object is a snapshot that {@link #refresh} renews,
 * so that asking often allocates nothing; one thread uses it.
 *
 * <p>Older kernels return a shorter structure. A field that they lack reads {@link #UNKNOWN}, never zero: zero is a legitimate value
 * of most.
 *
 * <pre>
 *   offset  field                    since     offset  field                since
 *        0  u8  state                             136  u32 segs_out         4.2
 *        1  u8  ca_state                          144  u32 notsent_bytes    4.6
 *        7  bit delivery_rate_app_limited 4.9     148  u32 min_rtt          4.6
 *        8  u32 rto                               160  u64 delivery_rate    4.9
 *       16  u32 snd_mss                           192  u32 delivered        4.18
 *       24  u32 unacked                           200  u64 bytes_sent       4.19
 *       68  u32 rtt                               208  u64 bytes_retrans    4.19
 *       72  u32 rttvar                            216  u32 dsack_dups       4.19
 *       80  u32 snd_cwnd                          220  u32 reord_seen       4.19
 *      100  u32 total_retrans                     224  u32 rcv_ooopack      5.4
 *      104  u64 pacing_rate     3.15              228  u32 snd_wnd          5.4
 *      120  u64 bytes_acked     4.1               232  u32 rcv_wnd          6.2
 *      128  u64 bytes_received  4.1
 * </pre>
 */
public final class TcpInfo {
    /** The running kernel does not report this field. */
    public static final long UNKNOWN = -1;

    /** The first of the {@link #congestionState} values in which the window is reduced or a loss repaired. */
    public static final long CWR = 2;

    private static final int TCP_INFO = 11;
    private static final int CAPACITY_BYTES = 512;

    private final Memory memory = new Memory(CAPACITY_BYTES + Integer.BYTES);
    private final Pointer lengthPointer = memory.share(CAPACITY_BYTES);
    private int length;

    /** Takes a new snapshot of the connection behind this descriptor. */
    public void refresh(int fd) throws LinuxException {
        lengthPointer.setInt(0, CAPACITY_BYTES);
        if (LibC.getsockopt(fd, Sockets.IPPROTO_TCP, TCP_INFO, memory, lengthPointer) < 0) {
            length = 0;
            throw LinuxException.last("getsockopt TCP_INFO", "descriptor " + fd);
        }
        length = lengthPointer.getInt(0);
    }

    public static TcpInfo of(int fd) throws LinuxException {
        TcpInfo info = new TcpInfo();
        info.refresh(fd);
        return info;
    }

    /** {@code TCP_ESTABLISHED} is 1. */
    public long state() {
        return u8(0);
    }

    /** 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss. */
    public long congestionState() {
        return u8(1);
    }

    /** Whether the last delivery rate was limited by the application and so says little about the path. */
    public boolean isDeliveryRateAppLimited() {
        return length > 7 && (memory.getByte(7) & 1) != 0;
    }

    /** Whether both ends agreed on explicit congestion notification. */
    public boolean isEcnNegotiated() {
        return length > 5 && (memory.getByte(5) & 8) != 0;
    }

    public long retransmissionTimeoutMicros() {
        return u32(8);
    }

    public long sendMss() {
        return u32(16);
    }

    public long receiveMss() {
        return u32(20);
    }

    public long unackedSegments() {
        return u32(24);
    }

    public long sackedSegments() {
        return u32(28);
    }

    public long lostSegments() {
        return u32(32);
    }

    public long rttMicros() {
        return u32(68);
    }

    public long rttVariationMicros() {
        return u32(72);
    }

    public long congestionWindowSegments() {
        return u32(80);
    }

    public long reordering() {
        return u32(88);
    }

    public long totalRetransmissions() {
        return u32(100);
    }

    public long pacingRateBytesPerSecond() {
        return u64(104);
    }

    /** Counts the SYN on the connecting side: one more than the data bytes acknowledged. */
    public long bytesAcked() {
        return u64(120);
    }

    public long bytesReceived() {
        return u64(128);
    }

    public long segmentsOut() {
        return u32(136);
    }

    public long segmentsIn() {
        return u32(140);
    }

    public long notSentBytes() {
        return u32(144);
    }

    public long minimumRttMicros() {
        return u32(148);
    }

    public long deliveryRateBytesPerSecond() {
        return u64(160);
    }

    public long bytesSent() {
        return u64(200);
    }

    public long bytesRetransmitted() {
        return u64(208);
    }

    public long duplicateSacks() {
        return u32(216);
    }

    public long reorderingsSeen() {
        return u32(220);
    }

    public long outOfOrderSegments() {
        return u32(224);
    }

    public long sendWindowBytes() {
        return u32(228);
    }

    public long receiveWindowBytes() {
        return u32(232);
    }

    private long u8(int offset) {
        return offset < length ? memory.getByte(offset) & 0xff : UNKNOWN;
    }

    private long u32(int offset) {
        return offset + Integer.BYTES <= length ? Integer.toUnsignedLong(memory.getInt(offset)) : UNKNOWN;
    }

    private long u64(int offset) {
        return offset + Long.BYTES <= length ? memory.getLong(offset) : UNKNOWN;
    }
}
