package dev.tunbridge.bridge.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Marks in place, against checksums that are computed anew from all bytes. */
class EcnTest {
    private static final long SEED = 4711;
    private static final int ROUNDS = 20_000;

    private final Random random = new Random(SEED);
    private final IpView view = new IpView();

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void readsWhatTheViewReads(int version) {
        for (int i = 0; i < 256; i++) {
            ByteBuf packet = packet(version, 0);
            setTrafficClass(packet, i);
            view(packet);
            assertThat(Ecn.field(packet, 0)).isEqualTo(view.ecn());
            assertThat(Ecn.dscp(packet, 0)).isEqualTo(view.dscp());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aMarkChangesTheFieldAndItsChecksumAlone(int version) {
        for (int i = 0; i < ROUNDS; i++) {
            int ahead = random.nextInt(5);
            ByteBuf packet = packet(version, ahead);
            ByteBuf before = packet.copy();
            int field = Ecn.field(packet, ahead);
            boolean isMarked = Ecn.markCongestion(packet, ahead);
            assertThat(isMarked).as("seed %d, round %d", SEED, i).isEqualTo(field != Ecn.NOT_CAPABLE);
            if (field == Ecn.NOT_CAPABLE || field == Ecn.CONGESTION_EXPERIENCED) {
                assertThat(ByteBufUtil.equals(packet, before)).isTrue();
                continue;
            }
            assertThat(Ecn.field(packet, ahead)).isEqualTo(Ecn.CONGESTION_EXPERIENCED);
            ByteBuf expected = before.copy();
            ByteBuf slice = expected.slice(ahead, expected.readableBytes() - ahead);
            setTrafficClass(slice, Ecn.dscp(before, ahead) << 2 | Ecn.CONGESTION_EXPERIENCED);
            assertThat(ByteBufUtil.hexDump(packet))
                    .as("seed %d, round %d", SEED, i)
                    .isEqualTo(ByteBufUtil.hexDump(expected));
            view(packet.slice(ahead, packet.readableBytes() - ahead));
            assertThat(view.payloadChecksumValid()).isTrue();
        }
    }

    @Test
    void aChecksumOfZerosIsRightToo() {
        // RFC 1624 section 3: the sum of the other words is 0xffff before and after, where a naive update gives 0xffff
        // for 0x0000.
        int marked = 0x4503;
        ByteBuf packet = packet(4, 0);
        packet.setShort(0, 0x4502).setShort(IpView.V4_CHECKSUM_AT, 0);
        int rest = InternetChecksum.fold(InternetChecksum.sum(packet, 0, 20));
        int identification = packet.getUnsignedShort(IpView.V4_IDENTIFICATION_AT);
        // Choose the identification such that the header sums to 0xffff once it is marked: its checksum is then zero.
        int other = InternetChecksum.fold(rest + (~identification & 0xffffL) + marked + (~0x4502 & 0xffffL));
        packet.setShort(IpView.V4_IDENTIFICATION_AT, ~other & 0xffff);
        packet.setShort(IpView.V4_CHECKSUM_AT, InternetChecksum.complete(InternetChecksum.sum(packet, 0, 20)));
        assertThat(Ecn.markCongestion(packet, 0)).isTrue();
        assertThat(packet.getUnsignedShort(IpView.V4_CHECKSUM_AT)).isZero();
        assertThat(InternetChecksum.isValid(InternetChecksum.sum(packet, 0, 20)))
                .isTrue();
    }

    /** A random TCP packet with right checksums, some bytes into its buffer. */
    private ByteBuf packet(int version, int ahead) {
        byte[] body = new byte[20 + random.nextInt(60)];
        random.nextBytes(body);
        body[12] = 0x50;
        body[16] = 0;
        body[17] = 0;
        String network = version == 4 ? "198.18." : "2001:2::";
        String middle = version == 4 ? "0." : "";
        ByteBuf packet = Packets.raw(
                InetAddresses.forString(network + middle + (1 + random.nextInt(200))),
                InetAddresses.forString(network + middle + (1 + random.nextInt(200))),
                InnerPacket.TCP,
                body);
        if (version == 4) {
            packet.setShort(IpView.V4_IDENTIFICATION_AT, random.nextInt());
        }
        setTrafficClass(packet, random.nextInt(256));
        view(packet);
        long sum = view.pseudoHeaderSum() + InternetChecksum.sum(packet, view.payloadIndex(), view.payloadLength());
        packet.setShort(view.payloadIndex() + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
        ByteBuf shifted = Unpooled.buffer();
        shifted.writeZero(ahead).writeBytes(packet);
        return shifted;
    }

    /** With the header's checksum from all of it. */
    private static void setTrafficClass(ByteBuf packet, int trafficClass) {
        if (packet.getUnsignedByte(0) >>> 4 == 4) {
            packet.setByte(1, trafficClass).setShort(IpView.V4_CHECKSUM_AT, 0);
            packet.setShort(IpView.V4_CHECKSUM_AT, InternetChecksum.complete(InternetChecksum.sum(packet, 0, 20)));
        } else {
            int word = packet.getUnsignedShort(0);
            packet.setShort(0, (word & 0xf00f) | (trafficClass << 4));
        }
    }

    private void view(ByteBuf packet) {
        assertThat(view.wrap(packet, 0, packet.readableBytes())).isEqualTo(IpProblem.OK);
        assertThat(view.headerChecksumValid()).isTrue();
    }
}
