package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * What BBR tells of itself ({@code getsockopt TCP_CC_INFO}, {@code struct tcp_bbr_info} in linux/inet_diag.h). A snapshot that
 * {@link #refresh} renews; one thread uses it.
 */
public final class BbrInfo {
    private static final int TCP_CC_INFO = 26;
    private static final int BYTES = 20;
    private static final int PACING_GAIN = 12;
    private static final double UNIT = 256;

    private final Memory memory = new Memory(BYTES + Integer.BYTES);
    private final Pointer lengthPointer = memory.share(BYTES);
    private int length;

    /** Takes a new snapshot of the connection behind this descriptor. */
    public void refresh(int fd) throws LinuxException {
        lengthPointer.setInt(0, BYTES);
        if (LibC.getsockopt(fd, Sockets.IPPROTO_TCP, TCP_CC_INFO, memory, lengthPointer) < 0) {
            length = 0;
            throw LinuxException.last("getsockopt TCP_CC_INFO", "descriptor " + fd);
        }
        length = lengthPointer.getInt(0);
    }

    /**
     * What BBR multiplies its estimate of the bandwidth with to pace: 2.89 in its startup, about 1 later. 0 where the connection has
     * another congestion control; Vegas and DCTCP tell less.
     */
    public double pacingGain() {
        return length < BYTES ? 0 : memory.getInt(PACING_GAIN) / UNIT;
    }
}
