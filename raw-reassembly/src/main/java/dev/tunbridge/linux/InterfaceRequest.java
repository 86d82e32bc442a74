package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;

/**
 * What is asked or told of an interface by its name (netdevice(7)).
 *
 * <pre>
 *   struct ifreq: char name[16] (0) | short flags (16) | padding to 40
 * </pre>
 */
final class InterfaceRequest {
    static final int FLAGS_AT = 16;

    /** IFNAMSIZ without the closing zero. */
    static final int MAX_NAME_LENGTH = 15;

    private static final int BYTES = 40;

    private InterfaceRequest() {}

    /** Names the interface and is zero otherwise. A name that is too long is cut: there is none of it. */
    static Memory of(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        Memory request = new Memory(BYTES);
        request.clear();
        request.write(0, bytes, 0, Math.min(bytes.length, MAX_NAME_LENGTH));
        return request;
    }

    static String name(Memory request) {
        return request.getString(0, StandardCharsets.UTF_8.name());
    }
}
