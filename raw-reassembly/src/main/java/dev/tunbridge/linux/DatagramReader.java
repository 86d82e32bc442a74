package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Reads datagrams with both their addresses, where they came from and where they were sent to, which for a transparent socket is not its
 * own address ({@link SocketOption#IP_RECVORIGDSTADDR}, {@link SocketOption#IPV6_RECVORIGDSTADDR}). For one thread.
 *
 * <pre>
 *   struct msghdr (P: size of a pointer): name (0) | u32 name length (P) | iovec (2P) | its count (3P) | control (4P)
 *                                         control length (5P) | s32 flags (6P)
 *   struct cmsghdr: length with this header (0) | s32 level (P) | s32 type (P + 4) | data at the next multiple of P
 *   sockaddr_in:    u16 family | u16 port (2) | address (4)
 *   sockaddr_in6:   u16 family | u16 port (2) | u32 flow (4) | address (8) | u32 scope (24)
 * </pre>
 */
public final class DatagramReader {
    private static final int P = Native.POINTER_SIZE;

    private static final int NAME_LENGTH_AT = P;
    private static final int VECTOR_AT = 2 * P;
    private static final int VECTORS_AT = 3 * P;
    private static final int CONTROL_AT = 4 * P;
    private static final int CONTROL_LENGTH_AT = 5 * P;
    private static final int HEADER_BYTES = 7 * P;

    private static final int LEVEL_AT = P;
    private static final int TYPE_AT = P + Integer.BYTES;
    private static final int DATA_AT = (P + 2 * Integer.BYTES + P - 1) / P * P;

    private static final int ADDRESS_BYTES = 28;
    private static final int PORT_AT = 2;
    private static final int IPV4_AT = 4;
    private static final int IPV6_AT = 8;
    private static final int AF_INET6 = 10;

    /** Room for both families' destinations. */
    private static final int CONTROL_BYTES = 128;

    private final Memory header = new Memory(HEADER_BYTES);
    private final Memory name = new Memory(ADDRESS_BYTES);
    private final Memory vector = new Memory(2L * P);
    private final Memory control = new Memory(CONTROL_BYTES);

    /**
     * Reads the next one.
     *
     * @param address of native memory, which the caller keeps alive
     * @param length of it; what is longer is cut
     * @return its length, or {@link Descriptors#WOULD_BLOCK}
     */
    public int read(int fd, long address, int length) throws LinuxException {
        vector.setPointer(0, new Pointer(address));
        setWord(vector, P, length);
        header.clear();
        header.setPointer(0, name);
        header.setInt(NAME_LENGTH_AT, ADDRESS_BYTES);
        header.setPointer(VECTOR_AT, vector);
        setWord(header, VECTORS_AT, 1);
        header.setPointer(CONTROL_AT, control);
        setWord(header, CONTROL_LENGTH_AT, CONTROL_BYTES);
        return Descriptors.checked(LibC.recvmsg(fd, header, 0), "recvmsg", fd);
    }

    /** Of the datagram that was read last. */
    public InetSocketAddress source() {
        return socketAddress(name, 0);
    }

    /** Of the datagram that was read last; null where the socket was not asked to tell. */
    public @Nullable InetSocketAddress destination() {
        int end = Math.min(CONTROL_BYTES, (int) word(header, CONTROL_LENGTH_AT));
        int at = 0;
        while (at + DATA_AT <= end) {
            int length = (int) word(control, at);
            if (length < DATA_AT || length > end - at) {
                return null;
            }
            if (isDestination(control.getInt(at + LEVEL_AT), control.getInt(at + TYPE_AT))) {
                return socketAddress(control, at + DATA_AT);
            }
            at += (length + P - 1) / P * P;
        }
        return null;
    }

    private static boolean isDestination(int level, int type) {
        return is(SocketOption.IP_RECVORIGDSTADDR, level, type) || is(SocketOption.IPV6_RECVORIGDSTADDR, level, type);
    }

    private static boolean is(SocketOption option, int level, int type) {
        return option.level == level && option.number == type;
    }

    private static InetSocketAddress socketAddress(Memory memory, int at) {
        boolean isIpv6 = memory.getShort(at) == AF_INET6;
        byte[] octets = memory.getByteArray(at + (isIpv6 ? IPV6_AT : IPV4_AT), isIpv6 ? 16 : 4);
        int port = ((memory.getByte(at + PORT_AT) & 0xff) << Byte.SIZE) | (memory.getByte(at + PORT_AT + 1) & 0xff);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(octets), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // for another length alone
        }
    }

    private static void setWord(Memory memory, int at, long value) {
        if (P == Long.BYTES) {
            memory.setLong(at, value);
        } else {
            memory.setInt(at, (int) value);
        }
    }

    private static long word(Memory memory, int at) {
        return P == Long.BYTES ? memory.getLong(at) : memory.getInt(at);
    }
}
