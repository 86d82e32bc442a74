package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript.Due;
import dev.tunbridge.protocol.session.SessionScript.End;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the {@link SessionDriver}s of descriptions that say {@code session: {driver: NAME}}. Has a constructor without arguments, and is
 * listed in its JAR's {@code META-INF/services/dev.tunbridge.protocol.plugin.SessionDriverFactory}. Threads of several connections may
 * call it.
 */
public interface SessionDriverFactory {
    /** As descriptions name it. */
    String name();

    /**
     * Looks at what a description gives, when that is loaded.
     *
     * @throws IllegalArgumentException naming the key, its value and what is allowed
     */
    default void check(Map<String, String> with) {
        if (!with.isEmpty()) {
            throw new IllegalArgumentException("takes none of " + with.keySet());
        }
    }

    /** The variables of the tunnel, as {@code tunnel.mtu}, that the login gives; the configuration must give the others. */
    default Set<String> gives() {
        return Set.of();
    }

    /** What this end says in front of its first frame, in order: messages whose layout is {@code unframed}. */
    default List<Due> unframed(End from) {
        return List.of();
    }

    /**
     * One for one connection, or for an attempt to make one; also asked for when a configuration is checked.
     *
     * @throws IllegalArgumentException naming what of the configuration cannot be used, and what is allowed
     */
    SessionDriver bind(Binding binding);
}
