package dev.tunbridge.sim.sockets;

import java.time.Duration;
import java.util.Set;

/**
 * How a server keeps its clients.
 *
 * @param clients most connections and flows at a time; further connections wait in the kernel, further flows are dropped
 * @param windowBytes what the device may send on a channel before the client's socket has taken it
 * @param idleUdp silence both ways after which a flow of datagrams is over
 * @param drain time in which a client that both ends have closed may take nothing of what is still there for it
 * @param misdeeds the rules that it breaks
 */
public record SiteOptions(int clients, int windowBytes, Duration idleUdp, Duration drain, Set<Misdeed> misdeeds) {
    /** A honest server's: each client has a socket, and a process usually may have some 4,000 of them and more. */
    public static final SiteOptions HONEST =
            new SiteOptions(4_000, 256 * 1024, Duration.ofSeconds(60), Duration.ofSeconds(60), Set.of());

    private static final int MOST_CLIENTS = 32_768;

    public SiteOptions {
        misdeeds = Set.copyOf(misdeeds);
        if (clients < 1 || clients > MOST_CLIENTS) { // half of all numbers: the others wait for the device's word
            throw new IllegalArgumentException("clients is " + clients + "; allowed 1 to " + MOST_CLIENTS);
        }
        if (windowBytes < 1) {
            throw new IllegalArgumentException("windowBytes is " + windowBytes + "; allowed from 1 on");
        }
    }

    public SiteOptions windowBytes(int bytes) {
        return new SiteOptions(clients, bytes, idleUdp, drain, misdeeds);
    }

    public SiteOptions clients(int most) {
        return new SiteOptions(most, windowBytes, idleUdp, drain, misdeeds);
    }

    public SiteOptions idleUdp(Duration silence) {
        return new SiteOptions(clients, windowBytes, silence, drain, misdeeds);
    }

    public SiteOptions misdeeds(Set<Misdeed> wanted) {
        return new SiteOptions(clients, windowBytes, idleUdp, drain, wanted);
    }
}
