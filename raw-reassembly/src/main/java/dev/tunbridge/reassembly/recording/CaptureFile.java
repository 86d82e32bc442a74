package dev.tunbridge.reassembly.recording;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.reassembly.wire.Encapsulation;
import dev.tunbridge.reassembly.wire.Encapsulation.Obstacle;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.LinkHeader;
import dev.tunbridge.reassembly.wire.LinkType;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A capture file, pcap or pcapng, also packed by gzip. Stamps are nanoseconds since 1970, whatever the file's resolution.
 * Of packets in each other (GRE, VXLAN, IP in IP and more, see {@link Encapsulation}) the innermost is handed over. What
 * is not IP is counted and passed over.
 *
 * <p>A file does not say which checksums an offload has yet to finish. As analysers do, a TCP checksum field that holds
 * the sum of the pseudo-header counts as unfinished; only a live source must be stricter.
 */
public final class CaptureFile implements SegmentSource {
    private final Path path;
    private final FileWindow window;
    private final PacketReader reader;
    private final Map<Integer, LinkHeader> links = new HashMap<>();
    private final Encapsulation encapsulation = new Encapsulation();
    private final UnreadPackets unread = new UnreadPackets();
    private final CapturedSegment segment = new CapturedSegment();
    private final IpView ip = new IpView();
    private long captured;
    private long truncated;
    private boolean ended;
    private boolean closed;

    private CaptureFile(Path path, FileWindow window, PacketReader reader) {
        this.path = path;
        this.window = window;
        this.reader = reader;
    }

    /** Opens a file; an {@link IOException} names it and what is wrong. */
    public static CaptureFile open(Path path) throws IOException {
        return open(path, MappedWindow.USUAL_BYTES);
    }

    static CaptureFile open(Path path, int windowBytes) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + ": is no ordinary file; allowed: a file, which can be mapped and read twice");
        }
        FileWindow window = new MappedWindow(FileChannel.open(path, StandardOpenOption.READ), windowBytes);
        try {
            if (FileFormat.isPacked(window)) {
                window.close();
                window = new UnpackedWindow(path.toString(), FileChannel.open(path, StandardOpenOption.READ));
            }
            PacketReader reader = FileFormat.open(path.toString(), window);
            if (reader instanceof PcapReader pcap) { // the whole file is of one type
                refuseUnknown(path, pcap.fileLinkNumber());
            }
            return new CaptureFile(path, window, reader);
        } catch (IOException | RuntimeException failure) {
            window.close();
            throw failure;
        }
    }

    private static void refuseUnknown(Path path, int linkNumber) throws IOException {
        if (LinkType.of(linkNumber).isEmpty()) {
            throw new IOException(
                    path + ": link type " + linkNumber + " is not supported; allowed: " + LinkType.allowed());
        }
    }

    @Override
    public int drain(SegmentHandler handler, int most) throws IOException {
        try {
            return read(handler, most);
        } catch (
                InternalError fault) { // what a SIGBUS of mapped memory becomes, when its page is no longer in the file
            ended = true;
            throw new IOException(path + ": became shorter while it was read", fault);
        }
    }

    private int read(SegmentHandler handler, int most) throws IOException {
        int drained = 0;
        while (drained < most && !closed) {
            if (!nextFrame()) {
                return drained > 0 ? drained : END;
            }
            if (handOver(handler)) {
                drained++;
            }
        }
        return closed && drained == 0 ? END : drained;
    }

    private boolean nextFrame() throws IOException {
        if (ended) {
            return false;
        }
        ended = true; // also where it fails
        ended = !reader.next();
        return !ended;
    }

    private boolean handOver(SegmentHandler handler) {
        LinkHeader link = link();
        ByteBuf buffer = reader.buffer();
        if (link == null || !link.wrap(buffer, reader.index(), reader.capturedBytes())) {
            return false;
        }
        int end = reader.index() + reader.capturedBytes();
        int index = innermost(buffer, reader.index() + link.ipOffset(), end);
        int length = end - index;
        int wireLength = Math.max(reader.wireBytes(), reader.capturedBytes()) - (index - reader.index());
        segment.wrap(buffer, index, length, wireLength, reader.timeNanos());
        segment.mark(0, false, isChecksumUnfinished(buffer, index, length));
        captured++;
        if (segment.isTruncated()) {
            truncated++;
        }
        handler.onSegment(segment);
        return true;
    }

    private @Nullable LinkHeader link() {
        LinkHeader known = links.get(reader.linkNumber());
        if (known != null) {
            return known;
        }
        LinkType type = LinkType.of(reader.linkNumber()).orElse(null);
        if (type == null) {
            unread.link(reader.linkNumber(), reader.number());
            return null;
        }
        LinkHeader added = new LinkHeader(type);
        links.put(reader.linkNumber(), added);
        return added;
    }

    private int innermost(ByteBuf buffer, int outermost, int end) {
        int index = outermost;
        for (int depth = 0; encapsulation.enter(buffer, index, end - index); depth++) {
            if (depth == Encapsulation.MOST_DEPTH) {
                unread.packet(Obstacle.TOO_DEEP, buffer, outermost, end - outermost);
                return index;
            }
            index = encapsulation.innerIndex();
        }
        if (encapsulation.obstacle() != Obstacle.NONE) {
            unread.packet(encapsulation.obstacle(), buffer, index, end - index);
        }
        return index;
    }

    private boolean isChecksumUnfinished(ByteBuf frame, int index, int length) {
        return ip.wrap(frame, index, length) == IpProblem.OK
                && ip.protocol() == IpView.PROTOCOL_TCP
                && !ip.isFragment()
                && ip.payloadLength() >= TcpView.HEADER_BYTES
                && frame.getUnsignedShort(ip.payloadIndex() + TcpView.CHECKSUM_AT)
                        == InternetChecksum.fold(ip.pseudoHeaderSum());
    }

    /** What the frames read so far were. */
    public FileTally tally() {
        return new FileTally(
                reader.number(),
                reader.number() - captured,
                reader.carriedStamps(),
                reader.unstamped(),
                unread.report());
    }

    @Override
    public CaptureCounters counters() {
        return new CaptureCounters(captured, reader.dropped(), truncated);
    }

    @Override
    public void close() {
        closed = true;
        try {
            window.close();
        } catch (IOException nothingLost) {
            // It was only read.
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
