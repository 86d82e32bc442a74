package dev.tunbridge.bridge.tun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacketCoalescerTest {
    private static final byte[] SOURCE = {(byte) 198, 18, 0, 1};
    private static final byte[] DESTINATION = {(byte) 198, 18, 0, 2};

    private final WriteBatch batch = new WriteBatch(TunOptions.named("test"));
    private final List<byte[]> split = new ArrayList<>();
    private final PacketSplitter splitter =
            new PacketSplitter((buffer, index, length) -> split.add(ByteBufUtil.getBytes(buffer, index, length, true)));
    private int writes;
    private int longestWrite;

    @AfterEach
    void release() {
        batch.release();
    }

    @ParameterizedTest
    @ValueSource(longs = {101, 102, 103, 104})
    void splittingWhatWasJoinedGivesEachFlowItsPacketsBackInOrder(long seed) {
        Random random = new Random(seed);
        int joined = 0;
        for (int round = 0; round < 150; round++) {
            split.clear();
            List<byte[]> packets = new Flows(random.nextLong()).packets(1 + random.nextInt(WriteBatch.MAX_PACKETS));
            addAll(packets, random);
            drain();
            joined += packets.size() - writes;
            assertThat(byFlow(split)).as("seed %d round %d", seed, round).isEqualTo(byFlow(packets));
            assertThat(longestWrite).isLessThanOrEqualTo(PacketCoalescer.MAX_JOINED_BYTES + VirtioHeader.BYTES);
        }
        assertThat(joined)
                .as("joins must happen for this test to mean anything")
                .isGreaterThan(3_000);
    }

    @Test
    void joinsABulkFlowIntoOneWrite() {
        addWhole(bulk(40, 1_000, TcpView.ACK));
        drain();
        assertThat(writes).isEqualTo(1);
        assertThat(split).hasSize(40);
    }

    @Test
    void joinsSegmentsWhoseHeadersCameApartFromTheirPayload() {
        for (byte[] packet : bulk(40, 1_000, TcpView.ACK)) {
            addInParts(packet, 40);
        }
        drain();
        assertThat(writes).isEqualTo(1);
        assertThat(split).hasSize(40);
    }

    @Test
    void beginsANewWriteWhere64KibibytesAreFull() {
        addWhole(bulk(100, 1_448, TcpView.ACK));
        drain();
        assertThat(writes).isEqualTo(3);
        assertThat(longestWrite).isBetween(64_000, 65_545);
    }

    @Test
    void pushEndsAWrite() {
        List<byte[]> packets = new ArrayList<>(bulk(10, 1_000, TcpView.ACK));
        packets.set(4, segment(4, 1_000, TcpView.ACK | TcpView.PSH));
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(2);
        assertThat(byFlow(split)).isEqualTo(byFlow(packets));
    }

    @Test
    void aBadChecksumIsWrittenAsItIsAndEndsTheWrite() {
        List<byte[]> packets = bulk(9, 1_000, TcpView.ACK);
        packets.get(4)[500] ^= 1;
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(3);
        assertThat(split.get(4)).isEqualTo(packets.get(4));
        assertThat(Packets.isIntact(split.get(4))).isFalse();
    }

    @Test
    void eachPacketComesAloneAfterTheKernelRefusedThemJoined() {
        List<byte[]> packets = bulk(10, 1_000, TcpView.ACK);
        addWhole(packets);
        batch.drain(gather -> gather.packets() == 1 && take(gather));
        assertThat(byFlow(split)).isEqualTo(byFlow(packets));
        assertThat(writes).isEqualTo(10);
    }

    @Test
    void aFragmentEndsEveryFlowSinceItMayBelongToAny() {
        List<byte[]> packets = bulk(10, 1_000, TcpView.ACK);
        ByteBuf fragment = Unpooled.wrappedBuffer(packets.get(5));
        fragment.setShort(IpView.V4_FRAGMENT_AT, 0x2000);
        Ipv4Header.finish(fragment, 0, Ipv4Header.BYTES);
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(3);
    }

    @Test
    void joinsDatagramsOfOneLengthAndAShorterLast() {
        List<byte[]> packets = new ArrayList<>();
        for (int number = 0; number < 20; number++) {
            packets.add(datagram(number, number == 12 ? 700 : 1_200));
        }
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(2);
        assertThat(byFlow(split)).isEqualTo(byFlow(packets));
    }

    @Test
    void aDatagramWithoutChecksumIsWrittenAsItIs() {
        List<byte[]> packets = new ArrayList<>();
        for (int number = 0; number < 5; number++) {
            packets.add(datagram(number, 1_200));
        }
        Unpooled.wrappedBuffer(packets.get(2)).setShort(Ipv4Header.BYTES + UdpView.CHECKSUM_AT, 0);
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(3);
        assertThat(byFlow(split)).isEqualTo(byFlow(packets));
    }

    @Test
    void anOddDatagramEndsTheFlowsOfItsOwnProtocolOnly() {
        List<byte[]> packets = new ArrayList<>();
        for (int number = 0; number < 10; number++) {
            packets.add(segment(number, 1_200, TcpView.ACK));
            byte[] fragment = datagram(number, 1_200);
            ByteBuf header = Unpooled.wrappedBuffer(fragment);
            header.setShort(IpView.V4_FRAGMENT_AT, 0x2000);
            Ipv4Header.finish(header, 0, Ipv4Header.BYTES);
            packets.add(fragment);
        }
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(11);
    }

    @Test
    void flowsOfTcpAndUdpBetweenTheSamePortsJoinBesideEachOther() {
        List<byte[]> packets = new ArrayList<>();
        for (int number = 0; number < 6; number++) {
            packets.add(datagram(number, 1_200));
            packets.add(segment(number, 1_200, TcpView.ACK));
        }
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(2);
        assertThat(byKind(split)).isEqualTo(byKind(packets));
    }

    @Test
    void joinsNoDatagramsWhereTheKernelTakesNone() {
        batch.disableDatagramCoalescing();
        List<byte[]> packets = bulk(4, 1_200, TcpView.ACK);
        packets.add(2, datagram(0, 1_200));
        packets.add(3, datagram(1, 1_200));
        addWhole(packets);
        drain();
        assertThat(writes).isEqualTo(3);
        assertThat(batch.isCoalescingDatagrams()).isFalse();
    }

    @Test
    void countsTheBytesThatWereGiven() {
        List<byte[]> packets = new ArrayList<>(bulk(9, 1_000, TcpView.ACK));
        packets.add(segment(9, 17, TcpView.ACK | TcpView.PSH));
        addWhole(packets);
        int[] counted = {0};
        batch.drain(gather -> {
            counted[0] += gather.packetBytes();
            return true;
        });
        assertThat(counted[0]).isEqualTo(9 * 1_040 + 57);
    }

    @Test
    void readsNothingBeyondAPacketWhateverItsBytesAre() {
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            int bytes = random.nextInt(30);
            byte[] packet = random.nextBoolean() ? segment(0, bytes, TcpView.ACK) : datagram(0, bytes);
            for (int flips = random.nextInt(5); flips > 0; flips--) {
                packet[random.nextInt(packet.length)] = (byte) random.nextInt();
            }
            byte[] cut = Arrays.copyOf(packet, random.nextInt(packet.length + 1));
            batch.add(Unpooled.wrappedBuffer(cut), 0, cut.length);
            if (batch.isFull()) {
                batch.drain(gather -> true);
            }
        }
    }

    /** As one piece at some index, as IP header and body, as all headers and payload, or cut where no header ends. */
    private void addAll(List<byte[]> packets, Random random) {
        for (byte[] packet : packets) {
            int ipHeader = packet[0] >>> 4 == 4 ? 20 : 40;
            switch (random.nextInt(8)) {
                case 0 -> addInParts(packet, ipHeader + 8);
                case 1, 2 -> addInParts(packet, ipHeader);
                case 3, 4 -> addInParts(packet, headerBytes(packet));
                default -> batch.add(Unpooled.buffer().writeZero(3).writeBytes(packet), 3, packet.length);
            }
        }
    }

    private static int headerBytes(byte[] packet) {
        boolean version4 = packet[0] >>> 4 == 4;
        int ipHeader = version4 ? 20 : 40;
        boolean isUdp = packet[version4 ? IpView.V4_PROTOCOL_AT : IpView.V6_NEXT_HEADER_AT] == IpView.PROTOCOL_UDP;
        return ipHeader + (isUdp ? 8 : (packet[ipHeader + TcpView.DATA_OFFSET_AT] >>> 4 & 0xf) * 4);
    }

    private void addWhole(List<byte[]> packets) {
        for (byte[] packet : packets) {
            batch.add(Unpooled.wrappedBuffer(packet), 0, packet.length);
        }
    }

    private void addInParts(byte[] packet, int headerLength) {
        ByteBuf header = Unpooled.wrappedBuffer(packet, 0, headerLength);
        batch.add(header, 0, headerLength, Unpooled.wrappedBuffer(packet), headerLength, packet.length - headerLength);
    }

    private void drain() {
        writes = 0;
        longestWrite = 0;
        batch.drain(this::take);
    }

    private boolean take(Gather gather) {
        ByteBuf joined = Unpooled.buffer();
        for (int piece = 0; piece < gather.pieces(); piece++) {
            joined.writeBytes(gather.buffer(piece), gather.index(piece), gather.length(piece));
        }
        writes++;
        longestWrite = Math.max(longestWrite, joined.readableBytes());
        assertThat(splitter.split(joined, 0, joined.readableBytes())).isTrue();
        return true;
    }

    private static List<byte[]> bulk(int count, int bytes, int flags) {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            packets.add(segment(i, bytes, flags));
        }
        return packets;
    }

    private static byte[] segment(int number, int bytes, int flags) {
        return Packets.tcp(parts(number, bytes, flags, new byte[bytes]));
    }

    private static byte[] datagram(int number, int bytes) {
        byte[] payload = new byte[bytes];
        Arrays.fill(payload, (byte) number);
        return Packets.udp(parts(number, bytes, 0, payload));
    }

    private static Packets.Segment parts(int number, int bytes, int flags, byte[] payload) {
        int sequence = number * (bytes < 500 ? 1_000 : bytes);
        return new Packets.Segment(
                SOURCE, DESTINATION, 0, 64, 0, true, 80, sequence, 1, flags, 500, new byte[0], payload);
    }

    /** TCP and UDP apart, each in order. */
    private static List<Map<String, List<String>>> byKind(List<byte[]> packets) {
        return List.of(
                byFlow(packets.stream().filter(packet -> packet[9] == 6).toList()),
                byFlow(packets.stream().filter(packet -> packet[9] == 17).toList()));
    }

    /** Packets by addresses and ports, in order; the identification of a datagram with DF means nothing and is blanked. */
    private static Map<String, List<String>> byFlow(List<byte[]> packets) {
        Map<String, List<String>> flows = new LinkedHashMap<>();
        for (byte[] packet : packets) {
            boolean version4 = packet[0] >>> 4 == 4;
            String key = ByteBufUtil.hexDump(packet, version4 ? 12 : 8, version4 ? 12 : 36);
            byte[] blanked = packet.clone();
            if (version4 && (packet[6] & 0x40) != 0) {
                ByteBuf buffer = Unpooled.wrappedBuffer(blanked);
                buffer.setShort(IpView.V4_IDENTIFICATION_AT, 0);
                Ipv4Header.finish(buffer, 0, Ipv4Header.BYTES);
            }
            flows.computeIfAbsent(key, k -> new ArrayList<>()).add(ByteBufUtil.hexDump(blanked));
        }
        return new java.util.TreeMap<>(flows);
    }
}
