package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * An IPv4 (RFC 791) or IPv6 (RFC 8200) packet.
 *
 * <pre>
 *   IPv4  0       4       8              16    19                       31
 *     0   |version| words |  DSCP  | ECN | total length                 |
 *     4   | identification               |flags| fragment offset / 8    |
 *     8   | time to live  | protocol     | header checksum              |
 *    12   | source address                                              |
 *    16   | destination address                                         |
 *    20   | options, up to 40 bytes                                     |
 *
 *   IPv6
 *     0   |version|  DSCP  | ECN | flow label                           |
 *     4   | payload length               | next header   | hop limit    |
 *     8   | source address (16)                                         |
 *    24   | destination address (16)                                    |
 *    40   | extension headers: next header (0) | length (1) | ...       |
 * </pre>
 */
public final class IpView {
    public static final int PROTOCOL_ICMP = 1;
    public static final int PROTOCOL_TCP = 6;
    public static final int PROTOCOL_UDP = 17;
    public static final int PROTOCOL_ICMPV6 = 58;
    /** IPv6: nothing follows. */
    public static final int PROTOCOL_NONE = 59;

    public static final int IPV4_HEADER_BYTES = 20;
    public static final int IPV6_HEADER_BYTES = 40;

    public static final int V4_TOTAL_LENGTH_AT = 2;
    public static final int V4_IDENTIFICATION_AT = 4;
    public static final int V4_FRAGMENT_AT = 6;
    public static final int V4_TTL_AT = 8;
    public static final int V4_PROTOCOL_AT = 9;
    public static final int V4_CHECKSUM_AT = 10;
    public static final int V4_SOURCE_AT = 12;
    public static final int V4_DESTINATION_AT = 16;
    public static final int V6_PAYLOAD_LENGTH_AT = 4;
    public static final int V6_NEXT_HEADER_AT = 6;
    public static final int V6_HOP_LIMIT_AT = 7;
    public static final int V6_SOURCE_AT = 8;
    public static final int V6_DESTINATION_AT = 24;

    private static final int V4_DONT_FRAGMENT = 0x4000;
    private static final int V4_MORE_FRAGMENTS = 0x2000;
    private static final int V4_OFFSET_MASK = 0x1fff;
    private static final int OPTION_END = 0;
    private static final int OPTION_NONE = 1;
    private static final int OPTION_LOOSE_SOURCE_ROUTE = 131;
    private static final int OPTION_STRICT_SOURCE_ROUTE = 137;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int FRAGMENT_HEADER_BYTES = 8;
    /** RFC 8200 section 4.1 knows seven places in a chain; more is an attack on the reader. */
    private static final int MAX_EXTENSION_HEADERS = 8;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int index;
    private int version;
    private int headerLength;
    private int totalLength;
    private int protocol;
    private int fragmentOffset;
    private boolean moreFragments;
    private boolean sourceRoute;

    /**
     * Reads the headers of the packet at this index, of which {@code length} bytes are there. Bytes beyond the packet's
     * own length are ignored (a link may pad): compare {@link #totalLength} where none are allowed. The view is valid
     * only after {@link IpProblem#OK} and only while the bytes stay as they are.
     */
    public IpProblem wrap(ByteBuf buffer, int index, int length) {
        if (length < IPV4_HEADER_BYTES) {
            return IpProblem.TRUNCATED;
        }
        this.buffer = buffer;
        this.index = index;
        sourceRoute = false;
        version = buffer.getUnsignedByte(index) >>> 4;
        return switch (version) {
            case 4 -> wrapVersion4(length);
            case 6 -> wrapVersion6(length);
            default -> IpProblem.VERSION;
        };
    }

    private IpProblem wrapVersion4(int length) {
        headerLength = (buffer.getByte(index) & 0x0f) * 4;
        if (headerLength < IPV4_HEADER_BYTES || headerLength > length) {
            return IpProblem.HEADER_LENGTH;
        }
        totalLength = buffer.getUnsignedShort(index + V4_TOTAL_LENGTH_AT);
        if (totalLength < headerLength || totalLength > length) {
            return IpProblem.TOTAL_LENGTH;
        }
        protocol = buffer.getUnsignedByte(index + V4_PROTOCOL_AT);
        int fragment = buffer.getUnsignedShort(index + V4_FRAGMENT_AT);
        fragmentOffset = (fragment & V4_OFFSET_MASK) * 8;
        moreFragments = (fragment & V4_MORE_FRAGMENTS) != 0;
        return headerLength == IPV4_HEADER_BYTES ? IpProblem.OK : readOptions();
    }

    private IpProblem readOptions() {
        int end = index + headerLength;
        int at = index + IPV4_HEADER_BYTES;
        while (at < end) {
            int option = buffer.getUnsignedByte(at);
            if (option == OPTION_END) {
                break;
            }
            if (option == OPTION_NONE) {
                at++;
                continue;
            }
            int optionLength = at + 1 < end ? buffer.getUnsignedByte(at + 1) : 0;
            if (optionLength < 2 || optionLength > end - at) {
                return IpProblem.OPTIONS;
            }
            sourceRoute |= option == OPTION_LOOSE_SOURCE_ROUTE || option == OPTION_STRICT_SOURCE_ROUTE;
            at += optionLength;
        }
        return IpProblem.OK;
    }

    private IpProblem wrapVersion6(int length) {
        if (length < IPV6_HEADER_BYTES) {
            return IpProblem.TRUNCATED;
        }
        totalLength = IPV6_HEADER_BYTES + buffer.getUnsignedShort(index + V6_PAYLOAD_LENGTH_AT);
        if (totalLength > length) {
            return IpProblem.TOTAL_LENGTH;
        }
        headerLength = IPV6_HEADER_BYTES;
        fragmentOffset = 0;
        moreFragments = false;
        protocol = buffer.getUnsignedByte(index + V6_NEXT_HEADER_AT);
        for (int headers = 0; isExtensionHeader(protocol) && fragmentOffset == 0; headers++) {
            if (headers == MAX_EXTENSION_HEADERS || totalLength - headerLength < 8) {
                return IpProblem.EXTENSION_HEADERS;
            }
            int at = index + headerLength;
            if (protocol == FRAGMENT) {
                int fragment = buffer.getUnsignedShort(at + 2);
                fragmentOffset = fragment & 0xfff8;
                moreFragments = (fragment & 1) != 0;
            }
            sourceRoute |= protocol == ROUTING;
            headerLength += extensionBytes(protocol, buffer.getUnsignedByte(at + 1));
            if (headerLength > totalLength) {
                return IpProblem.EXTENSION_HEADERS;
            }
            protocol = buffer.getUnsignedByte(at);
        }
        return IpProblem.OK;
    }

    /** Whether an IPv6 next-header value is that of an extension header that says its length. */
    public static boolean isExtensionHeader(int protocol) {
        return switch (protocol) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS -> true;
            default -> false;
        };
    }

    /** The length of an extension header of this kind, given its second byte. */
    public static int extensionBytes(int protocol, int lengthByte) {
        return switch (protocol) {
            case FRAGMENT -> FRAGMENT_HEADER_BYTES;
            case AUTHENTICATION -> (lengthByte + 2) * 4; // RFC 4302 section 2.2: in words of four bytes, minus two
            default -> (lengthByte + 1) * 8;
        };
    }

    public ByteBuf buffer() {
        return buffer;
    }

    /** Where the packet starts. */
    public int index() {
        return index;
    }

    /** 4 or 6. */
    public int version() {
        return version;
    }

    /** Bytes in front of the payload: options and extension headers count. */
    public int headerLength() {
        return headerLength;
    }

    /** Bytes of the whole packet. */
    public int totalLength() {
        return totalLength;
    }

    /** The upper-layer protocol: for IPv6, the one after the extension headers. */
    public int protocol() {
        return protocol;
    }

    public int payloadIndex() {
        return index + headerLength;
    }

    public int payloadLength() {
        return totalLength - headerLength;
    }

    public int sourceIndex() {
        return index + (version == 4 ? V4_SOURCE_AT : V6_SOURCE_AT);
    }

    public int destinationIndex() {
        return index + (version == 4 ? V4_DESTINATION_AT : V6_DESTINATION_AT);
    }

    /** 4 or 16. */
    public int addressBytes() {
        return version == 4 ? 4 : 16;
    }

    /** Whether this is one of several fragments. A whole datagram in a fragment header (RFC 6946) is not. */
    public boolean isFragment() {
        return fragmentOffset != 0 || moreFragments;
    }

    /** Whether this fragment, or whole datagram, holds the upper-layer header. */
    public boolean isFirstFragment() {
        return fragmentOffset == 0;
    }

    /** IPv4: an option that lists hops; IPv6: a routing header of any type. */
    public boolean hasSourceRoute() {
        return sourceRoute;
    }

    /** IPv4: the DF bit; IPv6: always, since no router may fragment. */
    public boolean isDontFragment() {
        return version == 6 || (buffer.getUnsignedShort(index + V4_FRAGMENT_AT) & V4_DONT_FRAGMENT) != 0;
    }

    /** The IPv4 identification; 0 for IPv6. */
    public int identification() {
        return version == 4 ? buffer.getUnsignedShort(index + V4_IDENTIFICATION_AT) : 0;
    }

    /** DSCP and ECN together: the old type-of-service byte, or the traffic class. */
    public int trafficClass() {
        return version == 4 ? buffer.getUnsignedByte(index + 1) : (buffer.getUnsignedShort(index) >>> 4) & 0xff;
    }

    /** 0 not capable, 1 ECT(1), 2 ECT(0), 3 congestion experienced. */
    public int ecn() {
        return trafficClass() & 3;
    }

    public int dscp() {
        return trafficClass() >>> 2;
    }

    public int hopLimit() {
        return buffer.getUnsignedByte(index + (version == 4 ? V4_TTL_AT : V6_HOP_LIMIT_AT));
    }

    /** IPv6 has no header checksum, so there it is always valid. */
    public boolean headerChecksumValid() {
        return version == 6 || InternetChecksum.isValid(InternetChecksum.sum(buffer, index, headerLength));
    }

    /** The partial sum of the pseudo-header for the whole payload. */
    public long pseudoHeaderSum() {
        return InternetChecksum.pseudoHeader(
                buffer, sourceIndex(), destinationIndex(), addressBytes(), protocol, payloadLength());
    }

    /**
     * Whether the checksum of a whole TCP, UDP or ICMP payload is right. True also where there is none to check: other
     * protocols, fragments, and IPv4 UDP that came without (RFC 768).
     */
    public boolean payloadChecksumValid() {
        if (isFragment()) {
            return true;
        }
        int length = payloadLength();
        return switch (protocol) {
            case PROTOCOL_TCP, PROTOCOL_ICMPV6 -> length >= 4 && isSummed(pseudoHeaderSum());
            case PROTOCOL_UDP -> length >= UdpView.HEADER_BYTES && udpChecksumValid();
            case PROTOCOL_ICMP -> length >= 4 && isSummed(0);
            default -> true;
        };
    }

    private boolean udpChecksumValid() {
        if (buffer.getShort(payloadIndex() + UdpView.CHECKSUM_AT) == 0) {
            return version == 4;
        }
        return isSummed(pseudoHeaderSum());
    }

    private boolean isSummed(long pseudoHeaderSum) {
        return InternetChecksum.isValid(
                pseudoHeaderSum + InternetChecksum.sum(buffer, payloadIndex(), payloadLength()));
    }
}
