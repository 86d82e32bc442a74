package dev.tunbridge.sim.pipeline;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Sender, device and reader in a namespace of their own, for one run. The sender is a blocking UDP socket, as an
 * application's is; the reader takes each packet when its turn has come, and credit that it cannot use is lost, but for
 * {@link #CREDIT_NANOS}.
 */
public final class TunPipeline {
    /** Of a whole packet, headers included. */
    static final int PACKET_BYTES = 1_400;

    private static final int HEADER_BYTES = 28;
    private static final String DEVICE = "pipe0";
    private static final String OWN = "198.18.0.1";
    private static final String OTHER = "198.18.0.2";
    private static final int PORT = 9;

    /** A reader that was kept from the processor for longer is behind for good. */
    private static final long CREDIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Queue of the token bucket: packets in it block their sender long before it is full. */
    private static final int LIMIT_BYTES = 400_000;

    private static final double SHARE_OF_READER = 0.9;

    private final PipelineOptions options;

    private TunPipeline(PipelineOptions options) {
        this.options = options;
    }

    /** Plays one run, in about the time that the options name; needs root, and two processors to mean anything. */
    public static PipelineResult play(PipelineOptions options) throws IOException, InterruptedException {
        TunPipeline pipeline = new TunPipeline(options);
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("host");
            try (TunInterface tun = host.call(() -> TunInterface.open(DEVICE, TunKind.TUN))) {
                host.call(() -> {
                    pipeline.configure();
                    return tun;
                });
                return pipeline.play(host, tun);
            }
        }
    }

    private void configure() throws IOException {
        Command.runIpBatch(List.of(
                "link set dev " + DEVICE + " addrgenmode none txqueuelen " + options.queueLength(),
                "address add " + OWN + "/30 dev " + DEVICE,
                "link set dev " + DEVICE + " up"));
        if (options.shaping() == Shaping.TOKEN_BUCKET) {
            long bits = (long) (SHARE_OF_READER * 8 * PACKET_BYTES * options.packetsPerSecond());
            List<String> command = new ArrayList<>(List.of("tc", "qdisc", "add", "dev", DEVICE, "root", "tbf"));
            command.addAll(List.of("rate", bits + "bit", "burst", String.valueOf(burstBytes(bits))));
            command.addAll(List.of("limit", String.valueOf(LIMIT_BYTES)));
            Command.run(command.toArray(String[]::new));
        }
    }

    /** One packet and a half, or what a timer tick of the kernel (a fifth of a millisecond is plenty) lets through. */
    private static long burstBytes(long bitsPerSecond) {
        return Math.max(PACKET_BYTES * 3 / 2, bitsPerSecond / 8 / 5_000);
    }

    private PipelineResult play(LabNamespace host, TunInterface tun) throws IOException, InterruptedException {
        DeviceDrops before = drops(host);
        CountDownLatch reading = new CountDownLatch(1);
        Reader reader = new Reader(tun.fd(), reading);
        FutureTask<Long> readerTask = new FutureTask<>(reader::read);
        host.newThread(readerTask).start();
        DatagramChannel channel = host.call(TunPipeline::connect);
        try {
            reading.await();
            FutureTask<Long> senderTask = new FutureTask<>(() -> send(channel));
            long begun = System.nanoTime();
            host.newThread(senderTask).start();
            TimeUnit.NANOSECONDS.sleep(options.length().toNanos());
            double seconds = (System.nanoTime() - begun) / 1e9;
            // Before the reader ends, so that nothing is dropped for want of one; a sender that waits for room is woken
            // by it.
            channel.close();
            long sent = get(senderTask);
            reader.ending = true;
            long read = get(readerTask);
            return new PipelineResult(sent, read, drops(host).since(before).all(), seconds);
        } finally {
            channel.close();
            reader.ending = true;
            get(readerTask);
        }
    }

    private static DeviceDrops drops(LabNamespace host) throws IOException {
        return host.call(() -> DeviceDrops.ofDevice(DEVICE));
    }

    private static DatagramChannel connect() throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        try {
            channel.bind(new InetSocketAddress(OWN, 0));
            return channel.connect(new InetSocketAddress(OTHER, PORT));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** As fast as it goes, until the channel is closed. */
    private static long send(DatagramChannel channel) throws IOException {
        ByteBuffer payload = ByteBuffer.allocateDirect(PACKET_BYTES - HEADER_BYTES);
        long sent = 0;
        try {
            while (true) {
                payload.clear();
                channel.write(payload);
                sent++;
            }
        } catch (ClosedChannelException e) {
            return sent;
        }
    }

    private static long get(FutureTask<Long> task) throws IOException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    /** Reads packets one by one, each in its turn; without sleeping, because a timer is too coarse for a queue of one packet. */
    private final class Reader {
        private final int descriptor;
        private final CountDownLatch reading;
        private volatile boolean ending;

        Reader(int descriptor, CountDownLatch reading) {
            this.descriptor = descriptor;
            this.reading = reading;
        }

        long read() throws IOException {
            ByteBuf packet = Unpooled.directBuffer(1 << 16);
            try {
                return read(packet.memoryAddress(), packet.capacity());
            } finally {
                packet.release();
            }
        }

        private long read(long address, int capacity) throws IOException {
            long intervalNanos = TimeUnit.SECONDS.toNanos(1) / options.packetsPerSecond();
            long read = 0;
            reading.countDown();
            long due = System.nanoTime();
            while (!ending) {
                long now = System.nanoTime();
                if (now - due < 0) {
                    Thread.onSpinWait();
                    continue;
                }
                if (Descriptors.read(descriptor, address, capacity) > 0) {
                    read++;
                    due += intervalNanos;
                }
                due = Math.max(due, now - CREDIT_NANOS);
            }
            return read;
        }
    }
}
