package dev.tunbridge.reassembly.stream;

/**
 * How far the receive window may reach where the kernel does not tell it ({@code tcpi_rcv_wnd}, Linux 6.2): what it would grant with
 * an empty buffer ({@code rcv_ssthresh}), rounded up to what the window scale can say (__tcp_select_window in
 * net/ipv4/tcp_output.c), and no right edge seen before is taken back (RFC 9293 section 3.8.6). So it is never less than the
 * kernel's window, and more by what lies unread or out of order. Without socket; one thread.
 */
public final class WindowBound {
    private long edge;

    /**
     * The largest window that the kernel may have granted.
     *
     * @param receivedBytes of the stream, in order, read or not; {@link KernelView#UNKNOWN} makes the answer so
     * @param thresholdBytes {@code rcv_ssthresh}, or {@link KernelView#UNKNOWN}
     * @param scale bits by which windows are shifted
     */
    public long bytes(long receivedBytes, long thresholdBytes, long scale) {
        if (receivedBytes == KernelView.UNKNOWN || thresholdBytes == KernelView.UNKNOWN) {
            return KernelView.UNKNOWN;
        }
        long unit = 1L << Math.max(0, scale);
        long granted = (thresholdBytes + unit - 1) / unit * unit;
        edge = Math.max(edge, receivedBytes + granted);
        return edge - receivedBytes;
    }
}
