package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A TUN device without a kernel, for tests: the same contract, the same splitting and joining, and a queue of the same
 * bound. The test plays the kernel, from any thread, with the methods that the interface does not have.
 */
public final class MemoryTunDevice implements TunDevice {
    /** The driver's default {@code txqueuelen}; what comes on top is dropped as silently. */
    public static final int QUEUE_PACKETS = 500;

    private static final int BUFFER_BYTES = 66 * 1024;

    private final TunOptions options;
    private final Counters counters = new Counters();
    private final WriteBatch batch;
    private final ByteBuf readBuffer = Unpooled.buffer(BUFFER_BYTES);
    private final ByteBuf joinBuffer = Unpooled.buffer(BUFFER_BYTES);
    private final PacketSplitter receiveSplitter = new PacketSplitter(this::deliver);
    private final PacketSplitter writeSplitter = new PacketSplitter(this::keep);
    private final Object kernelLock = new Object();
    private final Queue<byte[]> toDevice = new ArrayDeque<>();
    private final List<byte[]> fromDevice = new ArrayList<>();

    private volatile @Nullable EventLoop loop;
    private TunHandler handler = SilentHandler.INSTANCE;
    private boolean paused;
    private volatile boolean closed;

    public MemoryTunDevice(TunOptions options) {
        this.options = options;
        this.batch = new WriteBatch(options);
    }

    /** Lets the kernel send one finished IP packet. */
    public void inject(byte[] packet) {
        byte[] read = new byte[prefixBytes() + packet.length];
        System.arraycopy(packet, 0, read, prefixBytes(), packet.length);
        injectRead(read);
    }

    /** Lets the kernel send exactly these bytes: with offload on, a virtio header and what follows it. */
    public void injectRead(byte[] read) {
        synchronized (kernelLock) {
            if (toDevice.size() < QUEUE_PACKETS) {
                toDevice.add(read);
            }
        }
        wake();
    }

    /** The packets that the kernel got since the last call, joined ones split again. */
    public List<byte[]> takeWritten() {
        synchronized (kernelLock) {
            List<byte[]> taken = List.copyOf(fromDevice);
            fromDevice.clear();
            return taken;
        }
    }

    /** Lets the interface vanish. */
    public void lose(IOException cause) {
        EventLoop owner = loop;
        if (owner != null) {
            owner.execute(() -> handler.onDeviceLost(cause));
        }
    }

    private void wake() {
        EventLoop owner = loop;
        if (owner != null && !closed) {
            owner.execute(this::readTurn);
        }
    }

    private int prefixBytes() {
        return options.offload() == TunOptions.Offload.ON ? VirtioHeader.BYTES : 0;
    }

    @Override
    public String name() {
        return options.name();
    }

    @Override
    public void open(EventLoop eventLoop, TunHandler tunHandler) throws IOException {
        if (closed || loop != null) {
            throw new IOException(name() + " is " + (closed ? "closed" : "open already"));
        }
        handler = tunHandler;
        loop = eventLoop;
        wake();
    }

    @Override
    public boolean isOpen() {
        return loop != null && !closed;
    }

    private void readTurn() {
        boolean any = false;
        while (!paused && !closed) {
            byte[] read;
            synchronized (kernelLock) {
                read = toDevice.poll();
            }
            if (read == null) {
                break;
            }
            any = true;
            receive(read);
        }
        if (any) {
            handler.onReadComplete();
        }
    }

    private void receive(byte[] read) {
        counters.receivedReads++;
        readBuffer.setBytes(0, read);
        if (options.offload() == TunOptions.Offload.OFF) {
            deliver(readBuffer, 0, read.length);
        } else if (!receiveSplitter.split(readBuffer, 0, read.length)) {
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
        if (!closed) {
            batch.drain(this::writeOut);
        }
    }

    /** As the kernel does, refuses what does not begin like an IP packet. */
    private boolean writeOut(Gather gather) {
        joinBuffer.clear();
        for (int piece = 0; piece < gather.pieces(); piece++) {
            joinBuffer.writeBytes(gather.buffer(piece), gather.index(piece), gather.length(piece));
        }
        int packetLength = joinBuffer.readableBytes() - prefixBytes();
        int version = packetLength > 0 ? joinBuffer.getUnsignedByte(prefixBytes()) >>> 4 : 0;
        if (version != 4 && version != 6) {
            counters.refused(gather);
            return true;
        }
        if (options.offload() == TunOptions.Offload.OFF) {
            keep(joinBuffer, 0, packetLength);
        } else if (!writeSplitter.split(joinBuffer, 0, joinBuffer.readableBytes())) {
            counters.refused(gather);
            return true;
        }
        counters.wrote(gather);
        return true;
    }

    private void keep(ByteBuf buffer, int index, int length) {
        synchronized (kernelLock) {
            fromDevice.add(ByteBufUtil.getBytes(buffer, index, length, true));
        }
    }

    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        paused = false;
        wake();
    }

    @Override
    public TunStats stats() {
        return counters.snapshot();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            handler = SilentHandler.INSTANCE;
            batch.release();
        }
    }
}
