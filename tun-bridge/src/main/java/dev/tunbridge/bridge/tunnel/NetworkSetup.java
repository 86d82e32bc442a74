package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.answers.MappingChoice;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.Concerns;
import dev.tunbridge.bridge.net.HostWatch;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.net.WayView;
import dev.tunbridge.bridge.path.PathTuner;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Optional;

/** Gives the device its address, routes and rules. Blocks, so it runs on a thread of its own. */
public interface NetworkSetup {

    /** Whether clients of this session are given addresses of a pool, and why; {@code outerServer} is never of one. */
    default MappingChoice mapping(TunnelInfo tunnel, InetAddress outerServer) throws IOException {
        return new MappingChoice(Optional.empty(), "nothing of the host is asked");
    }

    /** The device is there, and nothing set up; the answer takes back what earlier processes left of it. */
    default Undo open() throws IOException {
        return () -> {};
    }

    /**
     * Sets up what the welcome says; the answer takes all of it back.
     *
     * @param pool of addresses for clients, which the device reaches through the tunnel too
     */
    Undo setUp(TunnelInfo tunnel, Optional<Prefix> pool) throws IOException;

    /** What adapts the device and its routes to the path; empty for a device that the kernel knows nothing of. */
    default Optional<PathTuner> tuner(String device) throws IOException {
        return Optional.empty();
    }

    /**
     * Hears what changes in the host's network from now on, for a device that exists, on a thread that must not wait; empty for a
     * device that the kernel knows nothing of.
     */
    default Optional<HostWatch> watch(String device, Concerns.Listener listener) throws IOException {
        return Optional.empty();
    }

    /** The ways to these addresses as they are now; of addresses that are not known, the default routes. */
    default WayView ways(Collection<InetAddress> servers) throws IOException {
        return WayView.NONE;
    }

    /** Takes a set-up back; does nothing the second time. */
    @FunctionalInterface
    interface Undo {
        void undo() throws IOException;

        /** Whether everything is still there: others may have taken it away. */
        default TunNetwork.Condition condition() throws IOException {
            return TunNetwork.Condition.WHOLE;
        }
    }
}
