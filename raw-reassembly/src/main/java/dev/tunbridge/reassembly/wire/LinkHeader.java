package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Finds the IP packet behind the link header of a frame, as capture files and libpcap have it. A view: {@link #wrap}
 * says whether there is one, and the rest is about that frame. See the list of link-layer header types at tcpdump.org.
 *
 * <pre>
 *   Ethernet:       destination (0) | source (6) | EtherType (12) | 14 bytes
 *   Linux cooked 1: packet type (0) | hardware (2) | address length (4) | address (6) | EtherType (14) | 16 bytes
 *   Linux cooked 2: EtherType (0) | zero (2) | interface (4) | hardware (8) | packet type (10) | ... | 20 bytes
 *   null, loop:     address family, in the byte order of the host that wrote it or in network order | 4 bytes
 *   PPP:            address ff, control 03, or neither | protocol, one byte if that is odd, else two (RFC 1661, 1662)
 *   Cisco HDLC:     address 0f or 8f (0) | control (1) | EtherType (2) | 4 bytes
 * </pre>
 *
 * What may stand between that and the packet, one behind the other:
 *
 * <pre>
 *   802.1Q tag:     in place of the EtherType a tag protocol, then tag (0) | EtherType (2) | 4 bytes
 *   PPPoE session:  version, type (0) | code 0 (1) | session (2) | length (4) | 6 bytes, then PPP's protocol (RFC 2516)
 *   MPLS:           label (20 bits) | class (3) | bottom of stack (1) | time to live (8) | 4 bytes (RFC 3032); what
 *                   follows is not said: 4 or 6 in the first half byte is IP (RFC 4928 section 3)
 * </pre>
 */
public final class LinkHeader {
    private static final int VLAN_TAG_BYTES = 4;
    private static final int VLAN_ID = 0x0fff;
    private static final int PPPOE_BYTES = 6;
    private static final int PPPOE_VERSION_AND_TYPE = 0x11;
    private static final int MPLS_BYTES = 4;
    private static final int MPLS_BOTTOM = 0x100;
    private static final int PPP_ADDRESS_AND_CONTROL = 0xff03;
    private static final int PPP_IPV4 = 0x0021;
    private static final int PPP_IPV6 = 0x0057;
    private static final int PPP_MPLS = 0x0281;
    private static final int HDLC_UNICAST = 0x0f;
    private static final int HDLC_BROADCAST = 0x8f;
    private static final int PACKET_OUTGOING = 4;
    private static final int FAMILY_INTERNET = 2;
    private static final int NO_TYPE = -1;

    private final LinkType type;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int index;
    private int length;
    private int ipOffset;
    private boolean tagged;
    private boolean outgoing;
    private int interfaceIndex;

    public LinkHeader(LinkType type) {
        this.type = type;
    }

    /** Reads the header; false where no IP packet follows. */
    public boolean wrap(ByteBuf frame, int frameIndex, int frameLength) {
        begin(frame, frameIndex, frameLength);
        if (length <= type.headerBytes) {
            return false;
        }
        ipOffset = type.headerBytes;
        return switch (type) {
            case ETHERNET -> follow(frame.getUnsignedShort(index + 12));
            case COOKED_1 -> {
                outgoing = frame.getUnsignedShort(index) == PACKET_OUTGOING;
                yield follow(frame.getUnsignedShort(index + 14));
            }
            case COOKED_2 -> {
                outgoing = frame.getUnsignedByte(index + 10) == PACKET_OUTGOING;
                interfaceIndex = frame.getInt(index + 4);
                yield follow(frame.getUnsignedShort(index));
            }
            case HOST_FAMILY -> (isFamily(frame.getInt(index)) || isFamily(frame.getIntLE(index))) && isIp();
            case NETWORK_FAMILY -> isFamily(frame.getInt(index)) && isIp();
            case RAW -> isIp();
            case PPP -> followSerial();
            case PPPOE -> {
                ipOffset = 0;
                yield follow(EtherType.PPPOE_SESSION);
            }
            case CISCO_HDLC -> follow(frame.getUnsignedShort(index + 2));
        };
    }

    /** Reads what follows an EtherType that stood somewhere else, as in a GRE header; the type of this view does not matter. */
    boolean wrapBehind(int etherType, ByteBuf frame, int frameIndex, int frameLength) {
        begin(frame, frameIndex, frameLength);
        return follow(etherType);
    }

    private void begin(ByteBuf frame, int frameIndex, int frameLength) {
        buffer = frame;
        index = frameIndex;
        length = frameLength;
        ipOffset = 0;
        tagged = false;
        outgoing = false;
        interfaceIndex = 0;
    }

    /** Each turn takes bytes of the frame, so its length bounds the turns. */
    private boolean follow(int etherType) {
        int next = etherType;
        while (!EtherType.isIp(next)) {
            if (EtherType.isTag(next) && has(VLAN_TAG_BYTES)) {
                tagged |= (buffer.getUnsignedShort(index + ipOffset) & VLAN_ID) != 0;
                next = buffer.getUnsignedShort(index + ipOffset + 2);
                ipOffset += VLAN_TAG_BYTES;
            } else if (next == EtherType.PPPOE_SESSION && has(PPPOE_BYTES)) {
                // Code 0 is data.
                if (buffer.getUnsignedShort(index + ipOffset) != PPPOE_VERSION_AND_TYPE << 8) {
                    return false;
                }
                ipOffset += PPPOE_BYTES;
                next = pppProtocol();
            } else if (EtherType.isMpls(next) && has(MPLS_BYTES)) {
                boolean isBottom = (buffer.getInt(index + ipOffset) & MPLS_BOTTOM) != 0;
                ipOffset += MPLS_BYTES;
                if (isBottom) {
                    return isIp();
                }
            } else {
                return false;
            }
        }
        return isIp();
    }

    private boolean has(int bytes) {
        return length > ipOffset + bytes;
    }

    private boolean followSerial() {
        ipOffset = 0;
        int address = buffer.getUnsignedByte(index);
        if (address == HDLC_UNICAST || address == HDLC_BROADCAST) { // Cisco's, under the same number
            ipOffset = LinkType.CISCO_HDLC.headerBytes;
            return length > ipOffset && follow(buffer.getUnsignedShort(index + 2));
        }
        if (has(2) && buffer.getUnsignedShort(index) == PPP_ADDRESS_AND_CONTROL) {
            ipOffset = 2;
        }
        return follow(pppProtocol());
    }

    /** The EtherType of what PPP carries. */
    private int pppProtocol() {
        if (!has(2)) {
            return NO_TYPE;
        }
        int first = buffer.getUnsignedByte(index + ipOffset);
        boolean isShort = (first & 1) != 0;
        int protocol = isShort ? first : buffer.getUnsignedShort(index + ipOffset);
        ipOffset += isShort ? 1 : 2;
        return switch (protocol) {
            case PPP_IPV4 -> EtherType.IPV4;
            case PPP_IPV6 -> EtherType.IPV6;
            case PPP_MPLS -> EtherType.MPLS;
            default -> NO_TYPE;
        };
    }

    /** IPv6 has another number on each system: Linux 10, NetBSD and OpenBSD 24, FreeBSD 28, macOS 30. */
    private static boolean isFamily(int family) {
        return switch (family) {
            case FAMILY_INTERNET, 10, 24, 28, 30 -> true;
            default -> false;
        };
    }

    private boolean isIp() {
        if (length <= ipOffset) {
            return false;
        }
        int version = buffer.getUnsignedByte(index + ipOffset) >>> 4;
        return version == 4 || version == 6;
    }

    /** Bytes in front of the IP packet. */
    public int ipOffset() {
        return ipOffset;
    }

    /** Whether it belongs to a VLAN. Tag 0 only carries a priority. */
    public boolean isTagged() {
        return tagged;
    }

    /** Whether such headers say which way a packet went: cooked ones do. */
    public boolean knowsDirection() {
        return type == LinkType.COOKED_1 || type == LinkType.COOKED_2;
    }

    /** Whether the header says that the capturing host sent it. */
    public boolean isOutgoing() {
        return outgoing;
    }

    /** The interface, or 0 where the header does not say. */
    public int interfaceIndex() {
        return interfaceIndex;
    }
}
