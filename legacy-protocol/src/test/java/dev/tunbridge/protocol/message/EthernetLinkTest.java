package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pcap4j.packet.ArpPacket;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IcmpV6NeighborAdvertisementPacket;
import org.pcap4j.packet.IcmpV6NeighborSolicitationPacket;
import org.pcap4j.packet.IcmpV6NeighborSolicitationPacket.IcmpV6NeighborSolicitationHeader;
import org.pcap4j.packet.IpV6NeighborDiscoveryTargetLinkLayerAddressOption;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.IpV6SimpleFlowLabel;
import org.pcap4j.packet.IpV6SimpleTrafficClass;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.ArpHardwareType;
import org.pcap4j.packet.namednumber.ArpOperation;
import org.pcap4j.packet.namednumber.EtherType;
import org.pcap4j.packet.namednumber.IcmpV6Code;
import org.pcap4j.packet.namednumber.IcmpV6Type;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.util.MacAddress;

/** Packets in Ethernet frames; the other station speaks by pcap4j. */
class EthernetLinkTest {
    private static final MacAddress PEER = MacAddress.getByName("52:54:00:12:34:56");
    private static final MacAddress OWN = MacAddress.getByName("02:54:c6:13:00:01");
    private static final MacAddress SOMEBODY = MacAddress.getByName("52:54:00:00:00:07");
    private static final Inet4Address DEVICE = (Inet4Address) address("198.19.0.1");
    private static final Inet4Address SERVER = (Inet4Address) address("198.19.0.2");
    private static final Inet6Address DEVICE6 = (Inet6Address) address("2001:2::1");
    private static final Inet6Address SERVER6 = (Inet6Address) address("2001:2::2");

    private static final byte[] IPV4 =
            HexFormat.of().parseHex("4500001c00004000400000000a000001c613000100350035000800" + "00");
    private static final int PACKET = 3;

    private static final FrameFormat FORMAT = FrameFormat.parse("""
            name: tapped
            frame:
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 2, max: 2000}
              payload: {at: 3}
            types: {ethernet: 3}
            """, "tapped.yaml");

    private final MessageCodec codec = codec("from-address");
    private final Wire wire = new Wire(FORMAT, codec);

    private static MessageCodec codec(String hardwareAddress) {
        return MessageLayouts.parse(Description.read(
                        "ethernet: {means: packet, layout: [{constant: '7E'}, {ethernet: '" + hardwareAddress
                                + "'}, {bytes: content}]}",
                        "layouts.yaml"))
                .codec(FORMAT);
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] behindConstant(byte[] frame) {
        byte[] payload = new byte[1 + frame.length];
        payload[0] = 0x7e;
        System.arraycopy(frame, 0, payload, 1, frame.length);
        return payload;
    }

    private static byte[] frame(MacAddress to, MacAddress from, EtherType type, Packet payload) {
        return new EthernetPacket.Builder()
                .dstAddr(to)
                .srcAddr(from)
                .type(type)
                .payloadBuilder(payload.getBuilder())
                .paddingAtBuild(true)
                .build()
                .getRawData();
    }

    private static Packet bytes(byte[] content) {
        return new UnknownPacket.Builder().rawData(content).build();
    }

    private List<Message> hear(byte[] frame) throws Exception {
        return wire.readPayload(PACKET, behindConstant(frame));
    }

    private EthernetPacket.EthernetHeader headerOf(Message.Packet packet) throws Exception {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(FORMAT)) {
            codec.write(packet, encoder, out);
        }
        assertThat(out.getByte(3)).as("the constant in front").isEqualTo((byte) 0x7e);
        byte[] frame = ByteBufUtil.getBytes(out, 4, out.readableBytes() - 4);
        return EthernetPacket.newPacket(frame, 0, frame.length).getHeader();
    }

    private static byte[] arp(ArpOperation operation, MacAddress sender, Inet4Address senderIp, Inet4Address target) {
        return new ArpPacket.Builder()
                .hardwareType(ArpHardwareType.ETHERNET)
                .protocolType(EtherType.IPV4)
                .hardwareAddrLength((byte) 6)
                .protocolAddrLength((byte) 4)
                .operation(operation)
                .srcHardwareAddr(sender)
                .srcProtocolAddr(senderIp)
                .dstHardwareAddr(MacAddress.getByName("00:00:00:00:00:00"))
                .dstProtocolAddr(target)
                .build()
                .getRawData();
    }

    @Test
    void thisEndAsksForItsPeerWhenItsAddressIsKnown() throws Exception {
        byte[] question = ((Message.Link) codec.linkUp(DEVICE, SERVER).orElseThrow())
                .frame()
                .toByteArray();
        EthernetPacket.EthernetHeader header =
                EthernetPacket.newPacket(question, 0, question.length).getHeader();
        assertThat(header.getDstAddr()).isEqualTo(MacAddress.ETHER_BROADCAST_ADDRESS);
        assertThat(header.getSrcAddr()).as("made of the IP address").isEqualTo(OWN);
        assertThat(header.getType()).isEqualTo(EtherType.ARP);
        ArpPacket.ArpHeader arp = ArpPacket.newPacket(question, 14, 28).getHeader();
        assertThat(arp.getOperation()).isEqualTo(ArpOperation.REQUEST);
        assertThat(arp.getSrcHardwareAddr()).isEqualTo(OWN);
        assertThat(arp.getSrcProtocolAddr()).isEqualTo(DEVICE);
        assertThat(arp.getDstProtocolAddr()).isEqualTo(SERVER);
        assertThat(question).as("the shortest frame, without its check").hasSize(60);
    }

    @Test
    void whoAsksForThisEndIsAnsweredAndKnownFromThenOn() throws Exception {
        codec.linkUp(DEVICE, SERVER);
        assertThat(headerOf(new Message.Packet(Octets.of(IPV4))).getDstAddr())
                .as("nobody was heard yet")
                .isEqualTo(MacAddress.ETHER_BROADCAST_ADDRESS);
        List<Message> answers = hear(frame(
                MacAddress.ETHER_BROADCAST_ADDRESS,
                PEER,
                EtherType.ARP,
                bytes(arp(ArpOperation.REQUEST, PEER, SERVER, DEVICE))));
        assertThat(answers).hasSize(1);
        byte[] answer = ((Message.Link) answers.get(0)).frame().toByteArray();
        EthernetPacket.EthernetHeader header =
                EthernetPacket.newPacket(answer, 0, answer.length).getHeader();
        assertThat(header.getDstAddr()).isEqualTo(PEER);
        ArpPacket.ArpHeader arp = ArpPacket.newPacket(answer, 14, 28).getHeader();
        assertThat(arp.getOperation()).isEqualTo(ArpOperation.REPLY);
        assertThat(arp.getSrcHardwareAddr()).isEqualTo(OWN);
        assertThat(arp.getSrcProtocolAddr()).isEqualTo(DEVICE);
        assertThat(arp.getDstHardwareAddr()).isEqualTo(PEER);
        assertThat(arp.getDstProtocolAddr()).isEqualTo(SERVER);
        assertThat(headerOf(new Message.Packet(Octets.of(IPV4))).getDstAddr()).isEqualTo(PEER);
    }

    @Test
    void anAnswerIsHeardAndWhoIsAskedForElsewhereIsNotAnswered() throws Exception {
        codec.linkUp(DEVICE, SERVER);
        assertThat(hear(frame(OWN, PEER, EtherType.ARP, bytes(arp(ArpOperation.REPLY, PEER, SERVER, DEVICE)))))
                .isEmpty();
        assertThat(headerOf(new Message.Packet(Octets.of(IPV4))).getDstAddr()).isEqualTo(PEER);
        assertThat(hear(frame(
                        MacAddress.ETHER_BROADCAST_ADDRESS,
                        PEER,
                        EtherType.ARP,
                        bytes(arp(ArpOperation.REQUEST, PEER, SERVER, (Inet4Address) address("198.19.0.77"))))))
                .isEmpty();
    }

    @Test
    void aSolicitationIsAnsweredByAnAdvertisementAndGoesNoFurther() throws Exception {
        codec.linkUp(DEVICE6, SERVER6);
        Packet.Builder solicitation = new IcmpV6NeighborSolicitationPacket.Builder()
                .reserved(0)
                .targetAddress(DEVICE6)
                .options(List.of());
        Inet6Address group = (Inet6Address) address("ff02::1:ff00:1");
        IpV6Packet packet = new IpV6Packet.Builder()
                .version(IpVersion.IPV6)
                .trafficClass(IpV6SimpleTrafficClass.newInstance((byte) 0))
                .flowLabel(IpV6SimpleFlowLabel.newInstance(0))
                .nextHeader(IpNumber.ICMPV6)
                .hopLimit((byte) 255)
                .srcAddr(SERVER6)
                .dstAddr(group)
                .correctLengthAtBuild(true)
                .payloadBuilder(new IcmpV6CommonPacket.Builder()
                        .type(IcmpV6Type.NEIGHBOR_SOLICITATION)
                        .code(IcmpV6Code.NO_CODE)
                        .srcAddr(SERVER6)
                        .dstAddr(group)
                        .correctChecksumAtBuild(true)
                        .payloadBuilder(solicitation))
                .build();
        List<Message> answers = hear(frame(MacAddress.getByName("33:33:ff:00:00:01"), PEER, EtherType.IPV6, packet));
        assertThat(answers).hasSize(1);
        byte[] answer = ((Message.Link) answers.get(0)).frame().toByteArray();
        assertAdvertisement(answer);
        IpV6Packet question = IpV6Packet.newPacket(
                ((Message.Link) codec.linkUp(DEVICE6, SERVER6).orElseThrow())
                        .frame()
                        .toByteArray(),
                14,
                72);
        IcmpV6CommonPacket own =
                IcmpV6CommonPacket.newPacket(question.getPayload().getRawData(), 0, 32);
        assertThat(own.hasValidChecksum(
                        question.getHeader().getSrcAddr(), question.getHeader().getDstAddr(), false))
                .isTrue();
        IcmpV6NeighborSolicitationHeader asked = IcmpV6NeighborSolicitationPacket.newPacket(own.getRawData(), 4, 28)
                .getHeader();
        assertThat(asked.getTargetAddress()).isEqualTo(SERVER6);
        assertThat(question.getHeader().getDstAddr()).isEqualTo(address("ff02::1:ff00:2"));
    }

    private static void assertAdvertisement(byte[] frame) throws Exception {
        assertThat(EthernetPacket.newPacket(frame, 0, frame.length).getHeader().getDstAddr())
                .isEqualTo(PEER);
        IpV6Packet ip = IpV6Packet.newPacket(frame, 14, frame.length - 14);
        assertThat(ip.getHeader().getSrcAddr()).isEqualTo(DEVICE6);
        assertThat(ip.getHeader().getDstAddr()).isEqualTo(SERVER6);
        assertThat(ip.getHeader().getHopLimitAsInt()).isEqualTo(255);
        byte[] raw = ip.getPayload().getRawData();
        IcmpV6CommonPacket icmp = IcmpV6CommonPacket.newPacket(raw, 0, raw.length);
        assertThat(icmp.getHeader().getType()).isEqualTo(IcmpV6Type.NEIGHBOR_ADVERTISEMENT);
        assertThat(icmp.hasValidChecksum(DEVICE6, SERVER6, false)).isTrue();
        IcmpV6NeighborAdvertisementPacket.IcmpV6NeighborAdvertisementHeader said =
                IcmpV6NeighborAdvertisementPacket.newPacket(raw, 4, raw.length - 4)
                        .getHeader();
        assertThat(said.getTargetAddress()).isEqualTo(DEVICE6);
        assertThat(said.getSolicitedFlag()).isTrue();
        assertThat(said.getOverrideFlag()).isTrue();
        assertThat(said.getOptions())
                .singleElement()
                .isInstanceOfSatisfying(
                        IpV6NeighborDiscoveryTargetLinkLayerAddressOption.class,
                        option -> assertThat(option.getLinkLayerAddressAsMacAddress())
                                .isEqualTo(MacAddress.getByName("02:54:00:00:00:01")));
    }

    @Test
    void aPacketComesWithoutWhatFillsItsFrameUpAndItsSenderIsKnown() throws Exception {
        codec.linkUp(DEVICE, SERVER);
        assertThat(hear(frame(OWN, PEER, EtherType.IPV4, bytes(IPV4))))
                .as("28 bytes in a frame of 60")
                .containsExactly(new Message.Packet(Octets.of(IPV4)));
        EthernetPacket.EthernetHeader header = headerOf(new Message.Packet(Octets.of(IPV4)));
        assertThat(header.getDstAddr()).isEqualTo(PEER);
        assertThat(header.getSrcAddr()).isEqualTo(OWN);
        assertThat(header.getType()).isEqualTo(EtherType.IPV4);
        assertThat(headerOf(new Message.Packet(Octets.of((byte) 0x60))).getType())
                .isEqualTo(EtherType.IPV6);
    }

    @Test
    void whatIsForAnotherStationOrNoIpIsPassedOver() throws Exception {
        codec.linkUp(DEVICE, SERVER);
        assertThat(hear(frame(SOMEBODY, PEER, EtherType.IPV4, bytes(IPV4)))).isEmpty();
        assertThat(hear(frame(OWN, PEER, EtherType.PPPOE_SESSION_STAGE, bytes(IPV4))))
                .isEmpty();
        assertThat(hear(frame(OWN, PEER, EtherType.IPV4, bytes(new byte[5])))).isEmpty();
        assertThat(hear(frame(OWN, PEER, EtherType.ARP, bytes(new byte[46])))).isEmpty();
        assertThat(wire.unknownTypes()).containsExactly(0x0800, 0x8864, 0x0800, 0x0806);
    }

    @Test
    void aHardwareAddressMayBeGiven() {
        byte[] question = ((Message.Link)
                        codec("52:54:00:aa:bb:cc").linkUp(DEVICE, SERVER).orElseThrow())
                .frame()
                .toByteArray();
        assertThat(MacAddress.getByAddress(Arrays.copyOfRange(question, 6, 12)))
                .isEqualTo(MacAddress.getByName("52:54:00:aa:bb:cc"));
    }

    @Test
    void ofWhatMayNotBeThePeersNothingIsLearntAndNobodyAnswered() throws Exception {
        codec.linkUp(DEVICE, SERVER);
        Wire peeking = new Wire(FORMAT, codec, true);
        byte[] packet = frame(OWN, PEER, EtherType.IPV4, bytes(IPV4));
        byte[] question = frame(
                MacAddress.ETHER_BROADCAST_ADDRESS,
                PEER,
                EtherType.ARP,
                bytes(arp(ArpOperation.REQUEST, PEER, SERVER, DEVICE)));
        assertThat(peeking.readPayload(PACKET, behindConstant(packet))).hasSize(1);
        assertThat(peeking.readPayload(PACKET, behindConstant(question))).isEmpty();
        assertThat(headerOf(new Message.Packet(Octets.of(IPV4))).getDstAddr())
                .isEqualTo(MacAddress.ETHER_BROADCAST_ADDRESS);
        assertThat(hear(question)).as("as soon as it is certain").hasSize(1);
    }

    @Test
    void whatNeighboursSayBeforeThisEndHasItsAddressIsPassedOver() throws Exception {
        for (String given : List.of("from-address", "52:54:00:aa:bb:cc")) {
            Wire early = new Wire(FORMAT, codec(given));
            byte[] reply = frame(
                    MacAddress.ETHER_BROADCAST_ADDRESS,
                    PEER,
                    EtherType.ARP,
                    bytes(arp(ArpOperation.REPLY, PEER, SERVER, DEVICE)));
            assertThat(early.readPayload(PACKET, behindConstant(reply))).isEmpty();
            assertThat(early.unknownTypes()).containsExactly(0x0806);
        }
    }

    @Test
    void whatAnotherStationSaysToAllTurnsNothingAside() throws Exception {
        codec.linkUp(DEVICE, SERVER);
        Inet4Address third = (Inet4Address) address("198.19.0.3");
        hear(frame(OWN, PEER, EtherType.ARP, bytes(arp(ArpOperation.REPLY, PEER, SERVER, DEVICE))));
        hear(frame(
                MacAddress.ETHER_BROADCAST_ADDRESS,
                SOMEBODY,
                EtherType.ARP,
                bytes(arp(ArpOperation.REQUEST, SOMEBODY, third, (Inet4Address) address("198.19.0.77")))));
        assertThat(hear(frame(MacAddress.ETHER_BROADCAST_ADDRESS, SOMEBODY, EtherType.IPV4, bytes(IPV4))))
                .as("handed on, as it may be for this end")
                .hasSize(1);
        MacAddress nobody = MacAddress.getByName("00:00:00:00:00:00");
        hear(frame(OWN, nobody, EtherType.IPV4, bytes(IPV4)));
        assertThat(headerOf(new Message.Packet(Octets.of(IPV4))).getDstAddr()).isEqualTo(PEER);
    }

    @Test
    void overheadAndRoomCountTheHeader() {
        assertThat(codec.packetOverheadBytes()).isEqualTo(3 + 1 + 14);
        assertThat(codec.maxPacketBytes()).isEqualTo(2000 - 1 - 14);
        assertThat(Protocol.builtin("reference").newCodec().linkUp(DEVICE, SERVER))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "packet: [{ethernet: '52:54:00'}, {bytes: content}] | ethernet | or the hardware address of one station",
                "packet: [{ethernet: '01:00:5e:00:00:01'}, {bytes: content}] | ethernet | of one station",
                "packet: [{ethernet: from-address}, {constant: '00'}, {bytes: content}] | packet | just in front of the content",
                "x: [{ethernet: from-address}, {bytes: rest}] | x | of what means packet",
            })
    void refusesWhatIsNoStation(String yaml, String key, String reason) {
        assertThatThrownBy(() -> MessageLayouts.parse(Description.read(yaml, "acme.yaml")))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).contains(key))
                .hasMessageContaining(reason);
    }
}
