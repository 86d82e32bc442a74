package dev.tunbridge.reassembly.capture;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/**
 * A capture file, pcap or pcapng, read by libpcap. Stamps are nanoseconds since 1970, whatever the file's resolution.
 * What is not IP is counted and passed over.
 *
 * <p>A file does not say which checksums an offload has yet to finish. As analysers do, a TCP checksum field that holds
 * the sum of the pseudo-header counts as unfinished; only a live source must be stricter.
 */
public final class CaptureFile implements SegmentSource {
    private static final int PROTOCOL_TCP = 6;

    private final Path path;
    private final PcapHandle handle;
    private final LinkHeader link;
    private final CapturedSegment segment = new CapturedSegment();
    private final IpView ip = new IpView();
    private long frames;
    private long captured;
    private long truncated;
    private boolean ended;
    private boolean closed;

    private CaptureFile(Path path, PcapHandle handle, LinkHeader link) {
        this.path = path;
        this.handle = handle;
        this.link = link;
    }

    /** Opens a file; an {@link IOException} names it and what is wrong. */
    public static CaptureFile open(Path path) throws IOException {
        LibPcap.require();
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        try {
            // Absolute, because "-" would be standard input.
            PcapHandle handle = Pcaps.openOffline(path.toAbsolutePath().toString(), TimestampPrecision.NANO);
            int number = handle.getDlt().value();
            var type = LinkType.of(number);
            if (type.isEmpty()) {
                handle.close();
                throw new IOException(
                        path + ": link type " + number + " is not supported; allowed: " + LinkType.allowed());
            }
            return new CaptureFile(path, handle, new LinkHeader(type.get()));
        } catch (PcapNativeException failure) {
            throw LibPcap.failure("cannot read", path.toString(), failure);
        }
    }

    @Override
    public int drain(SegmentHandler handler, int most) throws IOException {
        int drained = 0;
        while (drained < most && !closed) {
            byte[] frame = nextFrame();
            if (frame.length == 0) {
                return drained > 0 ? drained : END;
            }
            if (handOver(Unpooled.wrappedBuffer(frame), handler)) {
                drained++;
            }
        }
        return closed && drained == 0 ? END : drained;
    }

    /** The bytes of the next frame; none at the end. */
    private byte[] nextFrame() throws IOException {
        while (!ended) {
            try {
                byte[] frame = handle.getNextRawPacketEx();
                frames++;
                if (frame.length > 0) {
                    return frame;
                }
            } catch (EOFException end) {
                ended = true;
            } catch (PcapNativeException failure) {
                ended = true;
                throw LibPcap.failure("cannot read", path + ", frame " + (frames + 1), failure);
            } catch (TimeoutException | NotOpenException failure) {
                throw new IOException(path + ": " + failure.getMessage(), failure);
            }
        }
        return new byte[0];
    }

    private boolean handOver(ByteBuf frame, SegmentHandler handler) {
        int length = frame.readableBytes();
        if (!link.wrap(frame, 0, length)) {
            return false;
        }
        int offset = link.ipOffset();
        segment.wrap(
                frame,
                offset,
                length - offset,
                Math.max(length, handle.getOriginalLength()) - offset,
                LibPcap.epochNanos(handle.getTimestamp()));
        segment.mark(0, false, isChecksumUnfinished(frame, offset, length - offset));
        captured++;
        if (segment.isTruncated()) {
            truncated++;
        }
        handler.onSegment(segment);
        return true;
    }

    private boolean isChecksumUnfinished(ByteBuf frame, int index, int length) {
        return ip.wrap(frame, index, length) == IpProblem.OK
                && ip.protocol() == PROTOCOL_TCP
                && !ip.isFragment()
                && ip.payloadLength() >= TcpView.HEADER_BYTES
                && frame.getUnsignedShort(ip.payloadIndex() + TcpView.CHECKSUM_AT)
                        == InternetChecksum.fold(ip.pseudoHeaderSum());
    }

    /** Frames read so far that held no IP packet. */
    public long passedOver() {
        return frames - captured;
    }

    @Override
    public CaptureCounters counters() {
        return new CaptureCounters(captured, 0, truncated);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            handle.close();
        }
    }
}
