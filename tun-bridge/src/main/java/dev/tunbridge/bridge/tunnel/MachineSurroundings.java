package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.protocol.session.Surroundings;
import java.security.SecureRandom;

/** The clock and the random numbers of this machine. Thread-safe. */
public final class MachineSurroundings implements Surroundings {
    private final SecureRandom random = new SecureRandom();

    @Override
    public long unixMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
