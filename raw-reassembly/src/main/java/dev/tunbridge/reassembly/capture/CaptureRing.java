package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.ModeratedReadiness;
import dev.tunbridge.linux.PacketSocket;
import dev.tunbridge.linux.Readiness;
import dev.tunbridge.linux.SocketFilter;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's own capture: a TPACKET_V2 ring that it shares with us, so a packet costs no system call. Version 2 wakes
 * at each packet; version 3 would save a little processor time and wake half a millisecond late.
 *
 * <pre>
 *   struct tpacket2_hdr                                struct sockaddr_ll, from 32
 *    0  u32 status      16  u32 seconds                 36  int interface
 *    4  u32 length      20  u32 nanoseconds             42  u8  packet type
 *    8  u32 captured    24  u16 VLAN tag
 *   14  u16 where the packet begins
 * </pre>
 *
 * <p>A slot holds an ordinary packet. The kernel cuts a longer one, such as a super-packet of receive offload, and
 * queues it whole beside the ring ({@code PACKET_COPY_THRESH}), where it is read with a system call, in the same order.
 * Half of the ring's bytes are slots, half bound that queue.
 */
public final class CaptureRing implements LiveSource {
    private static final Logger log = LoggerFactory.getLogger(CaptureRing.class);

    /** 80 bytes of headers, and room for an Ethernet packet with its VLAN tags. */
    static final int SLOT_BYTES = 1 << 11;

    /** An IPv6 packet with the longest payload length; a jumbogram is cut. */
    private static final int LONGEST_PACKET_BYTES = 40 + 0xffff;

    private static final int STATUS_USER = 1;
    private static final int STATUS_COPY = 1 << 1;
    /** Not to be confused with STATUS_CSUM_VALID (1 << 7), which a driver's word sets and which is worth nothing to us. */
    private static final int STATUS_CHECKSUM_NOT_READY = 1 << 3;

    private static final int STATUS_KERNEL = 0;
    private static final int LENGTH_AT = 4;
    private static final int CAPTURED_AT = 8;
    private static final int PACKET_OFFSET_AT = 14;
    private static final int SECONDS_AT = 16;
    private static final int NANOS_AT = 20;
    private static final int INTERFACE_AT = 36;
    private static final int PACKET_TYPE_AT = 42;
    private static final int PACKET_OUTGOING = 4;

    /** Enough of a packet to tell it from its neighbours: addresses, ports, sequence numbers. */
    private static final int IDENTIFYING_BYTES = 64;

    private static final VarHandle STATUS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final PacketSocket socket;
    private final String name;
    private final SocketFilter filter;
    private final ByteBuffer slots;
    private final ByteBuf packets;
    /** For packets longer than a slot; made for the first. */
    private ByteBuf longPacket = Unpooled.EMPTY_BUFFER;

    private final int slotBytes;
    private final CapturedSegment segment = new CapturedSegment();
    private final KernelClock clock = new KernelClock();

    private DescriptorReader reader;
    private int next;
    private long captured;
    private long dropped;
    private long truncated;
    private volatile @Nullable EventLoop loop;
    private @Nullable ModeratedReadiness readiness;
    /** The kernel has told of something that was not looked for yet; else there is no error to ask for. */
    private boolean woken;

    private boolean draining;
    private volatile boolean closed;

    private CaptureRing(PacketSocket socket, String name, SocketFilter filter, ByteBuffer slots, int slotBytes) {
        this.socket = socket;
        this.name = name;
        this.filter = filter;
        this.slots = slots;
        this.slotBytes = slotBytes;
        packets = Unpooled.wrappedBuffer(slots);
        reader = new DescriptorReader.Jna(socket.fd());
    }

    /**
     * Captures from now on, in the network namespace of the calling thread.
     *
     * @throws LinuxException {@link LinuxException#isForbidden} without CAP_NET_RAW
     */
    public static CaptureRing open(CaptureOptions options) throws LinuxException {
        return open(options, SLOT_BYTES);
    }

    static CaptureRing open(CaptureOptions options, int slotBytes) throws LinuxException {
        PacketSocket socket = PacketSocket.open();
        try {
            int interfaceIndex = options.interfaceName().isPresent()
                    ? Interfaces.index(options.interfaceName().get())
                    : 0;
            int half = options.ringBytes() / 2;
            ByteBuffer slots = socket.mapRing(slotBytes, half / PacketSocket.BLOCK_BYTES);
            Sockets.set(socket.fd(), SocketOption.PACKET_COPY_THRESH, 1);
            boundQueue(socket, half);
            if (!options.filter().wantsOutgoing()) {
                // Saves the kernel a clone of each packet sent; an older one is kept from it by the filter.
                Sockets.trySet(socket.fd(), SocketOption.PACKET_IGNORE_OUTGOING, 1);
            }
            SocketFilter filter = options.filter().toSocketFilter();
            socket.attach(filter);
            CaptureRing ring =
                    new CaptureRing(socket, options.interfaceName().orElse("all interfaces"), filter, slots, slotBytes);
            // Last, so that nothing has come past the filter.
            socket.bind(interfaceIndex, protocol(options.filter()));
            return ring;
        } catch (LinuxException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }

    /**
     * Of what only arrives, the IP layer's view: where a bridge, a bond or a VLAN is the outer interface, each segment comes once, and
     * from the same interface whichever port carries it.
     */
    private static int protocol(CaptureFilter filter) {
        if (!(filter instanceof CaptureFilter.Inbound inbound)) {
            return PacketSocket.ETH_P_ALL;
        }
        return inbound.path().addressBytes() == 4 ? PacketSocket.ETH_P_IP : PacketSocket.ETH_P_IPV6;
    }

    /** The kernel doubles what it is told, for its own overhead; a super-packet takes about 1.5 times its length. */
    private static void boundQueue(PacketSocket socket, int bytes) throws LinuxException {
        if (!Sockets.trySet(socket.fd(), SocketOption.SO_RCVBUFFORCE, bytes)) {
            // Without CAP_NET_ADMIN it is net.core.rmem_max at most: a burst of super-packets may arrive cut.
            Sockets.set(socket.fd(), SocketOption.SO_RCVBUF, bytes);
        }
    }

    @Override
    public void start(EventLoop eventLoop, Runnable onReadable) throws IOException {
        if (eventLoop.inEventLoop()) {
            watch(eventLoop, onReadable);
            return;
        }
        var started = eventLoop.submit(() -> {
            watch(eventLoop, onReadable);
            return this;
        });
        started.awaitUninterruptibly();
        if (!started.isSuccess()) {
            throw new IOException(
                    "cannot watch the capture of " + name + ": "
                            + started.cause().getMessage(),
                    started.cause());
        }
    }

    private void watch(EventLoop eventLoop, Runnable onReadable) throws IOException {
        if (closed || loop != null) {
            throw new IOException("the capture of " + name + " is " + (closed ? "closed" : "started already"));
        }
        loop = eventLoop;
        if (Readiness.usesEpoll(eventLoop)) {
            reader = new DescriptorReader.Netty(socket.fd());
        }
        readiness = ModeratedReadiness.watch(eventLoop, socket.fd(), "capture-" + name, () -> {
            woken = true;
            onReadable.run();
        });
    }

    /** By a filter that refuses everything: to take the socket off the interface would wait for the kernel's other readers. */
    @Override
    public boolean rest() {
        if (closed) {
            return false;
        }
        try {
            socket.attach(SocketFilter.nothing());
            return true;
        } catch (LinuxException failure) {
            log.debug("the capture of {} cannot rest", name, failure);
            return false;
        }
    }

    @Override
    public void wake() throws LinuxException {
        if (!closed) {
            socket.attach(filter);
        }
    }

    @Override
    public int drain(SegmentHandler handler, int most) throws IOException {
        if (closed) {
            return 0;
        }
        if (draining) {
            throw new IllegalStateException("drain called from within drain");
        }
        draining = true;
        int drained = 0;
        try {
            clock.sample();
            while (drained < most && !closed && isFilled(next)) {
                drained++;
                int slot = next;
                next = next + slotBytes == slots.capacity() ? 0 : next + slotBytes;
                try {
                    handOver(slot, handler);
                } finally {
                    STATUS.setRelease(slots, slot, STATUS_KERNEL);
                }
            }
            if (drained < most && !closed) {
                clock.emptied();
            }
        } finally {
            draining = false;
            if (closed) {
                release();
            }
        }
        if (drained == 0 && !closed && (woken || readiness == null)) {
            takeError();
        }
        woken = false;
        if (readiness != null) {
            readiness.took(drained, drained == most, clock.nowNanos());
        }
        return drained;
    }

    /** The acquiring read keeps what follows from being read before the kernel has written it. */
    private boolean isFilled(int slot) {
        return ((int) STATUS.getAcquire(slots, slot) & STATUS_USER) != 0;
    }

    private void handOver(int slot, SegmentHandler handler) {
        int status = slots.getInt(slot);
        int length = slots.getInt(slot + LENGTH_AT);
        int index = slot + Short.toUnsignedInt(slots.getShort(slot + PACKET_OFFSET_AT));
        int capturedBytes = slots.getInt(slot + CAPTURED_AT);
        long timeNanos = clock.toNanoTime(slots.getInt(slot + SECONDS_AT), slots.getInt(slot + NANOS_AT));
        if ((status & STATUS_COPY) != 0 && readLong(index, capturedBytes, length)) {
            segment.wrap(longPacket, 0, Math.min(length, LONGEST_PACKET_BYTES), length, timeNanos);
        } else {
            segment.wrap(packets, index, capturedBytes, length, timeNanos);
        }
        segment.mark(
                slots.getInt(slot + INTERFACE_AT),
                slots.get(slot + PACKET_TYPE_AT) == PACKET_OUTGOING,
                (status & STATUS_CHECKSUM_NOT_READY) != 0);
        if (segment.isTruncated()) {
            truncated++;
        }
        handler.onSegment(segment);
    }

    /**
     * Reads the packet that is cut in its slot from the queue. They come in the same order; should one be left over
     * there from a slot that was not read, it is passed over, because what does not begin as the slot does is another
     * packet.
     */
    private boolean readLong(int index, int capturedBytes, int length) {
        if (longPacket.capacity() == 0) {
            // The kernel fills it behind the buffer's back: all of it counts as written, or nothing can be compared
            // with it.
            longPacket = Unpooled.directBuffer(LONGEST_PACKET_BYTES, LONGEST_PACKET_BYTES)
                    .writerIndex(LONGEST_PACKET_BYTES);
        }
        int expected = Math.min(length, LONGEST_PACKET_BYTES);
        int compared = Math.min(Math.min(capturedBytes, expected), IDENTIFYING_BYTES);
        while (true) {
            int bytes = reader.read(longPacket.memoryAddress(), LONGEST_PACKET_BYTES);
            if (bytes < 0) {
                return false;
            }
            if (bytes == expected && sameBytes(index, compared)) {
                return true;
            }
        }
    }

    private boolean sameBytes(int index, int count) {
        for (int at = 0; at < count; at++) {
            if (packets.getByte(index + at) != longPacket.getByte(at)) {
                return false;
            }
        }
        return true;
    }

    /** Woken, and nothing there: the interface went down, which passes, or was removed, which does not. */
    private void takeError() throws IOException {
        int errno = Sockets.get(socket.fd(), SocketOption.SO_ERROR);
        if (errno == 0) {
            return;
        }
        if (errno != Errno.ENETDOWN.number()) {
            throw new LinuxException("capture on", name, new Errno(errno));
        }
        if (socket.isInterfaceGone()) {
            throw new LinuxException("capture on", name, Errno.ENODEV);
        }
        log.debug("{} is down: nothing to capture until it is up again", name);
    }

    /** Asks the kernel, so not for each packet. On the loop. */
    @Override
    public CaptureCounters counters() {
        if (!closed) {
            try {
                PacketSocket.Statistics statistics = socket.takeStatistics();
                captured += statistics.packets();
                dropped += statistics.dropped();
            } catch (LinuxException failure) {
                log.debug("no statistics of the capture of {}", name, failure);
            }
        }
        return new CaptureCounters(captured, dropped, truncated);
    }

    /** From another thread it waits for the loop; where the loop has ended already it closes at once. */
    @Override
    public void close() {
        EventLoop owner = loop;
        if (owner == null || owner.inEventLoop()) {
            closeOnLoop();
            return;
        }
        try {
            owner.submit(this::closeOnLoop).awaitUninterruptibly();
        } catch (RejectedExecutionException ended) {
            closeOnLoop();
        }
    }

    private void closeOnLoop() {
        if (closed) {
            return;
        }
        counters();
        closed = true;
        if (readiness != null) {
            readiness.close();
            readiness = null;
        }
        if (!draining) {
            release();
        }
    }

    /** The mapping goes, so nobody may reach it any more: reading it then would end the process. */
    private void release() {
        segment.wrap(Unpooled.EMPTY_BUFFER, 0, 0, 0, 0);
        packets.release();
        longPacket.release();
        socket.close();
    }
}
