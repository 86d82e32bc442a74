package dev.tunbridge.reassembly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;

/** A copy of what a source handed over. */
@SuppressWarnings("ArrayRecordComponent") // Compared by its text, never shared.
public record Seen(
        byte[] bytes,
        int wireLength,
        long timeNanos,
        int interfaceIndex,
        boolean outgoing,
        boolean checksumUnfinished) {

    public static Seen copyOf(CapturedSegment segment) {
        byte[] bytes = new byte[segment.length()];
        ByteBuf buffer = segment.buffer();
        // Comparing buffers looks at what counts as written only.
        assertThat(buffer.writerIndex()).isGreaterThanOrEqualTo(segment.index() + segment.length());
        buffer.getBytes(segment.index(), bytes);
        return new Seen(
                bytes,
                segment.wireLength(),
                segment.timeNanos(),
                segment.interfaceIndex(),
                segment.isOutgoing(),
                segment.isChecksumUnfinished());
    }

    public IpView ip() {
        IpView ip = new IpView();
        if (ip.wrap(Unpooled.wrappedBuffer(bytes), 0, bytes.length) != IpProblem.OK) {
            throw new AssertionError("not an IP packet: " + Arrays.toString(bytes));
        }
        return ip;
    }

    public TcpView tcp() {
        IpView ip = ip();
        TcpView tcp = new TcpView();
        if (tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) != TcpProblem.OK) {
            throw new AssertionError("not a TCP segment: " + Arrays.toString(bytes));
        }
        return tcp;
    }

    /** Whether the checksum field holds what an offload leaves there: the sum of the pseudo-header. */
    boolean holdsPseudoHeaderSum() {
        return tcp().checksum() == InternetChecksum.fold(ip().pseudoHeaderSum());
    }

    /** Whether all of a connection is there: both sides' FINs, and the acknowledgement of each. */
    static boolean isComplete(List<Seen> seen, FourTuple path) {
        return finIsAcknowledged(seen, path.local().getPort())
                && finIsAcknowledged(seen, path.remote().getPort());
    }

    private static boolean finIsAcknowledged(List<Seen> seen, int port) {
        return seen.stream()
                .map(Seen::tcp)
                .filter(tcp -> tcp.sourcePort() == port && tcp.hasFlags(TcpView.FIN))
                .mapToInt(tcp -> tcp.sequenceNumber() + tcp.sequenceLength())
                .anyMatch(end -> seen.stream()
                        .map(Seen::tcp)
                        .anyMatch(tcp -> tcp.destinationPort() == port && tcp.acknowledgementNumber() == end));
    }

    /** The bytes of one direction of a connection from its SYN on, as the segments from this port have them. */
    static byte[] stream(List<Seen> seen, int sourcePort, int length) {
        byte[] stream = new byte[length];
        int initial = 0;
        for (Seen each : seen) {
            TcpView tcp = each.tcp();
            if (tcp.sourcePort() != sourcePort) {
                continue;
            }
            if (tcp.hasFlags(TcpView.SYN)) {
                initial = tcp.sequenceNumber() + 1;
            }
            int at = tcp.sequenceNumber() - initial;
            if (tcp.payloadLength() > 0) {
                tcp.buffer().getBytes(tcp.payloadIndex(), stream, at, tcp.payloadLength());
            }
        }
        return stream;
    }
}
