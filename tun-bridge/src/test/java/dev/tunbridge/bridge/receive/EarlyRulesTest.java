package dev.tunbridge.bridge.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.flow.Flow;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.reassembly.recovery.EarlyHandler;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 4.6 of the design, line by line. */
class EarlyRulesTest {
    private static final int NEXT = 0xffff_ff00; // so that what is ahead has wrapped
    private static final long NOW = TimeUnit.HOURS.toNanos(3);
    private static final int PORT = 5_000;

    private final FlowTable flows = new FlowTable(16);
    private final EarlyRules rules = new EarlyRules(flows);

    /** How much is known of a flow. */
    private enum Known {
        /** Nothing. */
        NO,
        /** Something went early, and the kernel lane has brought nothing. */
        EARLY,
        /** The kernel lane has brought a packet a minute ago. */
        RECENTLY,
        /** The kernel lane has brought a packet more than a minute ago. */
        LONG_AGO
    }

    private enum Answer {
        GO,
        /** Perhaps when its flow has moved. */
        WAIT,
        REFUSE
    }

    @ParameterizedTest(name = "{0} {1} ahead, flow known: {2}")
    @CsvSource({
        // packet, ahead of the flow's next number, known, from a proven boundary, from a likely one
        "UDP,        0, NO,       GO,     WAIT",
        "UDP,        0, EARLY,    GO,     WAIT",
        "UDP,        0, RECENTLY, GO,     GO",
        "UDP,        0, LONG_AGO, GO,     WAIT",
        "PING,       0, NO,       GO,     REFUSE",
        "PING,       0, RECENTLY, GO,     REFUSE",
        "ACK,        0, NO,       GO,     WAIT",
        "ACK,        0, EARLY,    GO,     WAIT",
        "ACK,        0, RECENTLY, GO,     GO",
        "ACK,        0, LONG_AGO, GO,     WAIT",
        "ACK,    65535, RECENTLY, GO,     GO",
        "ACK,   -65535, RECENTLY, GO,     GO",
        "ACK,    65536, RECENTLY, GO,     REFUSE",
        "ACK,   -65536, RECENTLY, GO,     REFUSE",
        "ACK, -2147483648, RECENTLY, GO,  REFUSE",
        "ACK, 2147483647, RECENTLY, GO,   REFUSE",
        "DATA,       0, NO,       WAIT,   WAIT",
        "DATA,       0, EARLY,    GO,     WAIT",
        "DATA,       0, RECENTLY, GO,     GO",
        "DATA,       0, LONG_AGO, GO,     WAIT",
        "DATA,       1, EARLY,    WAIT,   WAIT",
        "DATA,       1, RECENTLY, WAIT,   WAIT",
        "DATA,  100000, RECENTLY, WAIT,   WAIT",
        "DATA,      -1, RECENTLY, GO,     REFUSE",
        "DATA, -100000, RECENTLY, GO,     REFUSE",
        "FIN,        0, RECENTLY, GO,     GO",
        "FIN,        1, RECENTLY, WAIT,   WAIT",
        "FIN,       -1, RECENTLY, REFUSE, REFUSE",
        "FIN,        0, NO,       WAIT,   WAIT",
        "SYN,        0, NO,       GO,     REFUSE",
        "SYN,        0, RECENTLY, GO,     REFUSE",
        "SYN_ACK,    0, NO,       GO,     REFUSE",
        "RST,        0, RECENTLY, REFUSE, REFUSE",
        "RST_ACK,    0, RECENTLY, REFUSE, REFUSE",
        "FRAGMENT,   0, RECENTLY, REFUSE, REFUSE",
        "SHORT_UDP,  0, RECENTLY, REFUSE, REFUSE",
        "BAD_OFFSET, 0, RECENTLY, REFUSE, REFUSE",
        "OTHER,      0, RECENTLY, REFUSE, REFUSE",
    })
    void saysWhatMayOvertakeTheKernel(Kind kind, int ahead, Known known, Answer proven, Answer likely) {
        know(kind, known);
        InnerPacket packet = kind.packet(NEXT + ahead);
        assertThat(answer(rules.judge(packet, BoundaryGrade.PROVEN, NOW))).isEqualTo(proven);
        assertThat(answer(rules.judge(packet, BoundaryGrade.ANCHORED, NOW))).isEqualTo(likely);
        assertThat(answer(rules.judge(packet, BoundaryGrade.FOUND, NOW))).isEqualTo(likely);
    }

    private void know(Kind kind, Known known) {
        if (known == Known.NO) {
            return;
        }
        Flow flow = flows.fromTunnel(kind.packet(NEXT), NOW);
        flow.delivered(NEXT, false);
        switch (known) {
            case RECENTLY -> flow.known(NOW - TimeUnit.MINUTES.toNanos(1));
            case LONG_AGO -> flow.known(NOW - TimeUnit.MINUTES.toNanos(1) - 1);
            default -> {}
        }
    }

    private static Answer answer(long answer) {
        return answer == EarlyHandler.DELIVERED
                ? Answer.GO
                : answer == EarlyHandler.REFUSED ? Answer.REFUSE : Answer.WAIT;
    }

    @Test
    void aWaitingSegmentIsRipeWhenItsFlowHasComeToIt() {
        know(Kind.DATA, Known.RECENTLY);
        long ticket = rules.judge(Kind.DATA.packet(NEXT + 1_000), BoundaryGrade.PROVEN, NOW);
        assertThat(ticket).isNotNegative();
        assertThat(rules.isRipe(ticket, NOW)).isFalse();
        Flow flow = flows.fromTunnel(Kind.DATA.packet(NEXT), NOW);
        flow.delivered(NEXT + 999, false);
        assertThat(rules.isRipe(ticket, NOW)).isFalse();
        flow.delivered(NEXT + 1_000, false);
        assertThat(rules.isRipe(ticket, NOW)).isTrue();
    }

    @Test
    void aPacketOfAnUnknownFlowIsRipeWhenTheKernelLaneHasShownTheFlow() {
        long datagram = rules.judge(Kind.UDP.packet(0), BoundaryGrade.ANCHORED, NOW);
        long acknowledgement = rules.judge(Kind.ACK.packet(NEXT + 65_535), BoundaryGrade.ANCHORED, NOW);
        long data = rules.judge(Kind.DATA.packet(NEXT), BoundaryGrade.ANCHORED, NOW);
        know(Kind.UDP, Known.EARLY);
        know(Kind.DATA, Known.EARLY);
        assertThat(List.of(datagram, acknowledgement, data)).noneMatch(ticket -> rules.isRipe(ticket, NOW));
        know(Kind.UDP, Known.RECENTLY);
        know(Kind.DATA, Known.RECENTLY);
        assertThat(List.of(datagram, acknowledgement, data)).allMatch(ticket -> rules.isRipe(ticket, NOW));
        assertThat(rules.isRipe(datagram, NOW + 1)).as("not for ever").isFalse();
    }

    @Test
    void aSegmentOfAFlowWithoutASynIsRipeWhenSomethingOfTheFlowWent() {
        long ticket = rules.judge(Kind.DATA.packet(NEXT), BoundaryGrade.PROVEN, NOW);
        assertThat(rules.isRipe(ticket, NOW)).isFalse();
        flows.fromTunnel(Kind.DATA.packet(NEXT), NOW).delivered(NEXT, true);
        assertThat(rules.isRipe(ticket, NOW)).isTrue();
    }

    private enum Kind {
        UDP,
        PING,
        ACK,
        DATA,
        FIN,
        SYN,
        SYN_ACK,
        RST,
        RST_ACK,
        FRAGMENT,
        SHORT_UDP,
        BAD_OFFSET,
        OTHER;

        InnerPacket packet(int sequence) {
            byte[] bytes = switch (this) {
                case UDP, FRAGMENT, SHORT_UDP, OTHER -> InnerTraffic.udp(1, PORT, (byte) 1, (byte) 2);
                case PING -> InnerTraffic.ping(1, (byte) 1);
                case ACK -> InnerTraffic.tcp(1, PORT, sequence, TcpView.ACK);
                case DATA, BAD_OFFSET -> InnerTraffic.tcp(1, PORT, sequence, TcpView.ACK, (byte) 1);
                case FIN -> InnerTraffic.tcp(1, PORT, sequence, TcpView.FIN | TcpView.ACK);
                case SYN -> InnerTraffic.tcp(1, PORT, sequence, TcpView.SYN);
                case SYN_ACK -> InnerTraffic.tcp(1, PORT, sequence, TcpView.SYN | TcpView.ACK);
                case RST -> InnerTraffic.tcp(1, PORT, sequence, TcpView.RST);
                case RST_ACK -> InnerTraffic.tcp(1, PORT, sequence, TcpView.RST | TcpView.ACK);
            };
            ByteBuf packet = Unpooled.buffer().writeBytes(bytes);
            switch (this) {
                case FRAGMENT -> packet.setShort(6, 0x2000);
                case SHORT_UDP -> packet.writerIndex(Ipv4Header.BYTES + 7).setShort(2, Ipv4Header.BYTES + 7);
                case BAD_OFFSET -> packet.setByte(Ipv4Header.BYTES + TcpView.DATA_OFFSET_AT, 0xf0);
                case OTHER -> packet.setByte(9, 132);
                default -> {}
            }
            return Packets.view(packet);
        }
    }
}
