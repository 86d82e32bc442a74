package dev.tunbridge.sim.traffic;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * A stream of numbered, timed datagrams. Both ends run on one machine, so the time in the datagram is the sender's and
 * the receiver's clock at once. The payload after number and time follows from the number and is compared.
 *
 * <pre>
 *   number (4) | number again (4) | sent at, nanoseconds (8) | filling
 * </pre>
 */
public final class DatagramStream {
    /** No datagram of the stream. */
    public static final int NONE = -1;

    private static final int HEADER_BYTES = 16;

    /** How long the receiver waits for stragglers behind a stalled tunnel. */
    private static final int LINGER_MILLIS = 3_000;

    private static final VarHandle BIG_ENDIAN_INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private static final long MAX_LATENCY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final ThreadFactory sender;
    private final ThreadFactory receiver;
    private final InetAddress receiverAddress;
    private final InetAddress destination;

    private DatagramStream(
            ThreadFactory sender, ThreadFactory receiver, InetAddress receiverAddress, InetAddress destination) {
        this.sender = sender;
        this.receiver = receiver;
        this.receiverAddress = receiverAddress;
        this.destination = destination;
    }

    /**
     * What a stream is.
     *
     * @param datagrams how many
     * @param bytes length of each, header included
     * @param intervalNanos from one burst to the next
     * @param burst datagrams sent at once
     */
    public record Shape(int datagrams, int bytes, long intervalNanos, int burst) {
        public Shape {
            if (datagrams < 1 || burst < 1 || bytes < HEADER_BYTES || bytes > 65_507 || intervalNanos < 0) {
                throw new IllegalArgumentException("no such stream: datagrams " + datagrams + ", bytes " + bytes
                        + ", interval " + intervalNanos + " ns, burst " + burst);
            }
        }

        public double megabitsPerSecond() {
            return bytes * 8e3 * burst / intervalNanos;
        }

        /** Writes the payload of one datagram from the start of {@code into}. */
        public void write(byte[] into, int number, long sentAtNanos) {
            for (int i = HEADER_BYTES; i < bytes; i++) {
                into[i] = filling(number, i);
            }
            ByteBuffer.wrap(into).putInt(number).putInt(number).putLong(sentAtNanos);
        }

        /** The number of the unaltered datagram of this stream whose payload begins there, or {@link #NONE}. */
        public int numberAt(byte[] content, int index) {
            if (index < 0 || index + bytes > content.length) {
                return NONE;
            }
            int number = intAt(content, index);
            if (number < 0 || number >= datagrams || number != intAt(content, index + Integer.BYTES)) {
                return NONE;
            }
            for (int i = HEADER_BYTES; i < bytes; i++) {
                if (content[index + i] != filling(number, i)) {
                    return NONE;
                }
            }
            return number;
        }
    }

    /**
     * What became of a stream.
     *
     * @param sent datagrams sent
     * @param received distinct datagrams that came, whole and unaltered
     * @param duplicates datagrams that came again
     * @param altered datagrams that were not what was sent
     * @param latency one-way latency in nanoseconds
     */
    public record Outcome(int sent, int received, int duplicates, int altered, Histogram latency) {
        public int lost() {
            return sent - received;
        }

        public boolean isIntact() {
            return lost() == 0 && duplicates == 0 && altered == 0;
        }

        /** How many came so much later than the median: they waited for something. */
        public long laterThanMedian(long nanos) {
            long limit = latency.getValueAtPercentile(50) + nanos;
            return limit >= latency.getMaxValue() ? 0 : latency.getCountBetweenValues(limit, latency.getMaxValue());
        }
    }

    /** Two ends, each a thread in its own namespace. */
    public static DatagramStream between(ThreadFactory sender, ThreadFactory receiver, InetAddress receiverAddress) {
        return between(sender, receiver, receiverAddress, receiverAddress);
    }

    /**
     * The same where the receiver has another address than the sender knows, and the same port.
     *
     * @param destination that the sender sends to
     */
    public static DatagramStream between(
            ThreadFactory sender, ThreadFactory receiver, InetAddress receiverAddress, InetAddress destination) {
        return new DatagramStream(sender, receiver, receiverAddress, destination);
    }

    /** Hears of each datagram's first arrival. */
    public interface ArrivalListener {
        /** On the receiver's thread; the number counts from zero. */
        void onArrival(int number, long latencyNanos);
    }

    /** Sends and receives the stream; {@code progress} hears how many datagrams have come. */
    public Outcome play(Shape shape, IntConsumer progress) throws IOException, InterruptedException {
        int[] arrived = {0};
        return play(shape, (number, latencyNanos) -> progress.accept(++arrived[0]));
    }

    /** Sends and receives the stream; the listener hears of each datagram. */
    public Outcome play(Shape shape, ArrivalListener arrivals) throws IOException, InterruptedException {
        FutureTask<Receiver> binding = new FutureTask<>(() -> new Receiver(receiverAddress));
        receiver.newThread(binding).start();
        try (Receiver bound = get(binding)) {
            FutureTask<Shape> sending = new FutureTask<>(() -> {
                send(shape, new InetSocketAddress(destination, bound.port()));
                return shape;
            });
            sender.newThread(sending).start();
            Outcome outcome = bound.receive(shape, arrivals, sending);
            get(sending);
            return outcome;
        }
    }

    private static <T> T get(FutureTask<T> task) throws IOException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    /** Sends the stream from the calling thread. */
    private static void send(Shape shape, InetSocketAddress to) throws IOException {
        byte[] bytes = new byte[shape.bytes()];
        try (DatagramSocket socket = new DatagramSocket(0, null)) {
            socket.connect(to);
            long next = System.nanoTime();
            for (int number = 0; number < shape.datagrams(); number++) {
                shape.write(bytes, number, System.nanoTime());
                try {
                    socket.send(new DatagramPacket(bytes, bytes.length));
                } catch (java.net.PortUnreachableException e) {
                    throw new IOException("nobody receives at " + to, e);
                }
                if ((number + 1) % shape.burst() == 0) {
                    next += shape.intervalNanos();
                    sleepUntil(next);
                }
            }
        }
    }

    /** A receiver, bound in the namespace of the thread that makes it. */
    private static final class Receiver implements AutoCloseable {
        private final DatagramSocket socket;

        Receiver(InetAddress address) throws IOException {
            socket = new DatagramSocket(0, address);
            socket.setReceiveBufferSize(4 << 20);
        }

        int port() {
            return socket.getLocalPort();
        }

        /** Receives until all have come, or all are sent and none comes any more. */
        Outcome receive(Shape shape, ArrivalListener arrivals, Future<?> sending) throws IOException {
            BitSet seen = new BitSet(shape.datagrams());
            Histogram latency = new Histogram(MAX_LATENCY_NANOS, 3);
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            int duplicates = 0;
            int altered = 0;
            socket.setSoTimeout(LINGER_MILLIS + (int) TimeUnit.NANOSECONDS.toMillis(shape.intervalNanos()));
            while (seen.cardinality() < shape.datagrams()) {
                packet.setLength(65_535);
                boolean isAllSent = sending.isDone();
                try {
                    socket.receive(packet);
                } catch (SocketTimeoutException e) {
                    if (isAllSent) {
                        break; // what has not come by now is lost
                    }
                    continue;
                }
                long now = System.nanoTime();
                ByteBuffer header = ByteBuffer.wrap(packet.getData());
                int number = packet.getLength() == shape.bytes() ? shape.numberAt(packet.getData(), 0) : NONE;
                if (number == NONE) {
                    altered++;
                } else if (seen.get(number)) {
                    duplicates++;
                } else {
                    seen.set(number);
                    long latencyNanos = Math.min(MAX_LATENCY_NANOS, Math.max(0, now - header.getLong(8)));
                    latency.recordValue(latencyNanos);
                    arrivals.onArrival(number, latencyNanos);
                }
            }
            return new Outcome(shape.datagrams(), seen.cardinality(), duplicates, altered, latency);
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    private static byte filling(int number, int index) {
        return (byte) (number * 31 + index);
    }

    private static int intAt(byte[] bytes, int index) {
        return (int) BIG_ENDIAN_INT.get(bytes, index);
    }

    private static void sleepUntil(long deadlineNanos) {
        for (long left = deadlineNanos - System.nanoTime(); left > 0; left = deadlineNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
