package dev.tunbridge.sim.bench.peer;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * A ping that every carriage takes: UDP datagrams from the server's side that the device's side sends back.
 *
 * <pre>
 *   number (4) | sent at, nanoseconds (8) | filling, to the length of a ping
 * </pre>
 */
public final class EchoProbe implements AutoCloseable {
    public static final long LOST = -1;

    private static final int PAYLOAD_BYTES = 56;
    private static final int LINGER_MILLIS = 2_000;
    private static final long AWAIT_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DatagramSocket echo;
    private final DatagramSocket probe;

    private EchoProbe(DatagramSocket echo, DatagramSocket probe) {
        this.echo = echo;
        this.probe = probe;
    }

    public static EchoProbe open(Ends ends) throws IOException {
        DatagramSocket echo = ends.deviceSide().call(() -> new DatagramSocket(0, ends.device()));
        try {
            DatagramSocket probe = ends.serverSide().call(() -> new DatagramSocket(0, ends.server()));
            EchoProbe opened = new EchoProbe(echo, probe);
            startThread(opened::answer, "bench-echo");
            return opened;
        } catch (IOException | RuntimeException e) {
            echo.close();
            throw e;
        }
    }

    /** Waits until a tunnel carries datagrams both ways. Its addresses may still be missing when this begins. */
    static void awaitPath(Tunnel tunnel, Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        String lastFault = "no answer to a datagram";
        while (System.nanoTime() < deadline) {
            try (EchoProbe probe = open(tunnel.ends())) {
                if (probe.play(1, AWAIT_INTERVAL_NANOS, 500)[0] != LOST) {
                    return;
                }
            } catch (SocketException e) {
                lastFault = String.valueOf(e.getMessage());
                TimeUnit.NANOSECONDS.sleep(AWAIT_INTERVAL_NANOS);
            }
            String ended = tunnel.fault().orElse("");
            if (!ended.isEmpty()) {
                throw new IOException(ended);
            }
        }
        throw new IOException("the tunnel carries nothing after " + limit.toSeconds() + " s: " + lastFault);
    }

    /** Round-trip times in nanoseconds by number, {@link #LOST} where no answer came. */
    public long[] play(int count, long intervalNanos) throws IOException, InterruptedException {
        return play(count, intervalNanos, LINGER_MILLIS);
    }

    private long[] play(int count, long intervalNanos, int lingerMillis) throws IOException, InterruptedException {
        AtomicLongArray times = new AtomicLongArray(count);
        for (int number = 0; number < count; number++) {
            times.set(number, LOST);
        }
        probe.setSoTimeout(lingerMillis + (int) TimeUnit.NANOSECONDS.toMillis(intervalNanos));
        Thread receiver = startThread(() -> receive(times), "bench-ping");
        byte[] payload = new byte[PAYLOAD_BYTES];
        ByteBuffer header = ByteBuffer.wrap(payload);
        long next = System.nanoTime();
        for (int number = 0; number < count; number++) {
            header.putInt(0, number).putLong(4, System.nanoTime());
            probe.send(new DatagramPacket(payload, payload.length, echo.getLocalSocketAddress()));
            next += intervalNanos;
            for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                LockSupport.parkNanos(left);
            }
        }
        receiver.join();
        long[] result = new long[count];
        Arrays.setAll(result, times::get);
        return result;
    }

    /**
     * Sends a probe every so often, whatever becomes of it, until one that was sent from now on is answered. Nothing
     * else can be asked of this probe afterwards.
     *
     * @return when the answer came, as {@link System#nanoTime} has it; empty where none came within the limit
     */
    public OptionalLong awaitAnswer(long intervalNanos, Duration limit) throws InterruptedException, IOException {
        long begin = System.nanoTime();
        CompletableFuture<Long> answer = new CompletableFuture<>();
        probe.setSoTimeout(0);
        startThread(() -> receiveFirst(begin, answer), "bench-ping");
        byte[] payload = new byte[PAYLOAD_BYTES];
        while (System.nanoTime() - begin < limit.toNanos()) {
            ByteBuffer.wrap(payload).putInt(0, 0).putLong(4, System.nanoTime());
            try {
                probe.send(new DatagramPacket(payload, payload.length, echo.getLocalSocketAddress()));
            } catch (IOException e) {
                // The address or the way to the other end is gone for the time being.
            }
            try {
                return OptionalLong.of(answer.get(intervalNanos, TimeUnit.NANOSECONDS));
            } catch (TimeoutException e) {
                // the next one
            } catch (ExecutionException e) {
                throw new IOException("the probe cannot hear answers", e.getCause());
            }
        }
        return OptionalLong.empty();
    }

    private void receiveFirst(long sentFromNanos, CompletableFuture<Long> answer) {
        DatagramPacket packet = new DatagramPacket(new byte[PAYLOAD_BYTES], PAYLOAD_BYTES);
        try {
            while (!answer.isDone()) {
                probe.receive(packet);
                if (ByteBuffer.wrap(packet.getData()).getLong(4) - sentFromNanos >= 0) {
                    answer.complete(System.nanoTime());
                }
            }
        } catch (IOException e) {
            answer.completeExceptionally(e); // closed: nobody waits any more
        }
    }

    private void receive(AtomicLongArray times) {
        int missing = times.length();
        DatagramPacket packet = new DatagramPacket(new byte[PAYLOAD_BYTES], PAYLOAD_BYTES);
        try {
            while (missing > 0) {
                probe.receive(packet);
                ByteBuffer header = ByteBuffer.wrap(packet.getData());
                int number = header.getInt(0);
                long elapsedNanos = System.nanoTime() - header.getLong(4);
                if (number >= 0 && number < times.length() && times.compareAndSet(number, LOST, elapsedNanos)) {
                    missing--;
                }
            }
        } catch (SocketTimeoutException e) {
            // the rest is lost
        } catch (IOException e) {
            // closed: nobody waits for the rest
        }
    }

    private void answer() {
        DatagramPacket packet = new DatagramPacket(new byte[PAYLOAD_BYTES], PAYLOAD_BYTES);
        while (!echo.isClosed()) {
            try {
                packet.setLength(PAYLOAD_BYTES);
                echo.receive(packet);
                echo.send(packet);
            } catch (IOException e) {
                // Closed, which ends the loop, or a way back that does not stand yet.
            }
        }
    }

    private static Thread startThread(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public void close() {
        echo.close();
        probe.close();
    }
}
