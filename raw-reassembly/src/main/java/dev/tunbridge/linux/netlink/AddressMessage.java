package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An {@link InterfaceAddress} in a message (include/uapi/linux/if_addr.h).
 *
 * <pre>
 *   struct ifaddrmsg: u8 family (0) | u8 prefix length (1) | u8 flags (2) | u8 scope (3) | u32 interface (4)
 *   IFA_ADDRESS: the other end where there is one, else the own | IFA_LOCAL: the own, always in IPv4
 *   IFA_FLAGS u32: all of them | IFA_PROTO u8 (5.18) | IFA_LABEL text | IFA_BROADCAST address | IFA_RT_PRIORITY u32
 * </pre>
 */
final class AddressMessage {
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;

    static final int BYTES = 8;
    private static final int PREFIX_LENGTH_AT = 1;
    private static final int FLAGS_AT = 2;
    private static final int SCOPE_AT = 3;
    private static final int INTERFACE_AT = 4;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_LABEL = 3;
    private static final int IFA_BROADCAST = 4;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_RT_PRIORITY = 9;
    private static final int IFA_PROTO = 11;

    private static final Set<Integer> OTHERS = Set.of(IFA_LABEL, IFA_BROADCAST, IFA_RT_PRIORITY);

    /** Where {@link InterfaceAddress#others} has the scope, where it is not global: no attribute has such a number. */
    private static final int SCOPE = 1 << 16;

    private AddressMessage() {}

    /** Nothing for what is too short, for a family that is neither IPv4 nor IPv6. */
    static Optional<InterfaceAddress> read(ByteBuffer body) {
        if (body.limit() < BYTES || !AddressFamily.isKnown(body.get(0))) {
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
                network.orElse(address),
                others(body, attributes)));
    }

    private static Map<Integer, ByteBuffer> others(ByteBuffer body, NetlinkAttributes attributes) {
        Map<Integer, ByteBuffer> others = new HashMap<>();
        attributes.forEach((type, from, to) -> {
            if (OTHERS.contains(type)) {
                others.put(type, NetlinkAttributes.copy(body, from, to));
            }
        });
        if (body.get(SCOPE_AT) != 0) {
            others.put(SCOPE, NetlinkAttributes.copy(body, SCOPE_AT, SCOPE_AT + 1));
        }
        return others;
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
        ByteBuffer scope = address.others().get(SCOPE);
        NetlinkRequest request = new NetlinkRequest(type, flags)
                .bytes(address.family().number(), address.prefixLength(), address.flags() & 0xff)
                .bytes(scope == null ? 0 : scope.get(0))
                .words(address.interfaceIndex())
                .attribute(IFA_LOCAL, address.address())
                .attribute(IFA_ADDRESS, address.network())
                .attribute(IFA_FLAGS, address.flags());
        address.others().forEach((other, value) -> {
            if (other != SCOPE) {
                request.attribute(other, value);
            }
        });
        return address.protocol() == 0 ? request : request.attribute(IFA_PROTO, (byte) address.protocol());
    }
}
