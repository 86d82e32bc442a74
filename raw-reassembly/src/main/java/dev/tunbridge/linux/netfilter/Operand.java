package dev.tunbridge.linux.netfilter;

import dev.tunbridge.linux.netlink.AddressFamily;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** What the register is compared with, or changed by: bytes as the kernel has them in it. Read-only. */
public record Operand(ByteBuffer bytes) {
    /** Of {@link ConnectionKey#DIRECTION}: as the connection's first packet went (IP_CT_DIR_ORIGINAL). */
    public static final Operand ORIGINAL = new Operand(ByteBuffer.wrap(new byte[] {0}));

    /** Of {@link ConnectionKey#DIRECTION}: what answers (IP_CT_DIR_REPLY). */
    public static final Operand REPLY = new Operand(ByteBuffer.wrap(new byte[] {1}));

    /** IFNAMSIZ, with the zero at the end. */
    private static final int NAME_BYTES = 16;

    public Operand {
        bytes = bytes.asReadOnlyBuffer();
    }

    /** 32 bits, such as a mark, in the machine's byte order. */
    public static Operand word(int value) {
        return new Operand(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(0, value));
    }

    /** One octet. */
    public static Operand octet(int value) {
        return new Operand(ByteBuffer.wrap(new byte[] {(byte) value}));
    }

    /** As it is in a packet. */
    public static Operand address(InetAddress address) {
        return new Operand(ByteBuffer.wrap(address.getAddress()));
    }

    /** A port, as it is in a packet. */
    public static Operand port(int number) {
        return new Operand(ByteBuffer.allocate(Short.BYTES).putShort(0, (short) number));
    }

    /** Of {@link MetaKey#NFPROTO}. */
    public static Operand family(AddressFamily family) {
        return octet(number(family));
    }

    /** NFPROTO_IPV4, NFPROTO_IPV6. */
    static int number(AddressFamily family) {
        return family == AddressFamily.IPV4 ? 2 : 10;
    }

    /** The whole name of an interface, whatever bytes it consists of: no {@code *} stands for others. */
    public static Operand interfaceName(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= NAME_BYTES) {
            throw new IllegalArgumentException(
                    "interface name '" + name + "': " + bytes.length + " bytes, allowed: 1 to " + (NAME_BYTES - 1));
        }
        return new Operand(ByteBuffer.allocate(NAME_BYTES).put(0, bytes));
    }
}
