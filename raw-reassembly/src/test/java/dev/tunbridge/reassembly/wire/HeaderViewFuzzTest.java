package dev.tunbridge.reassembly.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Whatever the bytes, a view that says OK can be asked for everything, and nothing of it lies outside. */
class HeaderViewFuzzTest {
    @FuzzTest(maxDuration = "10m")
    void views(FuzzedDataProvider data) {
        int index = data.consumeInt(0, 3);
        byte[] bytes = data.consumeRemainingAsBytes();
        ByteBuf buffer = Unpooled.buffer(index + bytes.length, index + bytes.length);
        buffer.writeZero(index).writeBytes(bytes);
        ip(buffer, index, bytes.length);
        tcp(buffer, index, bytes.length);
        udp(buffer, index, bytes.length);
    }

    private static void ip(ByteBuf buffer, int index, int length) {
        IpView ip = new IpView();
        if (ip.wrap(buffer, index, length) != IpProblem.OK) {
            return;
        }
        assertThat(ip.version()).isIn(4, 6);
        assertThat(ip.totalLength()).isBetween(ip.headerLength(), length);
        assertThat(ip.payloadIndex()).isEqualTo(index + ip.headerLength());
        assertThat(ip.payloadIndex() + ip.payloadLength()).isEqualTo(index + ip.totalLength());
        assertThat(ip.destinationIndex() + ip.addressBytes()).isLessThanOrEqualTo(ip.payloadIndex());
        assertThat(ip.sourceIndex() + ip.addressBytes()).isEqualTo(ip.destinationIndex());
        assertThat(ip.protocol()).isBetween(0, 255);
        assertThat(ip.trafficClass()).isEqualTo(ip.dscp() << 2 | ip.ecn());
        assertThat(ip.hopLimit()).isBetween(0, 255);
        assertThat(ip.isFirstFragment() || ip.isFragment()).isTrue();
        long sum = ip.pseudoHeaderSum() + InternetChecksum.sum(buffer, ip.payloadIndex(), ip.payloadLength());
        boolean isSummed = ip.protocol() == IpView.PROTOCOL_TCP && !ip.isFragment() && ip.payloadLength() >= 4;
        assertThat(ip.payloadChecksumValid()).isEqualTo(isSummed ? InternetChecksum.isValid(sum) : isLeftOut(ip));
        ip.hasSourceRoute();
        if (ip.version() == 4) {
            ip.headerChecksumValid();
            ip.isDontFragment();
            ip.identification();
        }
        if (!ip.isFragment()) {
            tcp(buffer, ip.payloadIndex(), ip.payloadLength());
            udp(buffer, ip.payloadIndex(), ip.payloadLength());
        }
    }

    /** For what has no checksum, or not that of TCP, the view alone says. */
    private static boolean isLeftOut(IpView ip) {
        boolean isOther = switch (ip.protocol()) {
            case IpView.PROTOCOL_TCP, IpView.PROTOCOL_UDP, IpView.PROTOCOL_ICMP, IpView.PROTOCOL_ICMPV6 -> false;
            default -> true;
        };
        return isOther || ip.isFragment() || ip.payloadChecksumValid();
    }

    private static void tcp(ByteBuf buffer, int index, int length) {
        TcpView tcp = new TcpView();
        if (tcp.wrap(buffer, index, length) != TcpProblem.OK) {
            return;
        }
        assertThat(tcp.dataOffset()).isBetween(TcpView.HEADER_BYTES, TcpView.MAX_HEADER_BYTES);
        assertThat(tcp.payloadIndex()).isEqualTo(index + tcp.dataOffset());
        assertThat(tcp.payloadIndex() + tcp.payloadLength()).isEqualTo(index + length);
        assertThat(tcp.sequenceLength()).isBetween(tcp.payloadLength(), tcp.payloadLength() + 2);
        assertThat(tcp.mss()).isBetween(TcpView.ABSENT, 0xffff);
        assertThat(tcp.windowScale()).isBetween(TcpView.ABSENT, 255);
        assertThat(tcp.sackBlocks()).isBetween(0, 4);
        for (int block = 0; block < tcp.sackBlocks(); block++) {
            tcp.sackLeft(block);
            tcp.sackRight(block);
        }
        if (tcp.hasTimestamps()) {
            tcp.timestampValue();
            tcp.timestampEcho();
        }
        tcp.isSackPermitted();
        assertThat(tcp.hasFlags(tcp.flags())).isTrue();
        assertThat(tcp.window()).isBetween(0, 0xffff);
        assertThat(tcp.checksum()).isBetween(0, 0xffff);
    }

    private static void udp(ByteBuf buffer, int index, int length) {
        UdpView udp = new UdpView();
        if (udp.wrap(buffer, index, length) != UdpProblem.OK) {
            return;
        }
        assertThat(udp.payloadIndex()).isEqualTo(index + UdpView.HEADER_BYTES);
        assertThat(udp.payloadLength()).isBetween(0, length - UdpView.HEADER_BYTES);
        assertThat(udp.sourcePort()).isBetween(0, 0xffff);
        assertThat(udp.destinationPort()).isBetween(0, 0xffff);
        assertThat(udp.checksum()).isBetween(0, 0xffff);
    }
}
