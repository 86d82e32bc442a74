package dev.tunbridge.bridge.tun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacketSplitterTest {
    private static final int EVERY_FLAG = TcpView.ACK | TcpView.PSH | TcpView.FIN | TcpView.CWR | TcpView.ECE;

    private final List<byte[]> packets = new ArrayList<>();
    private boolean scribble;
    private final PacketSplitter splitter = new PacketSplitter((buffer, index, length) -> {
        packets.add(ByteBufUtil.getBytes(buffer, index, length, true));
        if (scribble) {
            // The taker may overwrite its packet, and later ones must not suffer.
            buffer.setBytes(index, new byte[length]);
        }
    });

    @ParameterizedTest
    @ValueSource(longs = {201, 202, 203})
    void cutsTcpAsTheSenderWouldHave(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 400; round++) {
            packets.clear();
            scribble = random.nextBoolean();
            int addressBytes = random.nextBoolean() ? 4 : 16;
            byte[] source = bytes(random, addressBytes);
            byte[] destination = bytes(random, addressBytes);
            byte[] options = bytes(random, random.nextBoolean() ? 12 : 0);
            if (options.length > 0) {
                options[0] = 1;
                options[1] = 1;
                options[2] = 8;
                options[3] = 10;
            }
            // From segments shorter than their headers up to the largest packet there is.
            int size = 1 + random.nextInt(random.nextBoolean() ? 50 : 1_460);
            byte[] payload = bytes(random, 1 + random.nextInt(Math.min(65_000, size * 100)));
            int sequence = random.nextInt();
            int identification = random.nextInt(0x10000);
            int flags = random.nextInt(256) & EVERY_FLAG;
            int ports = random.nextInt();

            List<byte[]> expected = new ArrayList<>();
            for (int at = 0; at < payload.length; at += size) {
                byte[] part = Arrays.copyOfRange(payload, at, Math.min(payload.length, at + size));
                int partFlags = flags;
                if (at + size < payload.length) {
                    partFlags &= ~(TcpView.FIN | TcpView.PSH);
                }
                if (at > 0) {
                    partFlags &= ~TcpView.CWR;
                }
                expected.add(Packets.tcp(new Packets.Segment(
                        source,
                        destination,
                        2,
                        63,
                        (identification + expected.size()) & 0xffff,
                        true,
                        ports,
                        sequence + at,
                        77,
                        partFlags,
                        500,
                        options,
                        part)));
            }
            byte[] whole = Packets.tcp(new Packets.Segment(
                    source,
                    destination,
                    2,
                    63,
                    identification,
                    true,
                    ports,
                    sequence,
                    77,
                    flags,
                    500,
                    options,
                    payload));
            ByteBuf read = Unpooled.buffer().writeZero(7 + VirtioHeader.BYTES).writeBytes(whole);
            int type = addressBytes == 4 ? VirtioHeader.GSO_TCP4 : VirtioHeader.GSO_TCP6;
            int lie = random.nextInt(0x10000);
            VirtioHeader.write(read, 7, type | (flags & VirtioHeader.GSO_ECN), lie, size, lie, lie);

            assertThat(splitter.split(read, 7, VirtioHeader.BYTES + whole.length))
                    .isTrue();
            assertThat(hex(packets)).as("seed %d round %d", seed, round).isEqualTo(hex(expected));
            assertThat(packets).allMatch(Packets::isIntact);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.1", "2001:2::1"})
    void cutsUdpIntoDatagrams(String address) throws Exception {
        Random random = new Random(5);
        InetSocketAddress from = new InetSocketAddress(InetAddress.getByName(address), 4_000);
        InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(address), 5_000);
        byte[] payload = bytes(random, 5_500);
        byte[] whole = Packets.udp(from, to, payload);
        ByteBuf read = Unpooled.buffer().writeZero(VirtioHeader.BYTES).writeBytes(whole);
        VirtioHeader.write(read, 0, VirtioHeader.GSO_UDP, 0, 1_200, 0, 0);
        assertThat(splitter.split(read, 0, read.readableBytes())).isTrue();
        assertThat(packets).hasSize(5).allMatch(Packets::isIntact);
        ByteBuf together = Unpooled.buffer();
        int headers = whole.length - payload.length;
        for (byte[] packet : packets) {
            together.writeBytes(packet, headers, packet.length - headers);
        }
        assertThat(ByteBufUtil.getBytes(together)).isEqualTo(payload);
        if (headers == 28) {
            for (int i = 0; i < packets.size(); i++) {
                assertThat(Unpooled.wrappedBuffer(packets.get(i)).getUnsignedShort(IpView.V4_IDENTIFICATION_AT))
                        .isEqualTo(i);
            }
        }
    }

    @Test
    void finishesTheChecksumOfAnOrdinaryPacket() {
        Random random = new Random(6);
        for (int round = 0; round < 300; round++) {
            packets.clear();
            byte[] finished = new Flows(random.nextLong()).packets(1).get(0);
            if (!Packets.isIntact(finished)) {
                continue;
            }
            ByteBuf read = Unpooled.buffer().writeZero(VirtioHeader.BYTES).writeBytes(finished);
            IpView ip = new IpView();
            ip.wrap(read, VirtioHeader.BYTES, finished.length);
            int checksumAt = ip.protocol() == IpView.PROTOCOL_TCP ? TcpView.CHECKSUM_AT : UdpView.CHECKSUM_AT;
            VirtioHeader.write(read, 0, VirtioHeader.GSO_NONE, 0, 0, ip.headerLength(), checksumAt);
            int sum = InternetChecksum.fold(ip.pseudoHeaderSum());
            read.setShort(ip.payloadIndex() + checksumAt, sum);
            assertThat(splitter.split(read, 0, read.readableBytes())).isTrue();
            assertThat(hex(packets)).isEqualTo(hex(List.of(finished)));
        }
    }

    @Test
    void leavesAFinishedPacketAlone() {
        byte[] packet = new Flows(1).packets(1).get(0);
        ByteBuf read = Unpooled.buffer().writeZero(VirtioHeader.BYTES).writeBytes(packet);
        assertThat(splitter.split(read, 0, read.readableBytes())).isTrue();
        assertThat(hex(packets)).isEqualTo(hex(List.of(packet)));
    }

    @ParameterizedTest
    @ValueSource(longs = {211, 212})
    void refusesOrSplitsButNeverThrowsOrReadsBeyondWhateverTheKernelSays(long seed) {
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 30_000; round++) {
            packets.clear();
            byte[] packet = new Flows(random.nextLong()).packets(1).get(0);
            byte[] read = new byte[VirtioHeader.BYTES + packet.length];
            System.arraycopy(packet, 0, read, VirtioHeader.BYTES, packet.length);
            ByteBuf header = Unpooled.wrappedBuffer(read);
            VirtioHeader.write(
                    header,
                    0,
                    random.nextInt(7),
                    random.nextInt(100),
                    random.nextInt(1_500),
                    random.nextInt(60),
                    random.nextInt(20));
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                read[random.nextInt(Math.min(read.length, 70))] = (byte) random.nextInt();
            }
            byte[] cut = random.nextInt(4) == 0 ? Arrays.copyOf(read, random.nextInt(read.length)) : read;
            if (!splitter.split(Unpooled.wrappedBuffer(cut), 0, cut.length)) {
                refused++;
                assertThat(packets).as("seed %d round %d", seed, round).isEmpty();
            }
        }
        assertThat(refused).isBetween(5_000, 29_000);
    }

    @Test
    void refusesAFragmentThatClaimsToBeASuperPacket() {
        byte[] packet = Packets.tcp(new Packets.Segment(
                new byte[] {10, 0, 0, 1},
                new byte[] {10, 0, 0, 2},
                0,
                64,
                1,
                false,
                1,
                1,
                1,
                TcpView.ACK,
                1,
                new byte[0],
                new byte[3_000]));
        ByteBuf read = Unpooled.buffer().writeZero(VirtioHeader.BYTES).writeBytes(packet);
        read.setShort(VirtioHeader.BYTES + IpView.V4_FRAGMENT_AT, 0x2000);
        Ipv4Header.finish(read, VirtioHeader.BYTES, 20);
        VirtioHeader.write(read, 0, VirtioHeader.GSO_TCP4, 40, 1_000, 20, 16);
        assertThat(splitter.split(read, 0, read.readableBytes())).isFalse();
        assertThat(packets).isEmpty();
    }

    private static List<String> hex(List<byte[]> packets) {
        return packets.stream().map(ByteBufUtil::hexDump).toList();
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
