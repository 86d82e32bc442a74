package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.NetlinkSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * One message to the kernel, under construction. Numbers are in the machine's byte order but where it says otherwise.
 *
 * <pre>
 *   struct nlmsghdr: u32 length (0) | u16 type (4) | u16 flags (6) | u32 sequence (8) | u32 port (12)
 *   struct nlattr:   u16 length (0) | u16 type (2) | value, padded to 4 bytes
 * </pre>
 */
public final class NetlinkRequest {
    static final int HEADER_BYTES = 16;
    static final int ATTRIBUTE_HEADER_BYTES = 4;
    static final int NEXT_HOP_BYTES = 8;

    /** NLM_F_REQUEST | NLM_F_ACK. */
    public static final int ACKNOWLEDGED = 0x1 | 0x4;

    /** NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH. */
    static final int DUMP = 0x1 | 0x100 | 0x200;

    static final int REPLACE = 0x100;
    static final int EXCLUSIVE = 0x200;

    /** NLM_F_CREATE. */
    public static final int CREATE = 0x400;

    /** NLM_F_APPEND. */
    public static final int APPEND = 0x800;

    /** NLA_F_NESTED, which rtnetlink does without. */
    private static final int NESTED = 0x8000;

    private static final int LENGTH_AT = 0;
    private static final int SEQUENCE_AT = 8;

    /** Most take some 50; a token bucket takes 120 bytes, a route with its 64 next hops 2,000. */
    private static final int FIRST_BYTES = 128;

    /** What a socket sends at once. */
    private static final int MOST_BYTES = NetlinkSocket.MOST_BYTES;

    private ByteBuffer bytes = ByteBuffer.allocate(FIRST_BYTES).order(ByteOrder.nativeOrder());

    public NetlinkRequest(int type, int flags) {
        bytes.putInt(0).putShort((short) type).putShort((short) flags).putInt(0).putInt(0);
    }

    NetlinkRequest words(int... words) {
        for (int word : words) {
            room(Integer.BYTES).putInt(word);
        }
        return this;
    }

    public NetlinkRequest bytes(int... values) {
        for (int value : values) {
            room(1).put((byte) value);
        }
        return this;
    }

    NetlinkRequest attribute(int type, InetAddress address) {
        return attribute(type, ByteBuffer.wrap(address.getAddress()));
    }

    public NetlinkRequest attribute(int type, ByteBuffer value) {
        int at = begin(type);
        room(value.remaining()).put(value.duplicate());
        return end(at);
    }

    NetlinkRequest attribute(int type, byte value) {
        int at = begin(type);
        room(1).put(value);
        return end(at);
    }

    /** With a zero behind it. */
    public NetlinkRequest attribute(int type, String text) {
        byte[] name = text.getBytes(StandardCharsets.UTF_8);
        int at = begin(type);
        room(name.length + 1).put(name).put((byte) 0);
        return end(at);
    }

    NetlinkRequest attribute(int type, int value) {
        int at = begin(type);
        room(Integer.BYTES).putInt(value);
        return end(at);
    }

    NetlinkRequest attribute(int type, long value) {
        int at = begin(type);
        room(Long.BYTES).putLong(value);
        return end(at);
    }

    /** In the network's byte order, as netfilter has it. */
    public NetlinkRequest bigEndian(int type, int value) {
        return attribute(type, ByteBuffer.allocate(Integer.BYTES).putInt(0, value));
    }

    /** An attribute of attributes, which {@code content} writes. */
    public NetlinkRequest nested(int type, Consumer<NetlinkRequest> content) {
        int at = begin(type | NESTED);
        content.accept(this);
        return end(at);
    }

    /** Opens a {@code struct rtnexthop}, whose length comes first too, but no type; the answer goes to {@link #end}. */
    int beginNextHop(int flags, int hops, int interfaceIndex) {
        int at = bytes.position();
        room(NEXT_HOP_BYTES)
                .putShort((short) 0)
                .put((byte) flags)
                .put((byte) hops)
                .putInt(interfaceIndex);
        return at;
    }

    /** Opens an attribute whose value follows; the answer goes to {@link #end}. */
    int begin(int type) {
        int at = bytes.position();
        room(ATTRIBUTE_HEADER_BYTES).putShort((short) 0).putShort((short) type);
        return at;
    }

    NetlinkRequest end(int at) {
        bytes.putShort(at, (short) (bytes.position() - at));
        while (bytes.position() % Integer.BYTES != 0) {
            room(1).put((byte) 0);
        }
        return this;
    }

    private ByteBuffer room(int more) {
        if (bytes.remaining() < more) {
            int needed = bytes.position() + more;
            if (needed > MOST_BYTES) {
                throw new IllegalArgumentException("a message of " + needed + " bytes; allowed " + MOST_BYTES);
            }
            int wanted = Math.min(MOST_BYTES, Math.max(2 * bytes.capacity(), needed));
            bytes = ByteBuffer.allocate(wanted).order(ByteOrder.nativeOrder()).put(bytes.flip());
        }
        return bytes;
    }

    /** The whole message, under this number. */
    public byte[] toBytes(int sequence) {
        bytes.putInt(LENGTH_AT, bytes.position());
        bytes.putInt(SEQUENCE_AT, sequence);
        byte[] message = new byte[bytes.position()];
        bytes.get(0, message);
        return message;
    }
}
