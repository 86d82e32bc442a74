package dev.tunbridge.reassembly.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcpViewTest {
    private final TcpView view = new TcpView();

    @Test
    void readsASynWithItsOptions() {
        assertThat(wrap("1f9000508000000100000000a0c2fafe00000000" + "020405b40402080a0102030405060708010303" + "07"))
                .isEqualTo(TcpProblem.OK);
        assertThat(view.sourcePort()).isEqualTo(8080);
        assertThat(view.destinationPort()).isEqualTo(80);
        assertThat(view.sequenceNumber()).isEqualTo(0x8000_0001);
        assertThat(view.hasFlags(TcpView.SYN | TcpView.ECE | TcpView.CWR)).isTrue();
        assertThat(view.hasFlags(TcpView.SYN | TcpView.ACK)).isFalse();
        assertThat(view.window()).isEqualTo(0xfafe);
        assertThat(view.mss()).isEqualTo(1460);
        assertThat(view.windowScale()).isEqualTo(7);
        assertThat(view.isSackPermitted()).isTrue();
        assertThat(view.timestampValue()).isEqualTo(0x01020304);
        assertThat(view.timestampEcho()).isEqualTo(0x05060708);
        assertThat(view.payloadLength()).isZero();
        assertThat(view.sequenceLength()).isEqualTo(1);
    }

    @Test
    void readsSackBlocksAndPayload() {
        assertThat(wrap("1f9000500000000100000002d011fafe00000000"
                        + "0101080a0000000100000002"
                        + "0101051200000010000000200000003000000040"
                        + "cafe"))
                .isEqualTo(TcpProblem.OK);
        assertThat(view.sackBlocks()).isEqualTo(2);
        assertThat(view.sackLeft(1)).isEqualTo(0x30);
        assertThat(view.sackRight(1)).isEqualTo(0x40);
        assertThat(view.hasTimestamps()).isTrue();
        assertThat(view.payloadLength()).isEqualTo(2);
        assertThat(view.sequenceLength()).isEqualTo(3);
        assertThat(view.buffer().getUnsignedShort(view.payloadIndex())).isEqualTo(0xcafe);
    }

    @Test
    void forgetsTheOptionsOfTheSegmentBefore() {
        readsASynWithItsOptions();
        assertThat(wrap("1f90005000000001000000025010fafe00000000")).isEqualTo(TcpProblem.OK);
        assertThat(view.hasTimestamps()).isFalse();
        assertThat(view.mss()).isEqualTo(TcpView.ABSENT);
        assertThat(view.windowScale()).isEqualTo(TcpView.ABSENT);
        assertThat(view.isSackPermitted()).isFalse();
        assertThat(view.sackBlocks()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "1f900050000000010000000250, TRUNCATED",
        "1f90005000000001000000024010fafe00000000, DATA_OFFSET",
        "1f90005000000001000000026010fafe00000000, DATA_OFFSET",
        "1f90005000000001000000026010fafe0000000002050000, OPTIONS",
        "1f90005000000001000000026010fafe0000000002030000, OPTIONS",
        "1f90005000000001000000026010fafe0000000003020000, OPTIONS",
        "1f90005000000001000000026010fafe000000000500ffff, OPTIONS",
        "1f90005000000001000000026010fafe0000000001010108, OPTIONS"
    })
    void namesWhatIsWrong(String hex, TcpProblem problem) {
        assertThat(wrap(hex)).isEqualTo(problem);
    }

    @Test
    void neverReadsBeyondTheBytesGivenWhateverTheyAre() {
        Random random = new Random(31);
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = new byte[random.nextInt(70)];
            random.nextBytes(bytes);
            for (int at = 20; at < bytes.length; at++) {
                // Small numbers look like options and lengths.
                bytes[at] = (byte) random.nextInt(12);
            }
            ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
            if (view.wrap(buffer, 0, bytes.length) == TcpProblem.OK) {
                assertThat(view.payloadLength()).isNotNegative();
                if (view.hasTimestamps()) {
                    view.timestampEcho();
                }
                for (int block = 0; block < view.sackBlocks(); block++) {
                    view.sackRight(block);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "00350036000800, TRUNCATED",
        "0035003600070000, LENGTH",
        "0035003600090000, LENGTH",
        "0035003600080000, OK",
        "003500360008000000, OK"
    })
    void checksUdpLengths(String hex, UdpProblem problem) {
        UdpView udp = new UdpView();
        byte[] bytes = ByteBufUtil.decodeHexDump(hex);
        assertThat(udp.wrap(Unpooled.wrappedBuffer(bytes), 0, bytes.length)).isEqualTo(problem);
        if (problem == UdpProblem.OK) {
            assertThat(udp.sourcePort()).isEqualTo(53);
            assertThat(udp.destinationPort()).isEqualTo(54);
            assertThat(udp.payloadLength()).isZero();
        }
    }

    private TcpProblem wrap(String hex) {
        byte[] bytes = ByteBufUtil.decodeHexDump(hex);
        return view.wrap(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    }
}
