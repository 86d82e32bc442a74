package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An AF_PACKET socket of type {@code SOCK_DGRAM}: IP packets as they cross an interface, without link headers. It hears
 * nothing until it is bound, so whoever attaches the filter before that never sees a packet that the filter refuses.
 * Made in the network namespace of the calling thread; needs CAP_NET_RAW. Non-blocking.
 *
 * <pre>
 *   struct sockaddr_ll:  u16 family (0) | u16 protocol (2) | int interface (4) | u16 (8) | u8 packet type (10) | ... 20 bytes
 *   struct tpacket_req:  u32 block bytes (0) | u32 blocks (4) | u32 slot bytes (8) | u32 slots (12)
 * </pre>
 */
public final class PacketSocket implements AutoCloseable {
    /** A ring is made of blocks of contiguous memory; any page size of Linux divides this. */
    public static final int BLOCK_BYTES = 1 << 16;

    private static final int AF_PACKET = 17;
    private static final int SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int TPACKET_V2 = 1;
    /** Every packet on every device that it passes, those sent too: on a bridge's port, and again on the bridge. */
    public static final int ETH_P_ALL = 3;

    /**
     * What the IP layer is given of IPv4, once, on the device from which it takes it: the bridge and not its port, the VLAN and not
     * what it runs over. Nothing that is sent.
     */
    public static final int ETH_P_IP = 0x0800;

    /** The same of IPv6. */
    public static final int ETH_P_IPV6 = 0x86dd;

    private static final int ADDRESS_BYTES = 20;
    private static final int REQUEST_BYTES = 16;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final long MAP_FAILED = -1;

    private final int fd;
    private Pointer ring = Pointer.NULL;
    private int ringBytes;
    private boolean closed;

    private PacketSocket(int fd) {
        this.fd = fd;
    }

    public static PacketSocket open() throws LinuxException {
        // Protocol 0: packets come only once bind names one.
        int fd = LibC.socket(AF_PACKET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw LinuxException.last("socket AF_PACKET", "(needs CAP_NET_RAW)");
        }
        return new PacketSocket(fd);
    }

    public int fd() {
        return fd;
    }

    public void attach(SocketFilter filter) throws LinuxException {
        if (LibC.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter.toNative(), SocketFilter.nativeBytes()) < 0) {
            throw LinuxException.last("setsockopt SO_ATTACH_FILTER", "descriptor " + fd);
        }
    }

    /**
     * Makes the TPACKET_V2 ring and maps it. The memory goes with {@link #close}: nobody may touch the buffer after that.
     *
     * @param slotBytes divides {@link #BLOCK_BYTES}
     * @return slots one behind the other, in the machine's byte order
     */
    public ByteBuffer mapRing(int slotBytes, int blocks) throws LinuxException {
        Sockets.set(fd, SocketOption.PACKET_VERSION, TPACKET_V2);
        int bytes = Math.multiplyExact(blocks, BLOCK_BYTES);
        Memory request = new Memory(REQUEST_BYTES);
        request.setInt(0, BLOCK_BYTES);
        request.setInt(4, blocks);
        request.setInt(8, slotBytes);
        request.setInt(12, bytes / slotBytes);
        if (LibC.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, REQUEST_BYTES) < 0) {
            throw LinuxException.last("setsockopt PACKET_RX_RING of " + bytes + " bytes", "descriptor " + fd);
        }
        Pointer mapped = LibC.mmap(Pointer.NULL, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
        if (Pointer.nativeValue(mapped) == MAP_FAILED) {
            throw LinuxException.last("mmap of " + bytes + " bytes", "descriptor " + fd);
        }
        ring = mapped;
        ringBytes = bytes;
        return mapped.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    /**
     * Packets come from here on.
     *
     * @param interfaceIndex 0 means of all interfaces
     * @param protocol one of {@link #ETH_P_ALL}, {@link #ETH_P_IP}, {@link #ETH_P_IPV6}
     */
    public void bind(int interfaceIndex, int protocol) throws LinuxException {
        Memory address = new Memory(ADDRESS_BYTES);
        address.clear();
        address.setShort(0, (short) AF_PACKET);
        address.setShort(2, networkOrder(protocol));
        address.setInt(4, interfaceIndex);
        if (LibC.bind(fd, address, ADDRESS_BYTES) < 0) {
            throw LinuxException.last("bind AF_PACKET to interface " + interfaceIndex, "descriptor " + fd);
        }
    }

    private static short networkOrder(int word) {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? (short) word : Short.reverseBytes((short) word);
    }

    /** Whether the interface that the socket was bound to has been removed: it then never hears anything again. */
    public boolean isInterfaceGone() throws LinuxException {
        Memory address = new Memory(ADDRESS_BYTES + Integer.BYTES);
        address.clear();
        address.setInt(ADDRESS_BYTES, ADDRESS_BYTES);
        if (LibC.getsockname(fd, address, address.share(ADDRESS_BYTES)) < 0) {
            throw LinuxException.last("getsockname", "descriptor " + fd);
        }
        return address.getInt(4) == -1;
    }

    /** What has passed the filter since the last call. */
    public Statistics takeStatistics() throws LinuxException {
        Memory counts = new Memory(3L * Integer.BYTES);
        counts.setInt(8, 2 * Integer.BYTES);
        if (LibC.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, counts, counts.share(8)) < 0) {
            throw LinuxException.last("getsockopt PACKET_STATISTICS", "descriptor " + fd);
        }
        return new Statistics(Integer.toUnsignedLong(counts.getInt(0)), Integer.toUnsignedLong(counts.getInt(4)));
    }

    /**
     * What a socket was offered.
     *
     * @param packets that passed the filter, dropped ones included
     * @param dropped for which there was no room
     */
    public record Statistics(long packets, long dropped) {}

    /** Again does nothing. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (ringBytes > 0) {
            LibC.munmap(ring, ringBytes);
        }
        Descriptors.close(fd);
    }
}
