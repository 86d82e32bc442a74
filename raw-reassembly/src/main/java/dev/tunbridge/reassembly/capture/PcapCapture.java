package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.LinkHeader;
import dev.tunbridge.reassembly.wire.LinkType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.Timestamp;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.PcapDirection;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapNetworkInterface;
import org.pcap4j.core.PcapNetworkInterface.PromiscuousMode;
import org.pcap4j.core.PcapStat;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Capture through libpcap, for whoever cannot use the ring. libpcap blocks, so a thread of its own copies packets and
 * hands them to the loop; what waits between the two is bounded by the ring's bytes, and what does not fit is counted
 * as dropped.
 *
 * <p>libpcap keeps the kernel's word on unfinished checksums to itself: {@link CapturedSegment#isChecksumUnfinished} is
 * never true here, so a super-packet of receive offload does not pass a validator. Nor does it say which way a packet
 * of one interface went: addresses tell, where the filter names any.
 */
public final class PcapCapture implements LiveSource {
    private static final Logger log = LoggerFactory.getLogger(PcapCapture.class);

    /** The longest packet, and the longest link header with two VLAN tags. */
    private static final int SNAPSHOT_BYTES = 65_575 + 28;

    /** What a waiting packet costs beside its bytes. */
    private static final int OVERHEAD_BYTES = 64;

    /** Should libpcap not notice that it is to end: the thread is a daemon, and closes what it holds whenever it ends. */
    private static final long JOIN_MILLIS = 1_000;

    private final PcapHandle handle;
    private final String name;
    private final CaptureFilter filter;
    private final int interfaceIndex;
    private final LinkHeader link;
    private final Thread thread;

    // Between the thread and the loop.
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final int mostWaitingBytes;
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private final AtomicLong notHandedOver = new AtomicLong();
    private final AtomicBoolean turnDue = new AtomicBoolean();
    private volatile @Nullable EventLoop loop;
    private volatile Runnable onReadable = () -> {};
    private volatile boolean closed;
    private volatile @Nullable IOException failure;

    // On the loop.
    private final CapturedSegment segment = new CapturedSegment();
    private final KernelClock clock = new KernelClock();
    private final IpView ip = new IpView();
    private CaptureCounters kernelCounters = CaptureCounters.NONE;
    private long truncated;

    private record Waiting(ByteBuf frame, int originalLength, int seconds, int nanos) {}

    private PcapCapture(PcapHandle handle, CaptureOptions options, int interfaceIndex, LinkHeader link) {
        this.handle = handle;
        this.name = options.interfaceName().orElse("all interfaces");
        this.filter = options.filter();
        this.interfaceIndex = interfaceIndex;
        this.link = link;
        mostWaitingBytes = options.ringBytes();
        thread = new Thread(this::capture, "pcap-" + name);
        thread.setDaemon(true);
    }

    /**
     * Captures from now on, in the network namespace of the calling thread.
     *
     * @throws IOException naming the Debian package where libpcap is missing; a {@link dev.tunbridge.linux.LinuxException} that {@link
     *     dev.tunbridge.linux.LinuxException#isForbidden} without CAP_NET_RAW
     */
    public static PcapCapture open(CaptureOptions options) throws IOException {
        LibPcap.require();
        String device = options.interfaceName().orElse("any");
        int interfaceIndex = options.interfaceName().isPresent() ? Interfaces.index(device) : 0;
        try {
            PcapHandle handle = new PcapHandle.Builder(device)
                    .snaplen(SNAPSHOT_BYTES)
                    .promiscuousMode(PromiscuousMode.NONPROMISCUOUS)
                    .immediateMode(true)
                    .bufferSize(options.ringBytes())
                    .timestampPrecision(TimestampPrecision.NANO)
                    .direction(direction(options))
                    .build();
            try {
                if (options.interfaceName().isEmpty()) {
                    nameInterfaces(handle);
                }
                int number = handle.getDlt().value();
                LinkType type = LinkType.of(number)
                        .orElseThrow(() -> new IOException("capture on " + device + ": link type " + number
                                + " is not supported; allowed: " + LinkType.allowed()));
                handle.setFilter(options.filter().toPcapExpression(), BpfCompileMode.OPTIMIZE);
                PcapCapture capture = new PcapCapture(handle, options, interfaceIndex, new LinkHeader(type));
                capture.thread.start();
                return capture;
            } catch (IOException | PcapNativeException | NotOpenException | RuntimeException failure) {
                handle.close();
                throw failure;
            }
        } catch (PcapNativeException failure) {
            throw LibPcap.failure("capture on", device, failure);
        } catch (NotOpenException failure) {
            throw new IOException("capture on " + device + ": " + failure.getMessage(), failure);
        }
    }

    /** Only the second cooked header says which interface it was; libpcap has it from 1.10 on. */
    private static void nameInterfaces(PcapHandle handle) throws NotOpenException {
        try {
            handle.setDlt(DataLinkType.getInstance(LinkType.COOKED_2_NUMBER));
        } catch (PcapNativeException old) {
            log.debug("{}", old.getMessage());
        }
    }

    /** On loopback each packet passes twice, and whoever wants a connection wants it once. */
    private static PcapDirection direction(CaptureOptions options) throws PcapNativeException {
        CaptureFilter filter = options.filter();
        if (filter instanceof CaptureFilter.Everything) {
            return PcapDirection.INOUT;
        }
        return !filter.wantsOutgoing() || isLoopback(options.interfaceName()) ? PcapDirection.IN : PcapDirection.INOUT;
    }

    private static boolean isLoopback(Optional<String> interfaceName) throws PcapNativeException {
        if (interfaceName.isEmpty()) {
            return false;
        }
        PcapNetworkInterface found = Pcaps.getDevByName(interfaceName.get());
        return found != null && found.isLoopBack();
    }

    private void capture() {
        try {
            handle.loop(-1, (byte[] frame) -> keep(frame));
        } catch (InterruptedException | NotOpenException brokenOff) {
            log.debug("the capture of {} ends", name);
        } catch (PcapNativeException cause) {
            failure = LibPcap.failure("capture on", name, cause);
            wakeLoop();
        } finally {
            kernelCounters();
            handle.close();
        }
    }

    private void keep(byte[] frame) {
        int cost = frame.length + OVERHEAD_BYTES;
        if (waitingBytes.addAndGet(cost) > mostWaitingBytes) {
            waitingBytes.addAndGet(-cost);
            notHandedOver.incrementAndGet();
            return;
        }
        Timestamp stamp = handle.getTimestamp();
        waiting.add(new Waiting(
                Unpooled.wrappedBuffer(frame),
                handle.getOriginalLength(),
                (int) LibPcap.epochSeconds(stamp),
                stamp.getNanos()));
        wakeLoop();
    }

    private void wakeLoop() {
        EventLoop owner = loop;
        if (owner != null && !turnDue.getAndSet(true)) {
            try {
                owner.execute(this::turn);
            } catch (RejectedExecutionException ended) {
                log.debug("nobody to tell of packets of {}", name);
            }
        }
    }

    private void turn() {
        turnDue.set(false);
        if (closed) {
            return;
        }
        onReadable.run();
        if (!waiting.isEmpty()) {
            wakeLoop();
        }
    }

    @Override
    public void start(EventLoop eventLoop, Runnable readable) throws IOException {
        if (closed || loop != null) {
            throw new IOException("the capture of " + name + " is " + (closed ? "closed" : "started already"));
        }
        onReadable = readable;
        loop = eventLoop;
        wakeLoop();
    }

    @Override
    public int drain(SegmentHandler handler, int most) throws IOException {
        int drained = 0;
        clock.sample();
        while (drained < most && !closed) {
            Waiting next = waiting.poll();
            if (next == null) {
                break;
            }
            waitingBytes.addAndGet(-(next.frame.readableBytes() + OVERHEAD_BYTES));
            if (handOver(next, handler)) {
                drained++;
            }
        }
        IOException ended = failure;
        if (drained == 0 && ended != null && !closed) {
            throw ended;
        }
        return drained;
    }

    private boolean handOver(Waiting next, SegmentHandler handler) {
        int length = next.frame.readableBytes();
        if (!link.wrap(next.frame, 0, length) || link.isTagged()) {
            return false;
        }
        int offset = link.ipOffset();
        boolean sentByUs = isSentByUs(next.frame, offset, length - offset);
        if (link.knowsDirection() && !(filter instanceof CaptureFilter.Everything) && link.isOutgoing() != sentByUs) {
            return false;
        }
        segment.wrap(
                next.frame,
                offset,
                length - offset,
                Math.max(length, next.originalLength) - offset,
                clock.toNanoTime(next.seconds, next.nanos));
        segment.mark(
                interfaceIndex != 0 ? interfaceIndex : link.interfaceIndex(), link.isOutgoing() || sentByUs, false);
        if (segment.isTruncated()) {
            truncated++;
        }
        handler.onSegment(segment);
        return true;
    }

    private boolean isSentByUs(ByteBuf frame, int index, int length) {
        if (filter instanceof CaptureFilter.Connection connection) {
            FourTuple path = connection.path();
            return ip.wrap(frame, index, length) == IpProblem.OK && isTo(path.remote()) && isFrom(path.local());
        }
        return filter instanceof CaptureFilter.Remote remote
                && ip.wrap(frame, index, length) == IpProblem.OK
                && isTo(remote.address());
    }

    private boolean isFrom(InetSocketAddress end) {
        return matches(end, ip.sourceIndex(), 0);
    }

    private boolean isTo(InetSocketAddress end) {
        return matches(end, ip.destinationIndex(), 2);
    }

    private boolean matches(InetSocketAddress end, int addressIndex, int portOffset) {
        byte[] address = end.getAddress().getAddress();
        for (int i = 0; i < address.length; i++) {
            if (ip.buffer().getByte(addressIndex + i) != address[i]) {
                return false;
            }
        }
        return !ip.isFirstFragment()
                || (ip.payloadLength() >= 4
                        && ip.buffer().getUnsignedShort(ip.payloadIndex() + portOffset) == end.getPort());
    }

    /** Asks the kernel, so not for each packet. */
    @Override
    public CaptureCounters counters() {
        CaptureCounters kernel = kernelCounters();
        return new CaptureCounters(kernel.captured(), kernel.dropped() + notHandedOver.get(), truncated);
    }

    /** Called on the loop, and by the thread once more before it closes the handle. */
    private synchronized CaptureCounters kernelCounters() {
        try {
            if (handle.isOpen()) {
                PcapStat stat = handle.getStats();
                kernelCounters = new CaptureCounters(stat.getNumPacketsReceived(), stat.getNumPacketsDropped(), 0);
            }
        } catch (PcapNativeException | NotOpenException closing) {
            log.debug("no statistics of the capture of {}", name, closing);
        }
        return kernelCounters;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (handle.isOpen()) {
                handle.breakLoop();
            }
            thread.join(JOIN_MILLIS);
        } catch (NotOpenException ended) {
            log.debug("the capture of {} has ended by itself", name);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        waiting.clear();
    }
}
