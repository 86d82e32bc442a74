package dev.tunbridge.sim.foreign;

import com.google.common.net.InetAddresses;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A server that nobody here wrote. */
public interface ForeignServer {
    /** The programs that it needs. */
    List<String> programs();

    /** The shipped description of what it speaks. */
    String format();

    /** On all addresses of its namespace. */
    int port();

    /**
     * Starts it.
     *
     * @param folder for its files, its own
     */
    LabProcess serve(LabNamespace host, Path folder) throws IOException, InterruptedException;

    /** What a bridge is to be told that is its client, and no login says. */
    Map<String, String> clientSettings();

    /** The tunnel as a bridge is told it where no login says anything of it; packets, as all of these servers have them. */
    static Map<String, String> tunnel(InetAddress device, int prefixLength, InetAddress server, int mtu) {
        return Map.of(
                "tunnel.carriage",
                "packet",
                "tunnel.device-address",
                InetAddresses.toAddrString(device) + "/" + prefixLength,
                "tunnel.server-address",
                InetAddresses.toAddrString(server),
                "tunnel.mtu",
                String.valueOf(mtu));
    }

    /** Whether its host has a device that leads into the tunnel, some time after the session has begun. */
    default boolean hasDevice() {
        return true;
    }
}
