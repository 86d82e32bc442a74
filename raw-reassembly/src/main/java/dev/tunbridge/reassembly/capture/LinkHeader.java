package dev.tunbridge.reassembly.capture;

import io.netty.buffer.ByteBuf;

/**
 * Finds the IP packet behind the link header of a frame, as capture files and libpcap have it. A view: {@link #wrap}
 * says whether there is one, and the rest is about that frame. See the list of link-layer header types at tcpdump.org.
 *
 * <pre>
 *   Ethernet:       destination (0) | source (6) | EtherType (12) | 14 bytes
 *   802.1Q tag:     in place of the EtherType a tag protocol, then tag (0) | EtherType (2) | 4 bytes, again and again
 *   Linux cooked 1: packet type (0) | hardware (2) | address length (4) | address (6) | EtherType (14) | 16 bytes
 *   Linux cooked 2: EtherType (0) | zero (2) | interface (4) | hardware (8) | packet type (10) | ... | 20 bytes
 *   null, loop:     address family, in the byte order of the host that wrote it or in network order | 4 bytes
 * </pre>
 */
final class LinkHeader {
    private static final int VLAN_TAG_BYTES = 4;
    private static final int VLAN_ID = 0x0fff;
    private static final int PACKET_OUTGOING = 4;
    private static final int FAMILY_INTERNET = 2;

    private final LinkType type;
    private int ipOffset;
    private boolean tagged;
    private boolean outgoing;
    private int interfaceIndex;

    LinkHeader(LinkType type) {
        this.type = type;
    }

    /** Reads the header; false where no IP packet follows. */
    boolean wrap(ByteBuf buffer, int index, int length) {
        tagged = false;
        outgoing = false;
        interfaceIndex = 0;
        if (length <= type.headerBytes) {
            return false;
        }
        ipOffset = type.headerBytes;
        boolean found = switch (type) {
            case ETHERNET -> isIp(buffer, index, length, buffer.getUnsignedShort(index + 12));
            case COOKED_1 -> {
                outgoing = buffer.getUnsignedShort(index) == PACKET_OUTGOING;
                yield isIp(buffer, index, length, buffer.getUnsignedShort(index + 14));
            }
            case COOKED_2 -> {
                outgoing = buffer.getUnsignedByte(index + 10) == PACKET_OUTGOING;
                interfaceIndex = buffer.getInt(index + 4);
                yield isIp(buffer, index, length, buffer.getUnsignedShort(index));
            }
            case HOST_FAMILY -> isFamily(buffer.getInt(index)) || isFamily(buffer.getIntLE(index));
            case NETWORK_FAMILY -> isFamily(buffer.getInt(index));
            case RAW -> true;
        };
        return found && hasIpVersion(buffer.getUnsignedByte(index + ipOffset) >>> 4);
    }

    private boolean isIp(ByteBuf buffer, int index, int length, int etherType) {
        int next = etherType;
        while (EtherType.isTag(next)) {
            if (length <= ipOffset + VLAN_TAG_BYTES) {
                return false;
            }
            tagged |= (buffer.getUnsignedShort(index + ipOffset) & VLAN_ID) != 0;
            next = buffer.getUnsignedShort(index + ipOffset + 2);
            ipOffset += VLAN_TAG_BYTES;
        }
        return EtherType.isIp(next);
    }

    /** IPv6 has another number on each system: Linux 10, NetBSD and OpenBSD 24, FreeBSD 28, macOS 30. */
    private static boolean isFamily(int family) {
        return switch (family) {
            case FAMILY_INTERNET, 10, 24, 28, 30 -> true;
            default -> false;
        };
    }

    private static boolean hasIpVersion(int version) {
        return version == 4 || version == 6;
    }

    /** Bytes in front of the IP packet. */
    int ipOffset() {
        return ipOffset;
    }

    /** Whether it belongs to a VLAN. Tag 0 only carries a priority. */
    boolean isTagged() {
        return tagged;
    }

    /** Whether such headers say which way a packet went: cooked ones do. */
    boolean knowsDirection() {
        return type == LinkType.COOKED_1 || type == LinkType.COOKED_2;
    }

    /** Whether the header says that the capturing host sent it. */
    boolean isOutgoing() {
        return outgoing;
    }

    /** The interface, or 0 where the header does not say. */
    int interfaceIndex() {
        return interfaceIndex;
    }
}
