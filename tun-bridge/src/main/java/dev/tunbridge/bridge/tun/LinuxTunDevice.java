package dev.tunbridge.bridge.tun;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.Readiness;
import dev.tunbridge.linux.TunFlag;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.linux.TunOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TUN interface of the kernel. It exists, down and without addresses, from {@link #create} to {@link #close}; whoever
 * made it sets it up by its name.
 *
 * <p>On an epoll loop the descriptor is one of the loop's own; on any other a thread waits for it.
 */
public final class LinuxTunDevice implements TunDevice {
    private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long BUSY_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Logger log = LoggerFactory.getLogger(LinuxTunDevice.class);

    /** IPv6 with the longest payload, and the virtio header; rounded up. */
    private static final int READ_BYTES = 66 * 1024;

    /** A turn ends after so many reads or bytes, 0.2 ms at 10 Gbit/s, so that no other descriptor of the loop starves. */
    private static final int READS_PER_TURN = 128;

    private static final int BYTES_PER_TURN = 1 << 18;

    /** One for all devices of a loop. */
    private static final FastThreadLocal<ByteBuf> READ_BUFFER = new FastThreadLocal<>() {
        @Override
        protected ByteBuf initialValue() {
            return Unpooled.directBuffer(READ_BYTES);
        }

        @Override
        protected void onRemoval(ByteBuf buffer) {
            buffer.release();
        }
    };

    private final TunInterface tun;
    private final TunOptions options;
    private final Set<TunOffload> offloads;
    private final Counters counters = new Counters();
    private final WriteBatch batch;
    private final VectorList vectors = new VectorList();
    private final PacketSplitter splitter = new PacketSplitter(this::deliver);
    private final WriteBatch.Sink writer = this::writeOut;

    /** The loop's; what is read is done with when the turn ends. */
    private ByteBuf readBuffer = Unpooled.EMPTY_BUFFER;

    private DescriptorIo io;
    private volatile @Nullable EventLoop loop;
    private @Nullable Readiness readiness;
    private TunHandler handler = SilentHandler.INSTANCE;
    private boolean paused;
    private boolean lost;
    private volatile boolean closed;

    private LinuxTunDevice(TunInterface tun, TunOptions options, Set<TunOffload> offloads) {
        this.tun = tun;
        this.options = options;
        this.offloads = offloads;
        this.batch = new WriteBatch(options);
        this.io = new DescriptorIo.Jna(tun.fd());
    }

    /** Makes the interface in the network namespace of the calling thread. */
    public static LinuxTunDevice create(TunOptions options) throws LinuxException {
        boolean offload = options.offload() == TunOptions.Offload.ON;
        EnumSet<TunFlag> flags = EnumSet.noneOf(TunFlag.class);
        if (offload) {
            flags.add(TunFlag.VIRTIO_HEADER);
        }
        if (options.backpressure() == TunOptions.Backpressure.WHERE_OFFERED) {
            flags.add(TunFlag.BACKPRESSURE);
        }
        TunInterface tun = open(options.name(), flags.toArray(TunFlag[]::new));
        try {
            Set<TunOffload> taken =
                    tun.enableOffloads(offload ? EnumSet.allOf(TunOffload.class) : EnumSet.noneOf(TunOffload.class));
            LinuxTunDevice device = new LinuxTunDevice(tun, options, taken);
            if (options.coalesces()) {
                device.findWhatJoins();
            }
            return device;
        } catch (LinuxException | RuntimeException failure) {
            tun.close();
            throw failure;
        }
    }

    /**
     * An interface that somebody has just closed is busy for as long as a process that is being started elsewhere has a
     * copy of its descriptor, from fork to exec; so one that is busy is tried for a while.
     */
    private static TunInterface open(String name, TunFlag[] flags) throws LinuxException {
        long begun = System.nanoTime();
        while (true) {
            try {
                return TunInterface.open(name, TunKind.TUN, flags);
            } catch (LinuxException e) {
                if (!e.errno().equals(Errno.EBUSY) || System.nanoTime() - begun > BUSY_NANOS) {
                    throw e;
                }
                LockSupport.parkNanos(BUSY_PAUSE_NANOS);
            }
        }
    }

    private void findWhatJoins() {
        if (!takes(CoalescingProbe.segments())) {
            log.info("{}: this kernel takes no joined packets, so each is written alone", name());
            batch.disableCoalescing();
        } else if (!takes(CoalescingProbe.datagrams())) {
            log.info("{}: this kernel takes no joined datagrams, so each is written alone", name());
            batch.disableDatagramCoalescing();
        }
    }

    /**
     * Asks the kernel by a joined packet from one documentation address to another. The driver reads the virtio header
     * before it looks whether the interface is up; a new one is down, so the packet goes nowhere.
     */
    private boolean takes(ByteBuf probe) {
        try {
            vectors.clear();
            vectors.add(probe, probe.readerIndex(), probe.readableBytes());
            return io.writev(vectors.address(), vectors.count()) != -Errno.EINVAL.number();
        } finally {
            probe.release();
        }
    }

    @Override
    public String name() {
        return tun.name();
    }

    /** The offloads that this kernel took; empty where they are switched off. */
    public Set<TunOffload> offloads() {
        return offloads;
    }

    /** Asked for, and offered by this kernel. */
    @Override
    public boolean hasBackpressure() {
        return tun.hasBackpressure();
    }

    /** Whether segments are joined on their way to the kernel: asked for, and taken by the kernel. */
    public boolean isCoalescing() {
        return batch.isCoalescing();
    }

    /** Whether datagrams are too; Linux takes them from 6.2. */
    public boolean isCoalescingDatagrams() {
        return batch.isCoalescingDatagrams();
    }

    @Override
    public void open(EventLoop eventLoop, TunHandler tunHandler) throws IOException {
        if (eventLoop.inEventLoop()) {
            start(eventLoop, tunHandler);
            return;
        }
        var started = eventLoop.submit(() -> {
            start(eventLoop, tunHandler);
            return this;
        });
        started.awaitUninterruptibly();
        if (!started.isSuccess()) {
            throw new IOException(
                    "cannot open " + name() + ": " + started.cause().getMessage(), started.cause());
        }
    }

    private void start(EventLoop eventLoop, TunHandler tunHandler) throws IOException {
        if (closed || loop != null) {
            throw new IOException(name() + " is " + (closed ? "closed" : "open already"));
        }
        loop = eventLoop;
        handler = tunHandler;
        readBuffer = READ_BUFFER.get();
        if (Readiness.usesEpoll(eventLoop)) {
            io = new DescriptorIo.Netty(new FileDescriptor(tun.fd()));
        }
        Readiness watching = Readiness.watch(eventLoop, tun.fd(), "tun-" + name(), this::readTurn);
        readiness = watching;
        if (paused) {
            watching.pause();
        }
    }

    @Override
    public boolean isOpen() {
        return loop != null && !closed;
    }

    private void readTurn() {
        if (paused) {
            findLoss();
            return;
        }
        if (readBoundedly()) {
            handler.onReadComplete();
        }
    }

    /** Whoever wakes us while paused reports an error. Reading no bytes takes no packet, and fails where the interface is gone. */
    private void findLoss() {
        int result = io.read(readBuffer.memoryAddress(), 0);
        if (result < 0 && result != DescriptorIo.WOULD_BLOCK) {
            lose("read", -result);
        }
    }

    /** Answers whether anything was read. What is left comes with the next turn. */
    private boolean readBoundedly() {
        int reads = 0;
        int bytes = 0;
        while (reads < READS_PER_TURN && bytes < BYTES_PER_TURN && !paused && !closed && !lost) {
            int length = io.read(readBuffer.memoryAddress(), READ_BYTES);
            if (length == DescriptorIo.WOULD_BLOCK) {
                break;
            }
            if (length <= 0) {
                lose("read", -length);
                break;
            }
            reads++;
            bytes += length;
            receive(length);
        }
        return reads > 0;
    }

    private void receive(int length) {
        counters.receivedReads++;
        if (options.offload() == TunOptions.Offload.OFF) {
            deliver(readBuffer, 0, length);
        } else if (!splitter.split(readBuffer, 0, length)) {
            counters.receivedMalformed++;
        }
    }

    private void deliver(ByteBuf buffer, int index, int length) {
        counters.receivedPackets++;
        counters.receivedBytes += length;
        handler.onPacket(buffer, index, length);
    }

    @Override
    public void write(ByteBuf packet, int index, int length) {
        if (!closed) {
            makeRoom();
            batch.add(packet, index, length);
        }
    }

    @Override
    public void write(ByteBuf header, int headerIndex, int headerLength, ByteBuf body, int bodyIndex, int bodyLength) {
        if (!closed) {
            makeRoom();
            batch.add(header, headerIndex, headerLength, body, bodyIndex, bodyLength);
        }
    }

    private void makeRoom() {
        if (batch.isFull()) {
            flush();
        }
    }

    @Override
    public void flush() {
        if (!closed && !batch.isEmpty()) {
            batch.drain(writer);
        }
    }

    private boolean writeOut(Gather gather) {
        vectors.fill(gather);
        int result = io.writev(vectors.address(), vectors.count());
        if (result > 0) {
            counters.wrote(gather);
            return true;
        }
        if (result == -Errno.EINVAL.number() && gather.packets() > 1) {
            return false;
        }
        if (isLackOfRoom(-result)) {
            counters.dropped(gather);
        } else {
            counters.refused(gather);
        }
        if (-result == Errno.EBADFD.number()) {
            lose("write", -result);
        }
        return true;
    }

    /** A full queue, no memory, or an interface that is down (EIO) loses packets as any interface does. */
    private static boolean isLackOfRoom(int errno) {
        return errno == Errno.EAGAIN.number()
                || errno == Errno.ENOBUFS.number()
                || errno == Errno.ENOMEM.number()
                || errno == Errno.EIO.number();
    }

    /** The owner hears of it in a turn of its own, so that it may close the device in answer. */
    private void lose(String operation, int errno) {
        if (lost || loop == null) {
            return;
        }
        lost = true;
        stopWatching();
        LinuxException cause = new LinuxException(operation, tun.toString(), new Errno(errno));
        loop.execute(() -> handler.onDeviceLost(cause));
    }

    private void stopWatching() {
        if (readiness != null) {
            readiness.close();
            readiness = null;
        }
    }

    @Override
    public void pauseReading() {
        paused = true;
        if (readiness != null) {
            readiness.pause();
        }
    }

    @Override
    public void resumeReading() {
        paused = false;
        if (readiness != null) {
            readiness.resume();
        }
    }

    @Override
    public TunStats stats() {
        return counters.snapshot();
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
        closed = true;
        handler = SilentHandler.INSTANCE;
        stopWatching();
        tun.close();
        batch.release();
        vectors.release();
    }
}
