package dev.tunbridge.sim.e2e;

import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.scene.Family;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Sends a datagram from the device through the tunnel each 20 ms, which the server's end sends back, and knows when one came back. */
final class WayProbe implements AutoCloseable {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final DatagramSocket echo;
    private final DatagramSocket device;
    private final AtomicLong answers = new AtomicLong();
    private volatile long answeredNanos;

    private WayProbe(WayLab lab) throws IOException {
        echo = lab.server().call(() -> new DatagramSocket(new InetSocketAddress(Family.IPV4.server(), 0)));
        device = lab.device().call(() -> new DatagramSocket(0, InetAddress.getByName("0.0.0.0")));
    }

    static WayProbe start(WayLab lab) throws IOException {
        WayProbe probe = new WayProbe(lab);
        lab.server().newThread(probe::echo).start();
        lab.device().newThread(probe::send).start();
        lab.device().newThread(probe::receive).start();
        return probe;
    }

    private void echo() {
        DatagramPacket packet = new DatagramPacket(new byte[64], 64);
        try {
            while (!echo.isClosed()) {
                echo.receive(packet);
                echo.send(packet);
            }
        } catch (IOException e) {
            // closed: the end
        }
    }

    private void send() {
        byte[] content = new byte[32];
        InetSocketAddress to = new InetSocketAddress(Family.IPV4.server(), echo.getLocalPort());
        while (!device.isClosed()) {
            try {
                device.send(new DatagramPacket(content, content.length, to));
            } catch (IOException e) {
                // No way yet, or closed.
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void receive() {
        DatagramPacket packet = new DatagramPacket(new byte[64], 64);
        try {
            while (!device.isClosed()) {
                device.receive(packet);
                answeredNanos = System.nanoTime();
                answers.incrementAndGet();
            }
        } catch (IOException e) {
            // closed: the end
        }
    }

    /** Waits for the next answer after this moment; in milliseconds, how long it took. */
    long awaitAnswerSince(long nanos) {
        await().atMost(WayLab.LIMIT)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> answers.get() > 0 && answeredNanos - nanos > 0);
        return TimeUnit.NANOSECONDS.toMillis(answeredNanos - nanos);
    }

    void awaitAnswer() {
        awaitAnswerSince(System.nanoTime());
    }

    /** Waits until nothing comes back any more. */
    void awaitSilence() {
        await().atMost(WayLab.LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> System.nanoTime() - answeredNanos > 10 * PAUSE_NANOS);
    }

    @Override
    public void close() {
        device.close();
        echo.close();
    }
}
