package dev.tunbridge.linux.netlink;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A run of attributes within a message from the kernel, read in place. What is missing, or too short, reads zero.
 *
 * <pre>
 *   struct nlattr: u16 length (0) | u16 type (2) | value, padded to 4 bytes
 * </pre>
 *
 * @param start where the first attribute begins in the buffer, whose byte order is the machine's
 * @param end behind the last
 */
record NetlinkAttributes(ByteBuffer bytes, int start, int end) {
    /** NLA_F_NESTED and NLA_F_NET_BYTEORDER are no part of the type. */
    private static final int TYPE_MASK = 0x3fff;

    private int find(int type) {
        int at = start;
        while (at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES <= end) {
            int length = bytes.getShort(at) & 0xffff;
            if (length < NetlinkRequest.ATTRIBUTE_HEADER_BYTES || length > end - at) {
                return -1;
            }
            if ((bytes.getShort(at + 2) & TYPE_MASK) == type) {
                return at;
            }
            at += (length + 3) & ~3;
        }
        return -1;
    }

    private int valueEnd(int at) {
        return at + (bytes.getShort(at) & 0xffff);
    }

    /** Sees each attribute, in order. */
    @FunctionalInterface
    interface Visitor {
        void attribute(int type, int value, int valueEnd);
    }

    void forEach(Visitor visitor) {
        int at = start;
        while (at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES <= end) {
            int length = bytes.getShort(at) & 0xffff;
            if (length < NetlinkRequest.ATTRIBUTE_HEADER_BYTES || length > end - at) {
                return;
            }
            visitor.attribute(
                    bytes.getShort(at + 2) & TYPE_MASK, at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES, at + length);
            at += (length + 3) & ~3;
        }
    }

    boolean has(int type) {
        return find(type) >= 0;
    }

    /** An IPv4 or IPv6 address, as long as the attribute; nothing where it is missing or of another length. */
    Optional<InetAddress> address(int type) {
        int at = find(type);
        return at < 0 ? Optional.empty() : address(bytes, at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES, valueEnd(at));
    }

    /** An address that something of so many bytes precedes. */
    Optional<InetAddress> addressBehind(int type, int offset) {
        int at = find(type);
        return at < 0
                ? Optional.empty()
                : address(bytes, at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES + offset, valueEnd(at));
    }

    private static Optional<InetAddress> address(ByteBuffer bytes, int from, int to) {
        if (to - from != AddressFamily.IPV4.bytes() && to - from != AddressFamily.IPV6.bytes()) {
            return Optional.empty();
        }
        byte[] address = new byte[to - from];
        bytes.get(from, address);
        try {
            // Java takes an IPv4-mapped address (RFC 4291, 2.5.5.2) for IPv4, unless asked so.
            return Optional.of(
                    address.length == AddressFamily.IPV4.bytes()
                            ? InetAddress.getByAddress(address)
                            : Inet6Address.getByAddress(null, address, -1));
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // for another length alone
        }
    }

    /** A copy of a value that is passed on as it is. */
    static ByteBuffer copy(ByteBuffer bytes, int from, int to) {
        byte[] value = new byte[to - from];
        bytes.get(from, value);
        return ByteBuffer.wrap(value).asReadOnlyBuffer();
    }

    NetlinkAttributes nested(int type) {
        int at = find(type);
        return at < 0
                ? new NetlinkAttributes(bytes, 0, 0)
                : new NetlinkAttributes(bytes, at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES, valueEnd(at));
    }

    /** Up to its zero. The kernel takes any bytes for a name or an alias; what people write is UTF-8. */
    String text(int type) {
        int at = find(type);
        if (at < 0) {
            return "";
        }
        int from = at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES;
        int to = from;
        while (to < valueEnd(at) && bytes.get(to) != 0) {
            to++;
        }
        byte[] text = new byte[to - from];
        bytes.get(from, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    long unsigned(int type, int offset) {
        int at = place(type, offset, Integer.BYTES);
        return at < 0 ? 0 : Integer.toUnsignedLong(bytes.getInt(at));
    }

    int octet(int type) {
        int at = place(type, 0, 1);
        return at < 0 ? 0 : bytes.get(at) & 0xff;
    }

    int u16(int type) {
        int at = place(type, 0, Short.BYTES);
        return at < 0 ? 0 : bytes.getShort(at) & 0xffff;
    }

    long wide(int type, int offset) {
        int at = place(type, offset, Long.BYTES);
        return at < 0 ? 0 : bytes.getLong(at);
    }

    private int place(int type, int offset, int length) {
        int at = find(type);
        int value = at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES + offset;
        return at < 0 || value + length > valueEnd(at) ? -1 : value;
    }
}
