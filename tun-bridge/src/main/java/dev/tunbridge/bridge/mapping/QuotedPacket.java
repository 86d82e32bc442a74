package dev.tunbridge.bridge.mapping;

import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;

/**
 * The beginning of a packet that an ICMP error quotes (RFC 792, RFC 4443 section 3): its own lengths go beyond what is
 * there, so it is no {@link IpView}. A flyweight.
 *
 * <pre>
 *   ICMP type | code | checksum(2) | four bytes | IP header of the packet in question | the rest of it, cut off
 * </pre>
 */
final class QuotedPacket {
    private static final int ICMP_HEADER_BYTES = 8;
    private static final int FRAGMENT = 44;
    private static final int MAX_EXTENSION_HEADERS = 8;

    private int index;
    private int addressBytes;
    private int protocol;
    private int transportIndex;
    private int transportBytes;
    private boolean hasTransport;

    /** Whether an ICMP message of this type quotes a packet. */
    static boolean isError(int type, int addressBytes) {
        return addressBytes == 16
                ? type < 128 // RFC 4443 section 2.1
                : switch (type) {
                    case 3, 4, 5, 11, 12 ->
                        true; // unreachable, source quench, redirect, time exceeded, parameter problem
                    default -> false;
                };
    }

    /** Reads the quotation of an ICMP message; false if not even its addresses are there. */
    boolean read(ByteBuf buffer, int icmpIndex, int icmpLength, int addressBytes) {
        this.addressBytes = addressBytes;
        index = icmpIndex + ICMP_HEADER_BYTES;
        int end = icmpIndex + icmpLength;
        int least = addressBytes == 4 ? IpView.IPV4_HEADER_BYTES : IpView.IPV6_HEADER_BYTES;
        if (end - index < least || buffer.getUnsignedByte(index) >>> 4 != (addressBytes == 4 ? 4 : 6)) {
            return false;
        }
        return addressBytes == 4 ? readVersion4(buffer, end) : readVersion6(buffer, end);
    }

    private boolean readVersion4(ByteBuf buffer, int end) {
        int headerBytes = (buffer.getByte(index) & 0x0f) * 4;
        if (headerBytes < IpView.IPV4_HEADER_BYTES) {
            return false;
        }
        protocol = buffer.getUnsignedByte(index + IpView.V4_PROTOCOL_AT);
        place(index + headerBytes, end, (buffer.getUnsignedShort(index + IpView.V4_FRAGMENT_AT) & 0x1fff) == 0);
        return true;
    }

    private boolean readVersion6(ByteBuf buffer, int end) {
        int at = index + IpView.IPV6_HEADER_BYTES;
        boolean isFirst = true;
        protocol = buffer.getUnsignedByte(index + IpView.V6_NEXT_HEADER_AT);
        for (int headers = 0; IpView.isExtensionHeader(protocol) && isFirst; headers++) {
            if (headers == MAX_EXTENSION_HEADERS || end - at < 8) {
                isFirst = false; // the transport header is not here, wherever it is
                break;
            }
            if (protocol == FRAGMENT) {
                isFirst = (buffer.getUnsignedShort(at + 2) & 0xfff8) == 0;
            }
            int extensionBytes = IpView.extensionBytes(protocol, buffer.getUnsignedByte(at + 1));
            protocol = buffer.getUnsignedByte(at);
            at += extensionBytes;
        }
        place(at, end, isFirst);
        return true;
    }

    private void place(int at, int end, boolean isFirst) {
        hasTransport = isFirst && at < end;
        transportIndex = at;
        transportBytes = hasTransport ? end - at : 0;
    }

    int index() {
        return index;
    }

    int addressBytes() {
        return addressBytes;
    }

    int sourceIndex() {
        return index + (addressBytes == 4 ? IpView.V4_SOURCE_AT : IpView.V6_SOURCE_AT);
    }

    int destinationIndex() {
        return index + (addressBytes == 4 ? IpView.V4_DESTINATION_AT : IpView.V6_DESTINATION_AT);
    }

    int protocol() {
        return protocol;
    }

    /** Whether any of its transport header is here. */
    boolean hasTransport() {
        return hasTransport;
    }

    int transportIndex() {
        return transportIndex;
    }

    int transportBytes() {
        return transportBytes;
    }
}
