package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Connections that have said a word each way, and then nothing: what of memory the device's end has for each. They are opened and closed some
 * times before, so that what a process takes once is not counted.
 */
record IdleWorkload(int connections, Duration length) implements Workload {
    private static final int CONNECTIONS = 1_000;
    private static final int MAX_CONNECTIONS = 1_000;
    private static final int SECONDS = 120;
    private static final int BEFORE = 5;
    private static final int ANSWER_MILLIS = 10_000;
    private static final int BACKLOG = 1_024;
    private static final int WORD = 0x5a;

    /** In which ends of connections are told and memory is given back. */
    private static final long SETTLING_MILLIS = 1_000;

    static IdleWorkload of(Spec spec, int seconds) {
        return new IdleWorkload(
                spec.number("n", CONNECTIONS, 1, MAX_CONNECTIONS), Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "idle, " + connections + " connections";
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.MEMORY_PER_CONNECTION);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        Ends ends = tunnel.ends();
        long end = System.nanoTime() + length.toNanos();
        try (ServerSocket service =
                ends.deviceSide().call(() -> new ServerSocket(ends.servicePort(), BACKLOG, ends.device()))) {
            service.setSoTimeout(ANSWER_MILLIS);
            for (int time = 0; time < BEFORE; time++) {
                close(open(ends, service, end));
                TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
            }
            long before = tunnel.deviceResidentBytes();
            List<Socket> opened = open(ends, service, end);
            TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
            long after = tunnel.deviceResidentBytes();
            close(opened);
            return Measures.ofBytes(0).with(Metric.MEMORY_PER_CONNECTION, (after - before) / 1024.0 / connections);
        }
    }

    /** Both ends of each. */
    private List<Socket> open(Ends ends, ServerSocket service, long end) throws IOException {
        InetSocketAddress address = new InetSocketAddress(ends.device(), service.getLocalPort());
        List<Socket> opened = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                if (System.nanoTime() - end > 0) {
                    throw new IOException(
                            "only " + i + " of " + connections + " connections after " + length.toSeconds() + " s");
                }
                Socket client = ClientSocket.connect(ends, address, ANSWER_MILLIS);
                opened.add(client);
                client.getOutputStream().write(WORD);
                Socket accepted = service.accept();
                opened.add(accepted);
                accepted.setSoTimeout(ANSWER_MILLIS);
                accepted.getOutputStream().write(accepted.getInputStream().read());
                if (client.getInputStream().read() != WORD) {
                    throw new IOException("connection " + i + " has another's answer");
                }
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            close(opened);
            throw e;
        }
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
