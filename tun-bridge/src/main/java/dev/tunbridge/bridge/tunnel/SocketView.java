package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.stream.WindowBound;

/** What the kernel knows of the outer socket, by its descriptor. Loop thread only. */
public final class SocketView implements KernelView {
    private final TcpInfo info = new TcpInfo();
    private final WindowBound bound = new WindowBound();
    private final int fd;
    private long acked = UNKNOWN;
    private long sent = UNKNOWN;
    private long window = UNKNOWN;
    private long unread = UNKNOWN;
    private long outOfOrder = UNKNOWN;

    public SocketView(int fd) {
        this.fd = fd;
    }

    @Override
    public void refresh() {
        try {
            // In this order what has been sent comes out too large by what is acknowledged in between, never too small.
            int unacked = Sockets.unackedBytes(fd);
            unread = Sockets.unreadBytes(fd);
            info.refresh(fd);
            window = window();
            outOfOrder = info.outOfOrderSegments();
            boolean isKnown = info.bytesAcked() != TcpInfo.UNKNOWN && info.notSentBytes() != TcpInfo.UNKNOWN;
            acked = isKnown ? info.ackedOffset() : UNKNOWN;
            sent = isKnown ? acked + unacked - info.notSentBytes() : UNKNOWN;
        } catch (LinuxException e) {
            // The socket is gone, and with it soon the connection: the last snapshot stands.
        }
    }

    private long window() {
        long told = info.receiveWindowBytes();
        return told != TcpInfo.UNKNOWN
                ? told
                : bound.bytes(info.bytesReceived(), info.receiveWindowThresholdBytes(), info.receiveWindowScale());
    }

    @Override
    public long ackedOffset() {
        return acked;
    }

    @Override
    public long sentOffset() {
        return sent;
    }

    @Override
    public long receiveWindowBytes() {
        return window;
    }

    @Override
    public long unreadBytes() {
        return unread;
    }

    @Override
    public long outOfOrderSegments() {
        return outOfOrder;
    }
}
