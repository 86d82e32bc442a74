package dev.tunbridge.bridge.service;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.KernelClock;
import dev.tunbridge.reassembly.capture.LiveSource;
import dev.tunbridge.reassembly.recording.PcapngWriter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes packets as they come to a pcapng file, until a bound is reached or somebody ends it. Captures from the moment
 * when it is opened; everything else happens on a loop of its own.
 */
final class PacketRecorder {
    /** Beside the bridge's own ring; the file system may stall for a while. */
    private static final int RING_BYTES = 16 << 20;

    private static final int BATCH = 256;
    private static final long LOOK_FOR_DEVICE_MILLIS = 200;
    private static final long CLOSE_SECONDS = 2;

    /** Header, options and padding of a packet in the file, at most. */
    private static final int BLOCK_OVERHEAD_BYTES = 64;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(
            1,
            new DefaultThreadFactory("tunbridge-capture", true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final List<LiveSource> outer;
    private final PcapngWriter writer;
    private final long mostBytes;
    private final Consumer<String> notice;
    private final CompletableFuture<Recorded> ended = new CompletableFuture<>();
    private final long epochOffsetNanos = KernelClock.epochOffsetNanos();
    private final long startedNanos = System.nanoTime();
    private final int outerInterface;

    private int innerInterface;
    private String innerName = "";
    private @Nullable LiveSource inner;
    private int innerIndex;
    private boolean isMissingTold;
    private CaptureCounters innerBefore = CaptureCounters.NONE;
    private long outerPackets;
    private long innerPackets;
    private boolean ending;

    /**
     * What has been recorded.
     *
     * @param outer counters of the outer connection's capture
     * @param inner those of the TUN device's
     * @param reason why it ended
     */
    record Recorded(
            long outerPackets,
            CaptureCounters outer,
            long innerPackets,
            CaptureCounters inner,
            long bytes,
            long nanos,
            String reason) {}

    private PacketRecorder(List<LiveSource> outer, PcapngWriter writer, long mostBytes, Consumer<String> notice)
            throws IOException {
        this.outer = outer;
        this.writer = writer;
        this.mostBytes = mostBytes;
        this.notice = notice;
        outerInterface = writer.addInterface("outer");
    }

    /**
     * Captures from now on what goes between this host and the server, under each of its addresses.
     *
     * @param notice hears what an operator wants to know meanwhile; on the loop's thread
     * @throws LinuxException if the kernel does not let us; then no file is made
     */
    static PacketRecorder open(List<InetSocketAddress> servers, Path file, long mostBytes, Consumer<String> notice)
            throws IOException {
        List<LiveSource> sources = new ArrayList<>();
        try {
            for (InetSocketAddress server : servers) {
                sources.add(CaptureRing.open(
                        CaptureOptions.of(new CaptureFilter.Remote(server)).withRingBytes(RING_BYTES)));
            }
            PcapngWriter writer = PcapngWriter.create(file);
            try {
                return new PacketRecorder(sources, writer, mostBytes, notice);
            } catch (IOException | RuntimeException e) {
                writer.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            sources.forEach(LiveSource::close);
            throw e;
        }
    }

    /** Records also everything on this device, as soon as and whenever it is there. Before {@link #start}. */
    void alsoInner(String device) throws IOException {
        innerName = device;
        innerInterface = writer.addInterface(device);
    }

    /** Begins to write. Completes when a bound is reached or {@link #end} is called; fails if the file cannot be written. */
    CompletableFuture<Recorded> start() {
        loop.execute(() -> guarded(() -> {
            for (LiveSource source : outer) {
                source.start(loop, () -> guarded(() -> drainOuter(source)));
            }
            if (!innerName.isEmpty()) {
                lookForInner();
                loop.scheduleWithFixedDelay(
                        () -> guarded(this::lookForInner),
                        LOOK_FOR_DEVICE_MILLIS,
                        LOOK_FOR_DEVICE_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
        }));
        return ended;
    }

    /** Ends in so many seconds. */
    void endAfter(int seconds) {
        loop.schedule(() -> finish("after " + seconds + " s"), seconds, TimeUnit.SECONDS);
    }

    /** Writes what has been captured by now, and ends; waits for it. */
    void end(String reason) {
        loop.execute(() -> finish(reason));
        try {
            ended.get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            ended.completeExceptionally(e);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private void guarded(Work work) {
        try {
            if (!ending) {
                work.run();
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private void drainOuter(LiveSource source) throws IOException {
        while (!ending && source.drain(segment -> outerPackets += write(outerInterface, segment), BATCH) > 0) {
            // until it is drained
        }
    }

    private void drainInner(LiveSource source) {
        guarded(() -> {
            try {
                while (!ending && source.drain(segment -> innerPackets += write(innerInterface, segment), BATCH) > 0) {
                    // until it is drained
                }
            } catch (LinuxException e) {
                innerGone(source);
            }
        });
    }

    /** 1 if it was written. */
    private int write(int interfaceId, CapturedSegment segment) {
        if (ending) {
            return 0;
        }
        if (writer.writtenBytes() + segment.length() + BLOCK_OVERHEAD_BYTES > mostBytes) {
            loop.execute(() -> finish("at the limit of " + mostBytes + " bytes"));
            ending = true;
            return 0;
        }
        try {
            writer.write(interfaceId, segment, segment.timeNanos() + epochOffsetNanos);
            return 1;
        } catch (IOException e) {
            loop.execute(() -> fail(e));
            ending = true;
            return 0;
        }
    }

    /** The kernel does not always tell a capture that its interface was removed, so this looks. */
    private void lookForInner() throws IOException {
        LiveSource present = inner;
        if (present != null && indexOfInner() != innerIndex) {
            innerGone(present);
        } else if (present == null) {
            openInner();
        }
    }

    private int indexOfInner() throws LinuxException {
        try {
            return Interfaces.index(innerName);
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return 0;
            }
            throw e;
        }
    }

    private void openInner() throws IOException {
        try {
            innerIndex = Interfaces.index(innerName);
            LiveSource found = CaptureRing.open(CaptureOptions.of(new CaptureFilter.Everything())
                    .on(innerName)
                    .withRingBytes(RING_BYTES));
            inner = found;
            found.start(loop, () -> drainInner(found));
            if (isMissingTold) {
                notice.accept(innerName + " is there: recording it too");
            }
            isMissingTold = false;
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ENODEV)) {
                throw e;
            }
            if (!isMissingTold) {
                isMissingTold = true;
                notice.accept(innerName + " is not there; its packets are recorded once it is");
            }
        }
    }

    private void innerGone(LiveSource source) throws IOException {
        innerBefore = innerBefore.plus(source.counters());
        source.close();
        inner = null;
        openInner();
    }

    private void finish(String reason) {
        if (ended.isDone()) {
            return;
        }
        ending = false;
        try {
            drainLast();
            ending = true;
            Recorded recorded = new Recorded(
                    outerPackets,
                    outer.stream().map(LiveSource::counters).reduce(CaptureCounters.NONE, CaptureCounters::plus),
                    innerPackets,
                    inner == null ? innerBefore : innerBefore.plus(inner.counters()),
                    writer.writtenBytes(),
                    System.nanoTime() - startedNanos,
                    reason);
            close();
            ended.complete(recorded);
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private void drainLast() throws IOException {
        for (LiveSource source : outer) {
            drainOuter(source);
        }
        if (inner != null) {
            drainInner(inner);
        }
    }

    private void fail(Exception cause) {
        ending = true;
        try {
            close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        ended.completeExceptionally(cause);
    }

    private void close() throws IOException {
        outer.forEach(LiveSource::close);
        if (inner != null) {
            inner.close();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        writer.close();
    }
}
