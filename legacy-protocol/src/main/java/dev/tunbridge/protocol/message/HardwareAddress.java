package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A MAC address of 48 bits.
 *
 * @param bits the first byte on the wire is the most significant
 */
public record HardwareAddress(long bits) {
    static final int BYTES = 6;
    static final HardwareAddress BROADCAST = new HardwareAddress(0xFFFF_FFFF_FFFFL);

    private static final Pattern WRITTEN = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

    /** The lowest bit of the first byte (IEEE 802, clause 8.2.2): more than one station. */
    private static final long GROUP = 1L << 40;

    /** Its neighbour: nobody has registered it. */
    private static final long LOCAL_PREFIX = 0x0254L << 32;

    /** Six pairs of hexadecimal digits between colons; empty where it is something else. */
    static Optional<HardwareAddress> parse(String text) {
        return WRITTEN.matcher(text).matches()
                ? Optional.of(new HardwareAddress(Long.parseLong(text.replace(":", ""), 16)))
                : Optional.empty();
    }

    /** One that no other station has whose IP address ends otherwise. */
    static HardwareAddress of(InetAddress address) {
        byte[] bytes = address.getAddress();
        long low = 0;
        for (int i = bytes.length - Integer.BYTES; i < bytes.length; i++) {
            low = (low << 8) | (bytes[i] & 0xff);
        }
        return new HardwareAddress(LOCAL_PREFIX | low);
    }

    /** The bits of the one at the index. */
    static long read(ByteBuf buffer, int index) {
        return ((long) buffer.getUnsignedShort(index) << 32) | buffer.getUnsignedInt(index + Short.BYTES);
    }

    /** Whether these bits name several stations. */
    static boolean isGroup(long bits) {
        return (bits & GROUP) != 0;
    }

    boolean isGroup() {
        return isGroup(bits);
    }

    void writeTo(ByteBuf out) {
        write(bits, out);
    }

    static void write(long bits, ByteBuf out) {
        out.writeShort((int) (bits >>> 32)).writeInt((int) bits);
    }
}
