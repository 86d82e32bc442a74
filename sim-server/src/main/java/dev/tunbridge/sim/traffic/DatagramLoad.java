package dev.tunbridge.sim.traffic;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.BitSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Numbered datagrams at a rate, or as fast as a socket takes them, for a time; counted at both ends. Where {@link
 * DatagramStream} times each of a few, this counts many: one thread a side, and nothing is computed for a datagram but
 * its number.
 *
 * <pre>
 *   number (4) | number again (4) | zeroes
 * </pre>
 */
public final class DatagramLoad {
    /** As fast as the socket takes them. */
    public static final double FLOOD = Double.POSITIVE_INFINITY;

    private static final int HEADER_BYTES = 8;

    /** The largest that IPv4 has. */
    private static final int MAX_BYTES = 65_507;

    private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

    /** After the last has been sent, so much silence means that no more will come ... */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** ... and this much time is enough, whatever still comes. */
    private static final long STRAGGLERS_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int POLL_MILLIS = 100;

    /** Datagrams between two looks at the clock in a flood. */
    private static final int FLOOD_BURST = 32;

    private final Shape shape;
    private volatile boolean ending;

    private DatagramLoad(Shape shape) {
        this.shape = shape;
    }

    /**
     * What a load is.
     *
     * @param bytes payload of each datagram, header included
     * @param megabitsPerSecond payload sent, in Mbit/s, or {@link #FLOOD}
     * @param nanos how long it is sent
     */
    public record Shape(int bytes, double megabitsPerSecond, long nanos) {
        public Shape {
            if (bytes < HEADER_BYTES || bytes > MAX_BYTES || !(megabitsPerSecond > 0) || nanos <= 0) {
                throw new IllegalArgumentException("no such load: bytes " + bytes + " (" + HEADER_BYTES + " to "
                        + MAX_BYTES + "), Mbit/s " + megabitsPerSecond + " (over 0), ns " + nanos + " (over 0)");
            }
        }

        boolean isFlood() {
            return Double.isInfinite(megabitsPerSecond);
        }

        /** From one datagram to the next; 0 in a flood. */
        double intervalNanos() {
            return bytes * 8e3 / megabitsPerSecond;
        }
    }

    /**
     * What became of a load.
     *
     * @param bytes payload of each datagram
     * @param sent datagrams that the socket has taken
     * @param sendingNanos from the first to the end of sending
     * @param received distinct datagrams that came, stragglers included
     * @param receivedInTime those of them that came before the end of sending
     * @param altered datagrams that were not what was sent
     */
    public record Outcome(int bytes, int sent, long sendingNanos, int received, int receivedInTime, int altered) {

        public double sentMegabitsPerSecond() {
            return megabitsPerSecond(sent);
        }

        /** While it was sent: what a tunnel still had in its queues does not make it faster. */
        public double receivedMegabitsPerSecond() {
            return megabitsPerSecond(receivedInTime);
        }

        /** Of 1. */
        public double lostShare() {
            return sent == 0 ? 0 : (double) (sent - received) / sent;
        }

        public long receivedBytes() {
            return (long) received * bytes;
        }

        private double megabitsPerSecond(int datagrams) {
            return sendingNanos == 0 ? 0 : datagrams * 8e3 * bytes / sendingNanos;
        }
    }

    /** What the sender did. */
    private record Sent(int datagrams, long startNanos, long endNanos) {}

    /** Sends and receives, each on a thread of its own in its own namespace. Ends early by an interrupt. */
    public static Outcome play(ThreadFactory sender, ThreadFactory receiver, InetAddress receiverAddress, Shape shape)
            throws IOException, InterruptedException {
        FutureTask<DatagramSocket> binding = new FutureTask<>(() -> bind(receiverAddress));
        receiver.newThread(binding).start();
        DatagramLoad load = new DatagramLoad(shape);
        try (DatagramSocket bound = get(binding)) {
            FutureTask<Sent> sending = new FutureTask<>(() -> load.send(bound.getLocalSocketAddress()));
            FutureTask<Outcome> receiving = new FutureTask<>(() -> load.receive(bound, sending));
            receiver.newThread(receiving).start();
            sender.newThread(sending).start();
            return get(receiving);
        } finally {
            load.ending = true;
        }
    }

    private static DatagramSocket bind(InetAddress address) throws IOException {
        DatagramSocket socket = new DatagramSocket(new InetSocketAddress(address, 0));
        socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
        socket.setSoTimeout(POLL_MILLIS);
        return socket;
    }

    private static <T> T get(FutureTask<T> task) throws IOException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    private Sent send(SocketAddress to) throws IOException {
        ByteBuffer datagram = ByteBuffer.allocateDirect(shape.bytes());
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(to);
            long start = System.nanoTime();
            int number = 0;
            while (!ending && number < Integer.MAX_VALUE - FLOOD_BURST) {
                long elapsed = System.nanoTime() - start;
                if (elapsed >= shape.nanos()) {
                    break;
                }
                // All that is due by now: where the scheduler was late, the rate stays what it is to be.
                long due = shape.isFlood() ? number + FLOOD_BURST : 1 + (long) (elapsed / shape.intervalNanos());
                if (due <= number) {
                    LockSupport.parkNanos((long) (number * shape.intervalNanos()) - elapsed);
                    continue;
                }
                for (long left = Math.min(due - number, FLOOD_BURST); left > 0; left--) {
                    datagram.putInt(0, number).putInt(Integer.BYTES, number).rewind();
                    channel.write(datagram);
                    number++;
                }
            }
            return new Sent(number, start, System.nanoTime());
        } catch (PortUnreachableException e) {
            throw new IOException("nobody receives at " + to, e);
        }
    }

    private Outcome receive(DatagramSocket socket, FutureTask<Sent> sending) throws IOException, InterruptedException {
        BitSet seen = new BitSet();
        DatagramPacket packet = new DatagramPacket(new byte[MAX_BYTES], MAX_BYTES);
        ByteBuffer header = ByteBuffer.wrap(packet.getData());
        int received = 0;
        int receivedInTime = 0;
        int altered = 0;
        long last = System.nanoTime();
        while (!ending) {
            if (sending.isDone()) {
                Sent sent = get(sending);
                long now = System.nanoTime();
                if (received >= sent.datagrams()
                        || now - Math.max(last, sent.endNanos()) > SILENCE_NANOS
                        || now - sent.endNanos() > STRAGGLERS_NANOS) {
                    break;
                }
            }
            try {
                packet.setLength(MAX_BYTES);
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                continue;
            }
            last = System.nanoTime();
            int number = header.getInt(0);
            if (packet.getLength() != shape.bytes() || number < 0 || number != header.getInt(Integer.BYTES)) {
                altered++;
            } else if (!seen.get(number)) {
                seen.set(number);
                received++;
                if (!sending.isDone()) {
                    receivedInTime++;
                }
            }
        }
        Sent sent = get(sending);
        return new Outcome(
                shape.bytes(),
                sent.datagrams(),
                sent.endNanos() - sent.startNanos(),
                received,
                receivedInTime,
                altered);
    }
}
