package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.message.MessageMapper;
import java.util.Map;

/**
 * Makes the {@link MessageMapper}s of descriptions that say {@code mapper: {name: NAME}}. Has a constructor without arguments, and is
 * listed in its JAR's {@code META-INF/services/dev.tunbridge.protocol.plugin.MessageMapperFactory}. Threads of several connections may
 * call it.
 */
public interface MessageMapperFactory {
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

    /** How many bytes a payload is longer on the wire at most. */
    int mostGrowthBytes();

    /**
     * One for one connection, or for an attempt to make one; also asked for when a configuration is checked.
     *
     * @throws IllegalArgumentException naming what of the configuration cannot be used, and what is allowed
     */
    MessageMapper bind(Binding binding);
}
