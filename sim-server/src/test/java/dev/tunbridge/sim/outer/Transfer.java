package dev.tunbridge.sim.outer;

import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.scene.Family;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Some bytes of a kernel's TCP through the tunnel, from the one who connects to the one who listens. */
final class Transfer implements AutoCloseable {
    private static final int BYTES = 120_000;

    private final ServerSocket service;
    private final Socket sender = new Socket();
    private final AtomicLong received = new AtomicLong();

    private Transfer(LabNamespace from, LabNamespace to, InetAddress address) throws IOException {
        service = to.call(() -> new ServerSocket(0, 1, address));
        to.newThread(this::read).start();
        from.newThread(() -> write(new InetSocketAddress(address, service.getLocalPort())))
                .start();
    }

    static Transfer up(RoutedLab lab) throws IOException {
        return new Transfer(lab.device(), lab.server(), Family.IPV4.server());
    }

    static Transfer down(RoutedLab lab) throws IOException {
        return new Transfer(lab.server(), lab.device(), Family.IPV4.device());
    }

    boolean isOver() {
        return received.get() == BYTES;
    }

    void awaitEnd() {
        await().atMost(RoutedLab.LIMIT).until(this::isOver);
    }

    private void read() {
        byte[] buffer = new byte[1 << 14];
        try (Socket socket = service.accept()) {
            int bytes = socket.getInputStream().read(buffer);
            while (bytes >= 0) {
                received.addAndGet(bytes);
                bytes = socket.getInputStream().read(buffer);
            }
        } catch (IOException e) {
            // closed: the end
        }
    }

    private void write(InetSocketAddress to) {
        try {
            sender.connect(to);
            sender.getOutputStream().write(new byte[BYTES]);
        } catch (IOException e) {
            // closed: the end
        }
    }

    @Override
    public void close() throws IOException {
        sender.close();
        service.close();
    }
}
