package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.message.EthernetNeighbours.Question;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Ethernet around the packets of one connection. This end is one station with one address; whatever IP it sends goes to the station
 * that has the peer's address, asked for this end, or sent it IP of its own, whichever was heard last, and to all until then: what
 * others say to all turns nothing aside. Who asks for this end is answered (ARP, RFC 826; neighbour discovery,
 * RFC 4861); neighbour discovery goes no further, because a TUN device has no neighbours. Reading and writing packets allocates nothing.
 */
final class EthernetLink {
    private static final int SOURCE_AT = HardwareAddress.BYTES;
    private static final int TYPE_AT = 2 * HardwareAddress.BYTES;
    private static final int IPV4_LENGTH_AT = 2;
    private static final int IPV6_LENGTH_AT = 4;
    private static final int IPV4_HEADER_BYTES = 20;

    private final EthernetNeighbours neighbours = new EthernetNeighbours();
    private final Optional<HardwareAddress> given;

    /** Null until this end has its address. */
    private @Nullable HardwareAddress own;

    private Octets ownIp = Octets.EMPTY;
    private Octets peerIp = Octets.EMPTY;
    private long peer = HardwareAddress.BROADCAST.bits();

    EthernetLink(EthernetItem item) {
        given = item.hardwareAddress();
    }

    /** This end has its address from now on. The answer asks for the peer's hardware address, and tells this end's. */
    Message up(InetAddress address, InetAddress peerAddress) {
        HardwareAddress hardware = given.orElseGet(() -> HardwareAddress.of(address));
        own = hardware;
        ownIp = Octets.of(address.getAddress());
        peerIp = Octets.of(peerAddress.getAddress());
        return new Message.Link(neighbours.ask(hardware, address, peerAddress));
    }

    /**
     * Hands on what lies in the frame, if it is this end's.
     *
     * @param isCertain whether it is the peer's for certain; otherwise nothing is learnt of it, and nobody answered
     */
    void read(ByteBuf buffer, int header, int content, int length, boolean isCertain, MessageHandler handler) {
        int type = buffer.getUnsignedShort(header + TYPE_AT);
        long to = HardwareAddress.read(buffer, header);
        long from = HardwareAddress.read(buffer, header + SOURCE_AT);
        HardwareAddress mine = own;
        boolean isMine = HardwareAddress.isGroup(to) || mine == null || to == mine.bits();
        int packet = isMine ? packetBytes(type, buffer, content, length) : 0;
        if (packet > 0
                && !(type == EthernetNeighbours.TYPE_IPV6 && EthernetNeighbours.isDiscovery(buffer, content, packet))) {
            if (isCertain && !HardwareAddress.isGroup(to)) {
                heardFrom(from);
            }
            handler.onPacket(buffer, content, packet);
            return;
        }
        Optional<Question> said =
                isMine && isCertain ? neighbours.read(type, from, buffer, content, length) : Optional.empty();
        if (mine == null || said.isEmpty()) {
            handler.onUnknownType(type);
            return;
        }
        Question question = said.get();
        boolean isAskedFor = question.wanted().equals(ownIp);
        if (isAskedFor || question.askerIp().equals(peerIp)) {
            heardFrom(question.asker());
        }
        if (isAskedFor) {
            handler.onMessage(new Message.Link(neighbours.answer(question, mine)));
        }
    }

    /** How long the packet says that it is, as a short frame is filled up; 0 where there is none. */
    private static int packetBytes(int type, ByteBuf buffer, int index, int length) {
        long told = 0;
        if (type == EthernetNeighbours.TYPE_IPV4 && length >= IPV4_HEADER_BYTES) {
            told = buffer.getUnsignedShort(index + IPV4_LENGTH_AT);
        } else if (type == EthernetNeighbours.TYPE_IPV6 && length >= EthernetNeighbours.IPV6_HEADER_BYTES) {
            told = EthernetNeighbours.IPV6_HEADER_BYTES + (long) buffer.getUnsignedShort(index + IPV6_LENGTH_AT);
        }
        return (int) Math.min(told, length);
    }

    private void heardFrom(long hardware) {
        HardwareAddress mine = own;
        boolean isStation = hardware != 0 && !HardwareAddress.isGroup(hardware);
        if (isStation && (mine == null || hardware != mine.bits())) {
            peer = hardware;
        }
    }

    /** Appends the header of a packet of IP version 4 or 6. */
    void writeHeader(int ipVersion, ByteBuf out) {
        HardwareAddress mine = own;
        if (mine == null) {
            throw new IllegalStateException("a packet before this end has an address");
        }
        HardwareAddress.write(peer, out);
        mine.writeTo(out);
        out.writeShort(ipVersion == 6 ? EthernetNeighbours.TYPE_IPV6 : EthernetNeighbours.TYPE_IPV4);
    }
}
