package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * An address of an interface; but how long it is to live, which router advertisements and DHCP say.
 *
 * @param interfaceIndex whose it is
 * @param address the host's own
 * @param prefixLength of the network that comes with it
 * @param flags IFA_F_…
 * @param protocol who made it (5.18 and later; 0 before)
 * @param network one address of the network that comes with it: the other end's, where there is one
 * @param others what else it says, by attribute: label, broadcast address, priority of its route, scope; passed on as they are
 */
public record InterfaceAddress(
        int interfaceIndex,
        InetAddress address,
        int prefixLength,
        int flags,
        int protocol,
        InetAddress network,
        Map<Integer, ByteBuffer> others) {
    /** IFA_F_NODAD: nobody else can have it. */
    public static final int NO_DUPLICATE_DETECTION = 0x02;

    /** IFA_F_NOPREFIXROUTE: its network is routed by who made it, or not at all. */
    public static final int NO_PREFIX_ROUTE = 0x200;

    /** IFA_F_DADFAILED and IFA_F_TENTATIVE: somebody else has it, or it is not known yet whether somebody has. */
    private static final int NOT_USABLE = 0x08 | 0x40;

    /** IFA_F_OPTIMISTIC: used although it is tentative (RFC 4429). */
    private static final int OPTIMISTIC = 0x04;

    public InterfaceAddress {
        others = Map.copyOf(others);
    }

    public InterfaceAddress(
            int interfaceIndex, InetAddress address, int prefixLength, int flags, int protocol, InetAddress network) {
        this(interfaceIndex, address, prefixLength, flags, protocol, network, Map.of());
    }

    /** An address by itself: no network comes with it. */
    public static InterfaceAddress alone(int interfaceIndex, InetAddress address, int protocol) {
        return new InterfaceAddress(
                interfaceIndex,
                address,
                AddressFamily.of(address).bits(),
                NO_PREFIX_ROUTE | (AddressFamily.of(address) == AddressFamily.IPV6 ? NO_DUPLICATE_DETECTION : 0),
                protocol,
                address);
    }

    /** Whether something can be sent with it: duplicate address detection takes a second or two. */
    public boolean isUsable() {
        return (flags & NOT_USABLE) == 0 || (flags & OPTIMISTIC) != 0;
    }

    /** Whether it differs from this one by who made it at most. */
    public boolean isMadeLike(InterfaceAddress other) {
        return interfaceIndex == other.interfaceIndex
                && address.equals(other.address)
                && prefixLength == other.prefixLength
                && (flags & NO_PREFIX_ROUTE) == (other.flags & NO_PREFIX_ROUTE);
    }

    public AddressFamily family() {
        return AddressFamily.of(address);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixLength + " on interface " + interfaceIndex;
    }
}
