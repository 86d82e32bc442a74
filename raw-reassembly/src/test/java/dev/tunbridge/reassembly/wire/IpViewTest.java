package dev.tunbridge.reassembly.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpViewTest {
    private final IpView view = new IpView();

    @ParameterizedTest
    @ValueSource(longs = {21, 22})
    void readsWhatWasPutThere(long seed) {
        PacketGenerator packets = new PacketGenerator(seed);
        Random random = new Random(seed);
        for (int round = 0; round < 3_000; round++) {
            byte[] packet = packets.next();
            int index = random.nextInt(20);
            int padding = random.nextInt(3);
            ByteBuf buffer =
                    Unpooled.directBuffer().writeZero(index).writeBytes(packet).writeZero(padding);
            String at = "seed " + seed + " round " + round;
            assertThat(view.wrap(buffer, index, packet.length + padding)).as(at).isEqualTo(IpProblem.OK);
            assertThat(view.version()).as(at).isEqualTo(packets.version);
            assertThat(view.totalLength()).as(at).isEqualTo(packet.length);
            assertThat(view.headerLength()).as(at).isEqualTo(packets.headerLength);
            assertThat(view.protocol()).as(at).isEqualTo(packets.protocol);
            assertThat(view.trafficClass()).as(at).isEqualTo(packets.trafficClass);
            assertThat(view.ecn()).as(at).isEqualTo(packets.trafficClass & 3);
            assertThat(view.dscp()).as(at).isEqualTo(packets.trafficClass >> 2);
            assertThat(view.hopLimit()).as(at).isEqualTo(packets.hopLimit);
            assertThat(view.hasSourceRoute()).as(at).isEqualTo(packets.sourceRoute);
            assertThat(view.isFragment()).as(at).isEqualTo(packets.fragmentOffset != 0 || packets.moreFragments);
            assertThat(view.isFirstFragment()).as(at).isEqualTo(packets.fragmentOffset == 0);
            assertThat(view.payloadLength()).as(at).isEqualTo(packets.payload.length);
            assertThat(bytes(buffer, view.payloadIndex(), view.payloadLength()))
                    .as(at)
                    .isEqualTo(packets.payload);
            assertThat(bytes(buffer, view.sourceIndex(), view.addressBytes()))
                    .as(at)
                    .isEqualTo(packets.source);
            assertThat(bytes(buffer, view.destinationIndex(), view.addressBytes()))
                    .as(at)
                    .isEqualTo(packets.destination);
            buffer.release();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {23, 24})
    void neverReadsBeyondTheBytesGivenWhateverTheyAre(long seed) {
        PacketGenerator packets = new PacketGenerator(seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] packet = packets.next();
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                packet[random.nextInt(Math.min(packet.length, 60))] = (byte) random.nextInt();
            }
            // The buffer ends where the packet was cut: reading on would throw.
            byte[] cut = Arrays.copyOf(packet, random.nextInt(packet.length + 1));
            ByteBuf buffer = Unpooled.wrappedBuffer(cut);
            if (view.wrap(buffer, 0, cut.length) == IpProblem.OK) {
                assertThat(view.headerLength()).isLessThanOrEqualTo(view.totalLength());
                assertThat(view.totalLength()).isLessThanOrEqualTo(cut.length);
                view.payloadChecksumValid();
                view.headerChecksumValid();
                view.isDontFragment();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "45, TRUNCATED",
        "5500001400000000400100000a0000010a000002, VERSION",
        "4400001400000000400100000a0000010a000002, HEADER_LENGTH",
        "4600001400000000400100000a0000010a000002, HEADER_LENGTH",
        "4500001300000000400100000a0000010a000002, TOTAL_LENGTH",
        "4500001500000000400100000a0000010a000002, TOTAL_LENGTH",
        "4600001800000000400100000a0000010a00000283050000, OPTIONS",
        "4600001800000000400100000a0000010a00000283000000, OPTIONS",
        "4600001800000000400100000a0000010a00000201010183, OPTIONS"
    })
    void namesWhatIsWrong(String hex, IpProblem problem) {
        byte[] packet = ByteBufUtil.decodeHexDump(hex);
        assertThat(view.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length)).isEqualTo(problem);
    }

    @Test
    void givesUpOnAnEndlessChainOfExtensionHeaders() {
        ByteBuf packet = Unpooled.buffer();
        packet.writeInt(6 << 28).writeShort(72).writeByte(60).writeByte(64).writeZero(32);
        for (int i = 0; i < 9; i++) {
            packet.writeByte(60).writeByte(0).writeZero(6);
        }
        assertThat(view.wrap(packet, 0, packet.readableBytes())).isEqualTo(IpProblem.EXTENSION_HEADERS);
    }

    @Test
    void anExtensionHeaderMayNotRunOverThePacketsEnd() {
        ByteBuf packet = Unpooled.buffer();
        packet.writeInt(6 << 28).writeShort(8).writeByte(0).writeByte(64).writeZero(32);
        packet.writeByte(6).writeByte(1).writeZero(6).writeZero(64);
        assertThat(view.wrap(packet, 0, packet.readableBytes())).isEqualTo(IpProblem.EXTENSION_HEADERS);
    }

    @ParameterizedTest
    @ValueSource(ints = {IpView.PROTOCOL_TCP, IpView.PROTOCOL_UDP, IpView.PROTOCOL_ICMP, IpView.PROTOCOL_ICMPV6})
    void knowsAGoodPayloadFromAFlippedBit(int protocol) {
        Random random = new Random(protocol);
        for (int round = 0; round < 200; round++) {
            int addressBytes = random.nextBoolean() ? 4 : 16;
            byte[] payload = new byte[20 + random.nextInt(100)];
            random.nextBytes(payload);
            ByteBuf buffer = Unpooled.buffer(2_000);
            int header = writeHeader(buffer, addressBytes, payload.length, protocol, random);
            int checksumAt = header + checksumOffset(protocol);
            buffer.setBytes(header, payload);
            buffer.setShort(checksumAt, 0);
            assertThat(view.wrap(buffer, 0, header + payload.length)).isEqualTo(IpProblem.OK);
            long pseudoHeader = protocol == IpView.PROTOCOL_ICMP ? 0 : view.pseudoHeaderSum();
            int checksum =
                    InternetChecksum.complete(pseudoHeader + InternetChecksum.sum(buffer, header, payload.length));
            buffer.setShort(checksumAt, checksum);
            assertThat(view.payloadChecksumValid()).isTrue();
            assertThat(view.headerChecksumValid()).isTrue();
            int flipped = header + 8 + random.nextInt(8);
            buffer.setByte(flipped, buffer.getByte(flipped) ^ (1 << random.nextInt(8)));
            assertThat(view.payloadChecksumValid()).isFalse();
        }
    }

    @Test
    void udpWithoutChecksumIsFineOverIpv4Only() {
        ByteBuf buffer = Unpooled.buffer(100);
        writeHeader(buffer, 4, 8, IpView.PROTOCOL_UDP, new Random(1));
        view.wrap(buffer, 0, 28);
        assertThat(view.payloadChecksumValid()).isTrue();
        buffer.clear().writeZero(100);
        writeHeader(buffer, 16, 8, IpView.PROTOCOL_UDP, new Random(1));
        view.wrap(buffer, 0, 48);
        assertThat(view.payloadChecksumValid()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 16})
    void changesEcnAndLeavesTheRestAlone(int addressBytes) {
        Random random = new Random(addressBytes);
        for (int round = 0; round < 500; round++) {
            ByteBuf buffer = Unpooled.buffer(100);
            int length = writeHeader(buffer, addressBytes, 0, IpView.PROTOCOL_NONE, random);
            view.wrap(buffer, 0, length);
            int dscp = view.dscp();
            int ecn = random.nextInt(4);
            if (addressBytes == 4) {
                Ipv4Header.setEcn(buffer, 0, ecn);
            } else {
                Ipv6Header.setEcn(buffer, 0, ecn);
            }
            assertThat(view.wrap(buffer, 0, length)).isEqualTo(IpProblem.OK);
            assertThat(view.ecn()).isEqualTo(ecn);
            assertThat(view.dscp()).isEqualTo(dscp);
            assertThat(view.headerChecksumValid()).isTrue();
        }
    }

    private static int writeHeader(ByteBuf buffer, int addressBytes, int payloadLength, int protocol, Random random) {
        byte[] addressPair = new byte[32];
        random.nextBytes(addressPair);
        ByteBuf addresses = Unpooled.wrappedBuffer(addressPair);
        int trafficClass = random.nextInt(256);
        if (addressBytes == 4) {
            Ipv4Header.write(buffer, 0, trafficClass, payloadLength, protocol, 64, addresses, 0, 4);
            return Ipv4Header.BYTES;
        }
        Ipv6Header.write(buffer, 0, trafficClass, payloadLength, protocol, 64, addresses, 0, 16);
        return Ipv6Header.BYTES;
    }

    private static int checksumOffset(int protocol) {
        return switch (protocol) {
            case IpView.PROTOCOL_TCP -> TcpView.CHECKSUM_AT;
            case IpView.PROTOCOL_UDP -> UdpView.CHECKSUM_AT;
            default -> 2;
        };
    }

    private static byte[] bytes(ByteBuf buffer, int index, int length) {
        return ByteBufUtil.getBytes(buffer, index, length, true);
    }
}
