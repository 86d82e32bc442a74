package dev.tunbridge.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Parts of root's rights (capabilities(7)) that a process may have one by one. */
public enum Capability {
    /** Makes interfaces, addresses, routes and rules. */
    CAP_NET_ADMIN(12),
    /** Captures packets. */
    CAP_NET_RAW(13);

    private static final Path STATUS = Path.of("/proc/thread-self/status");
    private static final String EFFECTIVE = "CapEff:";

    private final int bit;

    Capability(int bit) {
        this.bit = bit;
    }

    /**
     * Whether the calling thread has it in effect, in its own user namespace. Where nobody can say so the answer is yes: the
     * kernel will tell.
     */
    public boolean isEffective() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(EFFECTIVE)) {
                    String mask = line.substring(EFFECTIVE.length()).strip();
                    return (Long.parseUnsignedLong(mask, 16) >>> bit & 1) != 0;
                }
            }
        } catch (IOException | NumberFormatException e) {
            return true; // no /proc here
        }
        return true;
    }
}
