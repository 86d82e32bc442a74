package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.filter.Prefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which pool each tunnel of this process has. A pool is a route only once it is set up, and tunnels that start together would all find the
 * same one free: then the answers of one would leave by another. Thread-safe.
 */
public final class PoolClaims {
    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");

    /** By network namespace and device; guarded by itself. */
    private static final Map<String, Prefix> CLAIMED = new HashMap<>();

    private PoolClaims() {}

    /** Chooses, given what others have. */
    @FunctionalInterface
    public interface Chooser {
        MappingChoice choose(List<Prefix> claimed) throws IOException;
    }

    /**
     * Has a pool chosen that no other tunnel of this process has, in the calling thread's network namespace, and keeps it for this
     * device until it is released or chosen anew.
     *
     * @throws IOException also where a pool that was asked for by name is another tunnel's
     */
    public static MappingChoice claim(String device, Chooser chooser) throws IOException {
        String namespace = Files.readSymbolicLink(NAMESPACE) + " ";
        synchronized (CLAIMED) {
            Map<String, Prefix> others = new HashMap<>();
            CLAIMED.forEach((owner, pool) -> {
                if (owner.startsWith(namespace) && !owner.equals(namespace + device)) {
                    others.put(owner.substring(namespace.length()), pool);
                }
            });
            MappingChoice choice = chooser.choose(new ArrayList<>(others.values()));
            Prefix pool = choice.pool().orElse(null);
            for (Map.Entry<String, Prefix> other : others.entrySet()) {
                if (pool != null && overlap(pool, other.getValue())) {
                    throw new IOException("mapping.pool: " + pool + " overlaps " + other.getValue() + ", the pool of "
                            + other.getKey() + ": name another for " + device);
                }
            }
            put(namespace + device, pool);
            return choice;
        }
    }

    /** The device has this pool, as was chosen before what it had was taken back. */
    public static void keep(String device, Optional<Prefix> pool) throws IOException {
        String namespace = Files.readSymbolicLink(NAMESPACE) + " ";
        synchronized (CLAIMED) {
            put(namespace + device, pool.orElse(null));
        }
    }

    private static void put(String owner, @Nullable Prefix pool) {
        if (pool == null) {
            CLAIMED.remove(owner);
        } else {
            CLAIMED.put(owner, pool);
        }
    }

    private static boolean overlap(Prefix a, Prefix b) {
        return a.contains(b.address()) || b.contains(a.address());
    }

    /** The device has none any more. */
    public static void release(String device) throws IOException {
        String namespace = Files.readSymbolicLink(NAMESPACE) + " ";
        synchronized (CLAIMED) {
            CLAIMED.remove(namespace + device);
        }
    }
}
