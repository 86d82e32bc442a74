package dev.tunbridge.sim.foreign;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
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

    /** Whether its host has a device that leads into the tunnel, some time after the session has begun. */
    default boolean hasDevice() {
        return true;
    }
}
