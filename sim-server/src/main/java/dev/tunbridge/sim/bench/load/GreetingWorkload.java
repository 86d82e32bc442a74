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
import java.util.List;
import org.HdrHistogram.Histogram;

/** Fresh TCP connections, one after the other, to a service that speaks first, as those of ssh and mail do: how long until its first byte is there. */
record GreetingWorkload(int connections, Duration length) implements Workload {
    private static final int CONNECTIONS = 100;
    private static final int MAX_CONNECTIONS = 10_000;
    private static final int SECONDS = 30;
    private static final int ANSWER_MILLIS = 10_000;
    private static final int DIGITS = 3;
    private static final int GREETING = 0x5a;

    static GreetingWorkload of(Spec spec, int seconds) {
        return new GreetingWorkload(
                spec.number("n", CONNECTIONS, 1, MAX_CONNECTIONS), Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "greeting, " + connections + " in turn, at most " + length.toSeconds() + " s";
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.FIRST_BYTE_P50, Metric.FIRST_BYTE_P99);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException {
        Ends ends = tunnel.ends();
        Histogram firstByte = new Histogram(DIGITS);
        long end = System.nanoTime() + length.toNanos();
        try (ServerSocket service =
                ends.deviceSide().call(() -> new ServerSocket(ends.servicePort(), 0, ends.device()))) {
            service.setSoTimeout(ANSWER_MILLIS);
            InetSocketAddress address = new InetSocketAddress(ends.device(), service.getLocalPort());
            for (int i = 0; i < connections && System.nanoTime() - end < 0; i++) {
                firstByte.recordValue(greetingNanos(ends, service, address));
            }
        }
        return Measures.ofBytes(0)
                .with(Metric.FIRST_BYTE_P50, firstByte.getValueAtPercentile(50) / 1e6)
                .with(Metric.FIRST_BYTE_P99, firstByte.getValueAtPercentile(99) / 1e6);
    }

    /** One thread plays both ends in turn, so it measures no other's wake-up. */
    private static long greetingNanos(Ends ends, ServerSocket service, InetSocketAddress address) throws IOException {
        long begin = System.nanoTime();
        try (Socket client = ClientSocket.connect(ends, address, ANSWER_MILLIS)) {
            try (Socket accepted = service.accept()) {
                accepted.getOutputStream().write(GREETING);
                int read = client.getInputStream().read();
                if (read != GREETING) {
                    throw new IOException("read " + read + " for a greeting of " + GREETING);
                }
                return System.nanoTime() - begin;
            }
        }
    }
}
