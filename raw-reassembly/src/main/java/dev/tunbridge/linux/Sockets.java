package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;

/** Options of sockets that Java and Netty do not offer, by descriptor. */
public final class Sockets {
    static final int IPPROTO_TCP = 6;
    private static final int TCP_CONGESTION = 13;
    /** TCP_CA_NAME_MAX. */
    private static final int CONGESTION_NAME_BYTES = 16;

    private static final int SIOCOUTQ = 0x5411;
    private static final int SIOCINQ = 0x541b;
    private static final int SIOCOUTQNSD = 0x894b;

    /** The answers' place: asked often, by few threads. */
    private static final ThreadLocal<Memory> WORD = ThreadLocal.withInitial(() -> new Memory(Integer.BYTES));

    private Sockets() {}

    public static void set(int fd, SocketOption option, int value) throws LinuxException {
        Memory word = new Memory(Integer.BYTES);
        word.setInt(0, value);
        if (LibC.setsockopt(fd, option.level, option.number, word, Integer.BYTES) < 0) {
            throw LinuxException.last("setsockopt " + option + "=" + value, "descriptor " + fd);
        }
    }

    /** Sets the option where the kernel has it and allows it; answers whether it did. */
    public static boolean trySet(int fd, SocketOption option, int value) {
        Memory word = new Memory(Integer.BYTES);
        word.setInt(0, value);
        return LibC.setsockopt(fd, option.level, option.number, word, Integer.BYTES) == 0;
    }

    public static int get(int fd, SocketOption option) throws LinuxException {
        Memory word = new Memory(2L * Integer.BYTES);
        word.setInt(0, 0);
        word.setInt(Integer.BYTES, Integer.BYTES);
        if (LibC.getsockopt(fd, option.level, option.number, word, word.share(Integer.BYTES)) < 0) {
            throw LinuxException.last("getsockopt " + option, "descriptor " + fd);
        }
        return word.getInt(0);
    }

    /** Chooses the congestion control algorithm; ENOENT where it is not loaded, EPERM where it is not allowed. */
    public static void setCongestionControl(int fd, String algorithm) throws LinuxException {
        byte[] name = algorithm.getBytes(StandardCharsets.US_ASCII);
        Memory value = new Memory(name.length + 1L);
        value.setString(0, algorithm, StandardCharsets.US_ASCII.name());
        if (LibC.setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, value, name.length) < 0) {
            throw LinuxException.last("setsockopt TCP_CONGESTION=" + algorithm, "descriptor " + fd);
        }
    }

    public static String congestionControl(int fd) throws LinuxException {
        Memory value = new Memory(CONGESTION_NAME_BYTES + Integer.BYTES + 1L);
        value.clear();
        value.setInt(CONGESTION_NAME_BYTES, CONGESTION_NAME_BYTES);
        if (LibC.getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, value, value.share(CONGESTION_NAME_BYTES)) < 0) {
            throw LinuxException.last("getsockopt TCP_CONGESTION", "descriptor " + fd);
        }
        return value.getString(0, StandardCharsets.US_ASCII.name());
    }

    /**
     * Bytes written that the peer has not acknowledged yet, sent or not (SIOCOUTQ: {@code write_seq - snd_una}). A FIN
     * that was sent counts one, so ask before closing.
     */
    public static int unackedBytes(int fd) throws LinuxException {
        return queue(fd, SIOCOUTQ, "SIOCOUTQ");
    }

    /** Of these, the bytes that were not sent even once (SIOCOUTQNSD). */
    public static int unsentBytes(int fd) throws LinuxException {
        return queue(fd, SIOCOUTQNSD, "SIOCOUTQNSD");
    }

    /** Bytes received that nobody has read yet (SIOCINQ). */
    public static int unreadBytes(int fd) throws LinuxException {
        return queue(fd, SIOCINQ, "SIOCINQ");
    }

    /**
     * Makes the kernel send a bare segment just below what is unacknowledged, as it asks for a window (RFC 9293 section
     * 3.8.6.1), which the peer's kernel answers at once, whatever its application does; Linux twice a second at most. It is
     * what leaving repair mode does; nothing else of that mode is used. Answers false where that is not allowed
     * (CAP_NET_ADMIN) or not there.
     */
    public static boolean askForAcknowledgement(int fd) {
        return trySet(fd, SocketOption.TCP_REPAIR, 1) && trySet(fd, SocketOption.TCP_REPAIR, 0);
    }

    private static int queue(int fd, int request, String name) throws LinuxException {
        Memory word = WORD.get();
        if (LibC.ioctl(fd, request, word) < 0) {
            throw LinuxException.last("ioctl " + name, "descriptor " + fd);
        }
        return word.getInt(0);
    }
}
