package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Optional;

/**
 * Who has which address on an Ethernet: whole frames of ARP (RFC 826) and of IPv6 neighbour discovery (RFC 4861, sections 4.3 and 4.4).
 * Stateless.
 */
final class EthernetNeighbours {
    static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_ARP = 0x0806;
    static final int TYPE_IPV6 = 0x86DD;

    private static final int ARP_BYTES = 28;
    private static final int ARP_ETHERNET = 1;
    private static final int ARP_REQUEST = 1;
    private static final int ARP_REPLY = 2;
    private static final int ARP_OPERATION_AT = 6;
    private static final int ARP_SENDER_AT = 8;
    private static final int ARP_SENDER_IP_AT = 14;
    private static final int ARP_TARGET_IP_AT = 24;
    /** Shorter frames are filled up. */
    private static final int LEAST_PAYLOAD_BYTES = 46;

    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;
    static final int IPV6_HEADER_BYTES = 40;
    private static final int NEXT_HEADER_AT = 6;
    private static final int HOP_LIMIT_AT = 7;
    private static final int IPV6_SOURCE_AT = 8;
    private static final int ICMPV6 = 58;
    /** A router would have made it less: who says this is a neighbour (section 3.1). */
    private static final int HOP_LIMIT = 255;

    private static final int ROUTER_SOLICITATION = 133;
    private static final int SOLICITATION = 135;
    private static final int ADVERTISEMENT = 136;
    private static final int REDIRECT = 137;
    private static final int ICMP_TARGET_AT = 8;
    private static final int ICMP_BYTES = 24;
    private static final int OPTION_BYTES = 8;
    private static final int SOURCE_OPTION = 1;
    private static final int TARGET_OPTION = 2;
    private static final int SOLICITED = 0x4000_0000;
    private static final int OVERRIDE = 0x2000_0000;
    private static final byte[] ALL_NODES = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    /**
     * Somebody has said who it is, and perhaps asked for another.
     *
     * @param asker its hardware address
     * @param askerIp all zeros where it has none yet
     * @param wanted whose hardware address it asks for; empty where it asks for none
     */
    record Question(long asker, Octets askerIp, Octets wanted) {}

    /** Whether the IPv6 packet is of neighbour discovery, whatever it says. */
    static boolean isDiscovery(ByteBuf buffer, int index, int length) {
        if (length < IPV6_HEADER_BYTES + 1
                || buffer.getByte(index + NEXT_HEADER_AT) != ICMPV6
                || buffer.getUnsignedByte(index + HOP_LIMIT_AT) != HOP_LIMIT) {
            return false;
        }
        int type = buffer.getUnsignedByte(index + IPV6_HEADER_BYTES);
        return type >= ROUTER_SOLICITATION && type <= REDIRECT;
    }

    /**
     * What a neighbour says in a frame of this type; empty where it is nothing that is understood here.
     *
     * @param source the hardware address that the frame came from
     */
    Optional<Question> read(int type, long source, ByteBuf buffer, int index, int length) {
        if (type == TYPE_ARP && length >= ARP_BYTES) {
            return readArp(buffer, index);
        }
        if (type == TYPE_IPV6 && isDiscovery(buffer, index, length)) {
            return readDiscovery(buffer, source, index, length);
        }
        return Optional.empty();
    }

    private static Optional<Question> readArp(ByteBuf buffer, int index) {
        boolean isOfIpv4 = buffer.getShort(index) == ARP_ETHERNET
                && buffer.getShort(index + 2) == TYPE_IPV4
                && buffer.getByte(index + 4) == HardwareAddress.BYTES
                && buffer.getByte(index + 5) == IPV4_BYTES;
        int operation = buffer.getUnsignedShort(index + ARP_OPERATION_AT);
        if (!isOfIpv4 || (operation != ARP_REQUEST && operation != ARP_REPLY)) {
            return Optional.empty();
        }
        return Optional.of(new Question(
                HardwareAddress.read(buffer, index + ARP_SENDER_AT),
                Octets.copyOf(buffer, index + ARP_SENDER_IP_AT, IPV4_BYTES),
                operation == ARP_REQUEST ? Octets.copyOf(buffer, index + ARP_TARGET_IP_AT, IPV4_BYTES) : Octets.EMPTY));
    }

    private static Optional<Question> readDiscovery(ByteBuf buffer, long asker, int index, int length) {
        int type = buffer.getUnsignedByte(index + IPV6_HEADER_BYTES);
        if ((type != SOLICITATION && type != ADVERTISEMENT) || length < IPV6_HEADER_BYTES + ICMP_BYTES) {
            return Optional.empty();
        }
        Octets target = Octets.copyOf(buffer, index + IPV6_HEADER_BYTES + ICMP_TARGET_AT, IPV6_BYTES);
        if (type == ADVERTISEMENT) {
            return Optional.of(new Question(asker, target, Octets.EMPTY)); // whatever other address it is sent from
        }
        return Optional.of(new Question(asker, Octets.copyOf(buffer, index + IPV6_SOURCE_AT, IPV6_BYTES), target));
    }

    /** A frame that asks all for the hardware address of an IP address, and tells that of this end. */
    Octets ask(HardwareAddress own, InetAddress address, InetAddress wanted) {
        byte[] ownIp = address.getAddress();
        byte[] wantedIp = wanted.getAddress();
        if (address instanceof Inet4Address) {
            return arp(HardwareAddress.BROADCAST.bits(), own, ARP_REQUEST, ownIp, 0, wantedIp);
        }
        // To those whose address ends alike (RFC 4291, section 2.7.1), by the hardware address made of it (RFC 2464,
        // section 7).
        byte[] group = {
            (byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte) 0xff, wantedIp[13], wantedIp[14], wantedIp[15]
        };
        return discovery(groupAddress(group), own, ownIp, group, SOLICITATION, 0, wantedIp, SOURCE_OPTION);
    }

    private static long groupAddress(byte[] group) {
        long low = 0;
        for (int i = IPV6_BYTES - Integer.BYTES; i < IPV6_BYTES; i++) {
            low = (low << 8) | (group[i] & 0xff);
        }
        return (0x3333L << 32) | low;
    }

    /** The frame that answers a question for the address of this end. */
    Octets answer(Question question, HardwareAddress own) {
        byte[] ownIp = question.wanted().toByteArray();
        byte[] askerIp = question.askerIp().toByteArray();
        if (ownIp.length == IPV4_BYTES) {
            return arp(question.asker(), own, ARP_REPLY, ownIp, question.asker(), askerIp);
        }
        if (isZero(askerIp)) { // it finds out whether its address is taken (RFC 4862)
            return discovery(
                    groupAddress(ALL_NODES), own, ownIp, ALL_NODES, ADVERTISEMENT, OVERRIDE, ownIp, TARGET_OPTION);
        }
        return discovery(
                question.asker(), own, ownIp, askerIp, ADVERTISEMENT, SOLICITED | OVERRIDE, ownIp, TARGET_OPTION);
    }

    private static boolean isZero(byte[] bytes) {
        for (byte next : bytes) {
            if (next != 0) {
                return false;
            }
        }
        return true;
    }

    private static Octets arp(long to, HardwareAddress own, int operation, byte[] ownIp, long target, byte[] targetIp) {
        ByteBuf frame = frame(to, own, TYPE_ARP);
        frame.writeShort(ARP_ETHERNET).writeShort(TYPE_IPV4);
        frame.writeByte(HardwareAddress.BYTES).writeByte(IPV4_BYTES).writeShort(operation);
        own.writeTo(frame);
        frame.writeBytes(ownIp);
        HardwareAddress.write(target, frame);
        frame.writeBytes(targetIp);
        return octets(frame.writeZero(LEAST_PAYLOAD_BYTES - ARP_BYTES));
    }

    private static Octets discovery(
            long to,
            HardwareAddress own,
            byte[] source,
            byte[] destination,
            int type,
            int flags,
            byte[] target,
            int option) {
        ByteBuf frame = frame(to, own, TYPE_IPV6);
        int length = ICMP_BYTES + OPTION_BYTES;
        frame.writeInt(6 << 28).writeShort(length).writeByte(ICMPV6).writeByte(HOP_LIMIT);
        frame.writeBytes(source).writeBytes(destination);
        int icmp = frame.writerIndex();
        frame.writeByte(type).writeByte(0).writeShort(0).writeInt(flags).writeBytes(target);
        frame.writeByte(option).writeByte(1);
        own.writeTo(frame);
        frame.setShort(icmp + 2, checksum(frame, icmp - 2 * IPV6_BYTES, length));
        return octets(frame);
    }

    /** Of ICMPv6 (RFC 4443, section 2.3): over the addresses, what stands for them in front, and the message. */
    private static int checksum(ByteBuf frame, int addresses, int length) {
        long sum = (long) length + ICMPV6;
        for (int at = 0; at < 2 * IPV6_BYTES + length; at += Short.BYTES) {
            sum += frame.getUnsignedShort(addresses + at);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }

    private static ByteBuf frame(long to, HardwareAddress own, int type) {
        ByteBuf frame = Unpooled.buffer();
        HardwareAddress.write(to, frame);
        own.writeTo(frame);
        return frame.writeShort(type);
    }

    private static Octets octets(ByteBuf frame) {
        return Octets.of(ByteBufUtil.getBytes(frame));
    }
}
