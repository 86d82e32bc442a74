package dev.tunbridge.sim.wire;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import dev.tunbridge.sim.traffic.DatagramStream;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What two captures of one stream of datagrams have seen: of the outer connection that carries it, and of the device
 * where it comes out. Takes no packet but those of its connection and its stream; one thread.
 *
 * <p>Both must bear times of one clock. Two captures of the kernel that are converted to {@link System#nanoTime} agree
 * within the error of that conversion, some microseconds; a datagram that thereby seems to come out before it came in
 * counts as one that did not wait.
 */
public final class WireRecord {
    private static final long MISSING = -1;
    private static final int ANY_PORT = -1;

    private final int serverPort;
    private final DatagramFrame frame;
    private final DatagramStream.Shape shape;
    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();
    private final OuterStream outer = new OuterStream();
    private final long[] arrivedAtNanos;
    private int devicePort = ANY_PORT;

    /**
     * @param serverPort of the outer connection; the first to come from there is the one
     * @param frame how a datagram lies in it
     * @param shape the stream
     */
    public WireRecord(int serverPort, DatagramFrame frame, DatagramStream.Shape shape) {
        this.serverPort = serverPort;
        this.frame = frame;
        this.shape = shape;
        arrivedAtNanos = new long[shape.datagrams()];
        Arrays.fill(arrivedAtNanos, MISSING);
    }

    /** A packet on the outer interface. */
    public void onOuter(CapturedSegment segment) {
        if (!isWhole(segment)
                || ip.protocol() != IpView.PROTOCOL_TCP
                || tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) != TcpProblem.OK
                || tcp.sourcePort() != serverPort
                || tcp.payloadLength() == 0) {
            return;
        }
        // What the kernel throws away has not arrived.
        if (!segment.isChecksumUnfinished() && !ip.payloadChecksumValid()) {
            return;
        }
        if (devicePort == ANY_PORT) {
            devicePort = tcp.destinationPort();
        }
        if (tcp.destinationPort() == devicePort) {
            outer.add(tcp.sequenceNumber(), tcp.buffer(), tcp.payloadIndex(), tcp.payloadLength(), segment.timeNanos());
        }
    }

    /** A packet on the device where the stream comes out; it may be several datagrams that were coalesced. */
    public void onInner(CapturedSegment segment) {
        if (!isWhole(segment) || ip.protocol() != IpView.PROTOCOL_UDP) {
            return;
        }
        byte[] datagrams = ByteBufUtil.getBytes(ip.buffer(), ip.payloadIndex(), ip.payloadLength());
        for (int at = UdpView.HEADER_BYTES; at + shape.bytes() <= datagrams.length; at += shape.bytes()) {
            int number = shape.numberAt(datagrams, at);
            if (number != DatagramStream.NONE && arrivedAtNanos[number] == MISSING) {
                arrivedAtNanos[number] = segment.timeNanos();
            }
        }
    }

    private boolean isWhole(CapturedSegment segment) {
        return !segment.isOutgoing()
                && !segment.isTruncated()
                && ip.wrap(segment.buffer(), segment.index(), segment.length()) == IpProblem.OK
                && !ip.isFragment();
    }

    /** Looks for the datagrams of the stream in the outer connection; to be called at the end. */
    public Waits waits() {
        long[] wholeAtNanos = wholeAtNanos();
        int arrived =
                (int) Arrays.stream(arrivedAtNanos).filter(at -> at != MISSING).count();
        long[] waits = IntStream.range(0, wholeAtNanos.length)
                .mapToLong(number -> wait(arrivedAtNanos[number], wholeAtNanos[number]))
                .toArray();
        return new Waits(arrived, waits);
    }

    private static long wait(long arrivedAtNanos, long wholeAtNanos) {
        boolean isKnown = arrivedAtNanos != MISSING && wholeAtNanos != OuterStream.UNSEEN;
        return isKnown ? Math.max(0, arrivedAtNanos - wholeAtNanos) : Waits.UNKNOWN;
    }

    private long[] wholeAtNanos() {
        long[] wholeAt = new long[shape.datagrams()];
        Arrays.fill(wholeAt, OuterStream.UNSEEN);
        for (int at = frame.headBytes(); at + shape.bytes() <= outer.end(); ) {
            int number = shape.numberAt(outer.bytes(), at);
            if (number == DatagramStream.NONE) {
                at++;
            } else {
                int behind = at + shape.bytes();
                wholeAt[number] = outer.wholeAtNanos(at - frame.headBytes(), behind + frame.tailBytes());
                at = behind;
            }
        }
        return wholeAt;
    }
}
