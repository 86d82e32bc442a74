package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An {@link InterfaceAddress} in a message (include/uapi/linux/if_addr.h).
 *
 * <pre>
 *   struct ifaddrmsg: u8 family (0) | u8 prefix length (1) | u8 flags (2) | u8 scope (3) | u32 interface (4)
 *   IFA_ADDRESS: the other end where there is one, else the own | IFA_LOCAL: the own, always in IPv4
 *   IFA_FLAGS u32: all of them | IFA_PROTO u8 (5.18)
 * </pre>
 */
final class AddressMessage {
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;

    static final int BYTES = 8;
    private static final int PREFIX_LENGTH_AT = 1;
    private static final int FLAGS_AT = 2;
    private static final int INTERFACE_AT = 4;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_PROTO = 11;

    private AddressMessage() {}

    /** Nothing for a family that is neither IPv4 nor IPv6. */
    static Optional<InterfaceAddress> read(ByteBuffer body) {
        if (!AddressFamily.isKnown(body.get(0))) {
            return Optional.empty();
        }
        NetlinkAttributes attributes = new NetlinkAttributes(body, BYTES, body.limit());
        Optional<InetAddress> network = attributes.address(IFA_ADDRESS);
        Optional<InetAddress> own = attributes.address(IFA_LOCAL).or(() -> network);
        return own.map(address -> new InterfaceAddress(
                body.getInt(INTERFACE_AT),
                address,
                body.get(PREFIX_LENGTH_AT) & 0xff,
                attributes.has(IFA_FLAGS) ? (int) attributes.unsigned(IFA_FLAGS, 0) : body.get(FLAGS_AT) & 0xff,
                attributes.octet(IFA_PROTO),
                network.orElse(address)));
    }

    static NetlinkRequest list() {
        return new NetlinkRequest(RTM_GETADDR, NetlinkRequest.DUMP).words(0, 0);
    }

    static NetlinkRequest add(InterfaceAddress address) {
        return write(
                RTM_NEWADDR, NetlinkRequest.ACKNOWLEDGED | NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, address);
    }

    static NetlinkRequest remove(InterfaceAddress address) {
        return write(RTM_DELADDR, NetlinkRequest.ACKNOWLEDGED, address);
    }

    private static NetlinkRequest write(int type, int flags, InterfaceAddress address) {
        NetlinkRequest request = new NetlinkRequest(type, flags)
                .bytes(address.family().number(), address.prefixLength(), address.flags() & 0xff, 0)
                .words(address.interfaceIndex())
                .attribute(IFA_LOCAL, address.address())
                .attribute(IFA_ADDRESS, address.network())
                .attribute(IFA_FLAGS, address.flags());
        return address.protocol() == 0 ? request : request.attribute(IFA_PROTO, (byte) address.protocol());
    }
}
