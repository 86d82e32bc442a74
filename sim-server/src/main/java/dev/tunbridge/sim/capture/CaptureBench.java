package dev.tunbridge.sim.capture;

import com.sun.management.ThreadMXBean;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.LiveSource;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/** Measures each way of capturing in turn, in a lab of its own. */
public final class CaptureBench {
    private static final String DEVICE = "cap0";
    private static final long PROBE_PAUSE_NANOS = 3_000_000;
    private static final long SETTLING_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int SAMPLING = 16;
    private static final int PER_TURN = 512;
    private static final int DIGITS = 3;

    private final CaptureBenchOptions options;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    public CaptureBench(CaptureBenchOptions options) {
        this.options = options;
    }

    /** Needs root; tells each row as it is done. */
    public CaptureBenchReport run(Consumer<String> progress) throws IOException {
        // Reads and writes of descriptors go through it.
        Epoll.ensureAvailability();
        FourTuple path = new FourTuple(
                new InetSocketAddress(InetAddress.getByName("198.18.0.1"), 40_000),
                new InetSocketAddress(InetAddress.getByName("198.18.0.2"), 443));
        List<CaptureBenchReport.Row> rows = new ArrayList<>();
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("host");
            try (TunInterface tun = host.call(() -> TunInterface.open(DEVICE, TunKind.TUN));
                    SegmentWriter writer = new SegmentWriter(tun, path)) {
                host.run(Duration.ofSeconds(10), "ip", "link", "set", DEVICE, "addrgenmode", "none", "up");
                double[] uncaptured = new double[Traffic.values().length];
                for (Traffic traffic : Traffic.values()) {
                    uncaptured[traffic.ordinal()] = writingNanos(writer, traffic);
                }
                for (CaptureWay way : options.ways()) {
                    CaptureOptions capture = CaptureOptions.of(new CaptureFilter.Inbound(path))
                            .on(DEVICE)
                            .withRingBytes(options.ringBytes());
                    CaptureBenchReport.Row row = measure(way, host.call(() -> way.open(capture)), writer, uncaptured);
                    rows.add(row);
                    progress.accept(way.title() + ": woken after " + Math.round(row.wakeMicros(99)) + " us (p99)");
                }
            }
        }
        return new CaptureBenchReport(options, rows);
    }

    /** What a packet costs the kernel where nobody captures. */
    private double writingNanos(SegmentWriter writer, Traffic traffic) throws IOException {
        writer.play(traffic, options.rate(), options.nanos() / 4);
        return writer.play(traffic, options.rate(), options.nanos()).nanosPerPacket();
    }

    private CaptureBenchReport.Row measure(CaptureWay way, LiveSource source, SegmentWriter writer, double[] uncaptured)
            throws IOException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Reader reader = new Reader(source, group.next(), writer)) {
            writer.probe(2 * options.probes(), 1_000);
            reader.reset(1);
            writer.probe(options.probes(), PROBE_PAUSE_NANOS);
            Histogram wakes = reader.reset(SAMPLING).ages;
            List<CaptureBenchReport.Load> loads = new ArrayList<>();
            for (Traffic traffic : Traffic.values()) {
                loads.add(load(way, reader, writer, traffic, uncaptured[traffic.ordinal()]));
            }
            return new CaptureBenchReport.Row(way, wakes, loads);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private CaptureBenchReport.Load load(
            CaptureWay way, Reader reader, SegmentWriter writer, Traffic traffic, double uncapturedNanos)
            throws IOException {
        writer.play(traffic, options.rate(), options.nanos() / 4);
        reader.reset(SAMPLING);
        long cpuBefore = cpuNanos(way, reader);
        long allocatedBefore = threads.getThreadAllocatedBytes(reader.threadId);
        long begin = System.nanoTime();
        SegmentWriter.Written written = writer.play(traffic, options.rate(), options.nanos());
        long nanos = System.nanoTime() - begin;
        long cpu = cpuNanos(way, reader) - cpuBefore;
        long allocated = threads.getThreadAllocatedBytes(reader.threadId) - allocatedBefore;
        Reading reading = reader.reset(SAMPLING);
        return new CaptureBenchReport.Load(
                traffic,
                100.0 * cpu / nanos,
                (double) cpu / ((long) written.packets() * traffic.segments),
                written.nanosPerPacket() - uncapturedNanos,
                reading.turns * 1e9 / nanos,
                written.packets(),
                reading.counters.dropped(),
                (double) allocated / written.packets(),
                reading.ages.getValueAtPercentile(99) / 1e3);
    }

    /** Of the loop's thread, and of libpcap's where there is one. */
    private long cpuNanos(CaptureWay way, Reader reader) {
        long loop = threads.getThreadCpuTime(reader.threadId);
        if (way != CaptureWay.PCAP) {
            return loop;
        }
        return loop
                + Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("pcap-" + DEVICE))
                        .mapToLong(thread -> threads.getThreadCpuTime(thread.getId()))
                        .sum();
    }

    /** What has been read since it was asked last. */
    private record Reading(Histogram ages, int turns, CaptureCounters counters) {}

    /** Drains the source on its loop and does nothing with what it gets. */
    private static final class Reader implements AutoCloseable {
        final long threadId;
        private final LiveSource source;
        private final EventLoop loop;
        private final SegmentWriter writer;
        private Histogram ages = new Histogram(LONGEST_NANOS, DIGITS);
        private CaptureCounters countersBefore = CaptureCounters.NONE;
        private int turns;
        private int sampling = 1;
        private int last;

        Reader(LiveSource source, EventLoop loop, SegmentWriter writer) throws IOException {
            this.source = source;
            this.loop = loop;
            this.writer = writer;
            threadId = onLoop(() -> Thread.currentThread().getId());
            onLoop(() -> {
                source.start(loop, this::turn);
                return this;
            });
        }

        private void turn() {
            turns++;
            try {
                source.drain(this::take, PER_TURN);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        /** Looks into each segment as its user would, and at the clock for some only: that costs as much as the capture. */
        private void take(CapturedSegment segment) {
            int number = segment.buffer().getInt(segment.index() + SegmentWriter.SEQUENCE_AT);
            last = number;
            if (number % sampling != 0) {
                return;
            }
            ages.recordValue(Math.min(writer.ageNanos(number), LONGEST_NANOS));
        }

        /** From now on one segment of so many is asked for its age. */
        Reading reset(int oneOf) throws IOException {
            awaitLast();
            return onLoop(() -> {
                sampling = oneOf;
                CaptureCounters now = source.counters();
                Reading reading = new Reading(
                        ages,
                        turns,
                        new CaptureCounters(
                                now.captured() - countersBefore.captured(),
                                now.dropped() - countersBefore.dropped(),
                                now.truncated() - countersBefore.truncated()));
                countersBefore = now;
                ages = new Histogram(LONGEST_NANOS, DIGITS);
                turns = 0;
                return reading;
            });
        }

        /** What has been written is on its way; its last packet may have been dropped. */
        private void awaitLast() throws IOException {
            long deadline = System.nanoTime() + SETTLING_NANOS;
            while (onLoop(() -> last) != writer.lastNumber() && System.nanoTime() - deadline < 0) {
                LockSupport.parkNanos(PROBE_PAUSE_NANOS);
            }
        }

        @Override
        public void close() throws IOException {
            onLoop(() -> {
                source.close();
                return this;
            });
        }

        private <T> T onLoop(java.util.concurrent.Callable<T> work) throws IOException {
            try {
                return loop.submit(work).get();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", interrupted);
            } catch (ExecutionException failure) {
                throw new IOException(failure.getCause());
            }
        }
    }
}
