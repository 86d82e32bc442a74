package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Finds the IP packet that an IP packet carries. A view: {@link #enter} says whether there is one, and the rest is about
 * that. Only the bytes that are there count, not the lengths that the headers claim: a capture may have cut the packet.
 *
 * <pre>
 *   IP in IP (RFC 2003, 4213, 2473), MPLS in IP (RFC 4023): right behind the header
 *   authentication (RFC 4302): next header (0) | length in words, minus two (1) | ...
 *   GRE (RFC 2784, 2890):
 *     0   |C|R|K|S|        ...        | version (3 bits) | EtherType (2) |
 *     4   | checksum (2) | unused (2), if C | key (4), if K | sequence number (4), if S |
 *   behind a UDP header:
 *   VXLAN (RFC 7348):  flags, 08 is the network (0) | network (4) | 8 bytes, then an Ethernet frame
 *   Geneve (RFC 8926): version, options in words (0) | flags (1) | EtherType (2) | network (4) | 8 bytes, then options
 * </pre>
 */
public final class Encapsulation {
    /** Of packets in each other that are looked into; real paths have one or two, and a file may claim any number. */
    public static final int MOST_DEPTH = 4;

    private static final int IPV4_IN_IP = 4;
    private static final int IPV6_IN_IP = 41;
    private static final int GRE = 47;
    private static final int ESP = 50;
    private static final int AUTHENTICATION = 51;
    private static final int L2TP = 115;
    private static final int MPLS_IN_IP = 137;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int V4_OFFSET_OR_MORE = 0x3fff;
    private static final int V6_OFFSET_OR_MORE = 0xfff9;
    private static final int EXTENSION_BYTES = 8;
    private static final int MOST_EXTENSIONS = 8;

    private static final int GRE_BYTES = 4;
    private static final int GRE_CHECKSUM = 0x8000;
    private static final int GRE_ROUTES = 0x4000;
    private static final int GRE_KEY = 0x2000;
    private static final int GRE_SEQUENCE = 0x1000;
    private static final int GRE_VERSION = 0x0007;

    private static final int L2TP_PORT = 1701;
    private static final int GTP_PORT = 2152;
    private static final int VXLAN_PORT = 4789;
    /** Linux's own before there was an official one, and still its default; also that of Cisco's OTV. */
    private static final int OLD_VXLAN_PORT = 8472;

    private static final int GENEVE_PORT = 6081;
    private static final int NETWORK_HEADER_BYTES = 8;
    private static final int VXLAN_NETWORK = 0x08;
    private static final int GENEVE_OPTION_WORDS = 0x3f;

    private final LinkHeader ethernet = new LinkHeader(LinkType.ETHERNET);
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int end;
    private int at;
    private int protocol;
    private Obstacle obstacle = Obstacle.NONE;

    /** Why a packet that carries others was not looked into. */
    public enum Obstacle {
        /** It carries none, or it was. */
        NONE("nothing"),
        /** IPsec. */
        ENCRYPTED("IPsec (ESP), which is encrypted"),
        POINT_TO_POINT("GRE of version 1 (PPTP)"),
        SOURCE_ROUTED("GRE with source routes"),
        OTHER_GRE("GRE of another protocol than IP, Ethernet, VLAN, MPLS and PPPoE"),
        LAYER_TWO("L2TP"),
        MOBILE("GTP-U"),
        TOO_DEEP("more than " + MOST_DEPTH + " packets in each other");

        private final String title;

        Obstacle(String title) {
            this.title = title;
        }

        /** For messages. */
        public String title() {
            return title;
        }
    }

    /** Reads the headers of an IP packet of which {@code length} bytes are there; false where it carries no IP packet. */
    public boolean enter(ByteBuf packet, int index, int length) {
        buffer = packet;
        end = index + length;
        at = index;
        obstacle = Obstacle.NONE;
        return passHeader() && carries();
    }

    /** Goes to the payload of a whole packet. Most carry TCP or UDP, and are done here. */
    private boolean passHeader() {
        if (end - at < IpView.IPV4_HEADER_BYTES) {
            return false;
        }
        if (buffer.getUnsignedByte(at) >>> 4 == 4) {
            int headerBytes = (buffer.getByte(at) & 0x0f) * 4;
            protocol = buffer.getUnsignedByte(at + IpView.V4_PROTOCOL_AT);
            boolean isWhole = (buffer.getUnsignedShort(at + IpView.V4_FRAGMENT_AT) & V4_OFFSET_OR_MORE) == 0;
            at += headerBytes;
            return isWhole && headerBytes >= IpView.IPV4_HEADER_BYTES && passExtensions();
        }
        if (end - at < IpView.IPV6_HEADER_BYTES) {
            return false;
        }
        protocol = buffer.getUnsignedByte(at + IpView.V6_NEXT_HEADER_AT);
        at += IpView.IPV6_HEADER_BYTES;
        return passExtensions();
    }

    /** Linux's tunnels in IPv6 have one, a limit of the depth (RFC 2473 section 4.1.1). In IPv4 only authentication is one. */
    private boolean passExtensions() {
        for (int headers = 0; headers <= MOST_EXTENSIONS && end - at >= EXTENSION_BYTES; headers++) {
            int bytes;
            switch (protocol) {
                case HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS -> bytes = (buffer.getUnsignedByte(at + 1) + 1) * 8;
                case AUTHENTICATION -> bytes = (buffer.getUnsignedByte(at + 1) + 2) * 4;
                case FRAGMENT -> {
                    if ((buffer.getUnsignedShort(at + 2) & V6_OFFSET_OR_MORE) != 0) {
                        return false;
                    }
                    bytes = EXTENSION_BYTES;
                }
                default -> {
                    return true;
                }
            }
            protocol = buffer.getUnsignedByte(at);
            at += bytes;
        }
        return false;
    }

    private boolean carries() {
        return switch (protocol) {
            case IPV4_IN_IP -> carries(EtherType.IPV4);
            case IPV6_IN_IP -> carries(EtherType.IPV6);
            case MPLS_IN_IP -> carries(EtherType.MPLS);
            case GRE -> carriesByGre();
            case IpView.PROTOCOL_UDP -> carriesByUdp();
            case ESP -> isStoppedBy(Obstacle.ENCRYPTED);
            case L2TP -> isStoppedBy(Obstacle.LAYER_TWO);
            default -> false;
        };
    }

    private boolean isStoppedBy(Obstacle reason) {
        obstacle = reason;
        return false;
    }

    private boolean carries(int etherType) {
        boolean found = etherType == EtherType.ETHERNET
                ? ethernet.wrap(buffer, at, Math.max(0, end - at))
                : ethernet.wrapBehind(etherType, buffer, at, Math.max(0, end - at));
        at += ethernet.ipOffset();
        return found;
    }

    private boolean carriesByGre() {
        if (end - at < GRE_BYTES) {
            return false;
        }
        int flags = buffer.getUnsignedShort(at);
        int etherType = buffer.getUnsignedShort(at + 2);
        if ((flags & GRE_VERSION) != 0) {
            return isStoppedBy(Obstacle.POINT_TO_POINT);
        }
        if ((flags & GRE_ROUTES) != 0) {
            return isStoppedBy(Obstacle.SOURCE_ROUTED);
        }
        at += GRE_BYTES
                + ((flags & GRE_CHECKSUM) != 0 ? 4 : 0)
                + ((flags & GRE_KEY) != 0 ? 4 : 0)
                + ((flags & GRE_SEQUENCE) != 0 ? 4 : 0);
        return isRead(etherType) ? carries(etherType) : isStoppedBy(Obstacle.OTHER_GRE);
    }

    private static boolean isRead(int etherType) {
        return EtherType.isIp(etherType)
                || EtherType.isTag(etherType)
                || EtherType.isMpls(etherType)
                || etherType == EtherType.ETHERNET
                || etherType == EtherType.PPPOE_SESSION;
    }

    private boolean carriesByUdp() {
        if (end - at < UdpView.HEADER_BYTES + NETWORK_HEADER_BYTES) {
            return false;
        }
        int port = buffer.getUnsignedShort(at + 2);
        at += UdpView.HEADER_BYTES;
        switch (port) {
            case VXLAN_PORT, OLD_VXLAN_PORT -> {
                int flags = buffer.getUnsignedByte(at);
                boolean isVxlan =
                        port == VXLAN_PORT ? (flags & VXLAN_NETWORK) != 0 : buffer.getInt(at) == VXLAN_NETWORK << 24;
                at += NETWORK_HEADER_BYTES;
                return isVxlan && carries(EtherType.ETHERNET);
            }
            case GENEVE_PORT -> {
                int etherType = buffer.getUnsignedShort(at + 2);
                at += NETWORK_HEADER_BYTES + (buffer.getByte(at) & GENEVE_OPTION_WORDS) * 4;
                return isRead(etherType) && carries(etherType);
            }
            case L2TP_PORT -> {
                return isStoppedBy(Obstacle.LAYER_TWO);
            }
            case GTP_PORT -> {
                return isStoppedBy(Obstacle.MOBILE);
            }
            default -> {
                return false;
            }
        }
    }

    /** Where the IP packet starts that this one carries. */
    public int innerIndex() {
        return at;
    }

    /** Why the last packet was not entered though it carries others. */
    public Obstacle obstacle() {
        return obstacle;
    }
}
