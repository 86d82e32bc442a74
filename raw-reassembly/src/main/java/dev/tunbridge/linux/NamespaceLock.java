package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Something of a network namespace that one process has at a time: held until it is closed or the process ends, however it ends. It is a Unix
 * socket with a name that no file bears (unix(7), abstract), which only its namespace knows; nobody connects to it.
 *
 * <pre>
 *   struct sockaddr_un: u16 family (0) | 0 | name without an end
 * </pre>
 */
public final class NamespaceLock implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int NAME_AT = 3;
    private static final int MOST_NAME_BYTES = 107;

    private int fd;

    private NamespaceLock(int fd) {
        this.fd = fd;
    }

    /**
     * In the namespace of the calling thread; nothing where another holds it, in this process too.
     *
     * @param name 1 to 107 bytes
     */
    public static Optional<NamespaceLock> tryHold(String name) throws LinuxException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > MOST_NAME_BYTES) {
            throw new IllegalArgumentException("name has " + bytes.length + " bytes; allowed 1 to " + MOST_NAME_BYTES);
        }
        int fd = LibC.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
        if (fd < 0) {
            throw LinuxException.last("socket", "AF_UNIX");
        }
        try (Memory address = new Memory(NAME_AT + bytes.length)) {
            address.setShort(0, (short) AF_UNIX);
            address.setByte(2, (byte) 0);
            address.write(NAME_AT, bytes, 0, bytes.length);
            if (LibC.bind(fd, address, NAME_AT + bytes.length) == 0) {
                return Optional.of(new NamespaceLock(fd));
            }
            LinuxException fault = LinuxException.last("bind", "@" + name);
            LibC.close(fd);
            if (fault.errno().equals(Errno.EADDRINUSE)) {
                return Optional.empty();
            }
            throw fault;
        }
    }

    /** Lets go. Does no harm twice. */
    @Override
    public synchronized void close() {
        if (fd >= 0) {
            LibC.close(fd);
            fd = -1;
        }
    }
}
