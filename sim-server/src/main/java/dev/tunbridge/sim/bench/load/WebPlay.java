package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.traffic.SelfSigned;
import dev.tunbridge.sim.traffic.WebLoad;
import dev.tunbridge.sim.traffic.WebService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Fetches from a web server on the device by a client at the server's side. */
record WebPlay(WebLoad.Outcome outcome) {

    /** @param identity of the server, for TLS; plain HTTP without */
    static WebPlay of(Ends ends, WebLoad.Plan plan, Optional<SelfSigned> identity)
            throws IOException, InterruptedException {
        try (WebService service = WebService.start(
                ends.deviceSide().threadFactory("bench-service"),
                new InetSocketAddress(ends.device(), ends.servicePort()),
                plan.content(),
                identity)) {
            return new WebPlay(WebLoad.play(
                    ends.serverSide().threadFactory("bench-client"),
                    service.address(),
                    identity.map(SelfSigned::certificate),
                    plan));
        }
    }

    /** The smallest time that this share of the fetches does not exceed, in milliseconds. */
    double percentileMillis(ToLongFunction<WebLoad.Fetch> nanos, double percent) {
        long[] sorted = outcome.fetches().stream().mapToLong(nanos).sorted().toArray();
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return sorted[Math.max(1, rank) - 1] / 1e6;
    }
}
