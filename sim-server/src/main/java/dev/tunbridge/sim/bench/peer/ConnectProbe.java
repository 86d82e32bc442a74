package dev.tunbridge.sim.bench.peer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Whether a client at the server's side gets an answer from the device over TCP: a proxy connects before that. */
final class ConnectProbe implements AutoCloseable {
    private static final int CONNECT_MILLIS = 500;

    /** Some round trips of the slowest profile. */
    private static final int ANSWER_MILLIS = 2_000;

    private static final long INTERVAL_MILLIS = 50;
    private static final int ANSWER = 0x5a;

    private final ServerSocket service;

    private ConnectProbe(ServerSocket service) {
        this.service = service;
        Thread thread = new Thread(this::answer, "bench-answer");
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits until a connection through the tunnel carries something both ways. */
    static void awaitPath(Tunnel tunnel, Duration limit) throws IOException, InterruptedException {
        Ends ends = tunnel.ends();
        long deadline = System.nanoTime() + limit.toNanos();
        try (ConnectProbe probe = new ConnectProbe(
                ends.deviceSide().call(() -> new ServerSocket(ends.servicePort(), 1, ends.device())))) {
            InetSocketAddress address = new InetSocketAddress(ends.device(), probe.service.getLocalPort());
            String lastFault = "";
            while (System.nanoTime() < deadline) {
                try {
                    ends.serverSide().call(() -> ask(address));
                    return;
                } catch (IOException e) {
                    lastFault = String.valueOf(e.getMessage());
                }
                String ended = tunnel.fault().orElse("");
                if (!ended.isEmpty()) {
                    throw new IOException(ended);
                }
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
            }
            throw new IOException("the tunnel carries nothing after " + limit.toSeconds() + " s: " + lastFault);
        }
    }

    private static Socket ask(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS);
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.getOutputStream().write(ANSWER);
            if (socket.getInputStream().read() != ANSWER) {
                throw new IOException("no answer on a connection");
            }
            return socket;
        }
    }

    private void answer() {
        while (!service.isClosed()) {
            try (Socket socket = service.accept()) {
                socket.setSoTimeout(ANSWER_MILLIS);
                socket.getOutputStream().write(socket.getInputStream().read());
            } catch (IOException e) {
                // Closed, which ends the loop, or a caller who has given up.
            }
        }
    }

    @Override
    public void close() throws IOException {
        service.close();
    }
}
