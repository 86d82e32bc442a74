package dev.tunbridge.sim.link;

import static dev.tunbridge.sim.link.VirtualLink.impairment;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExactDropsTest {

    @Test
    void dropsTheSegmentThatCarriesTheByteAndLetsItsRetransmissionPass() {
        try (VirtualLink link = new VirtualLink(impairment("drop.bytes=1,2500"), 1)) {
            TcpFrames tcp = new TcpFrames(40_000, 7000, 12345);
            link.sendFrame(tcp.syn());
            link.sendFrame(tcp.data(0, 1000)); // dropped: byte 1
            link.sendFrame(tcp.data(1000, 1000));
            link.sendFrame(tcp.data(2000, 499)); // ends with byte 2499
            link.sendFrame(tcp.data(2499, 1)); // dropped: byte 2500
            link.sendFrame(tcp.data(2500, 1000));
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(2);
            link.sendFrame(tcp.data(0, 1000));
            link.sendFrame(tcp.data(2499, 1));
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(2);
            assertThat(link.arrivals).hasSize(6);
        }
    }

    @Test
    void countsOverTheWrapOfTheSequenceNumber() {
        try (VirtualLink link = new VirtualLink(impairment("drop.bytes=3001"), 1)) {
            TcpFrames tcp = new TcpFrames(40_000, 7000, -1500);
            link.sendFrame(tcp.syn());
            for (int i = 0; i < 5; i++) {
                link.sendFrame(tcp.data(1000L * i, 1000));
                assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(i < 3 ? 0 : 1);
            }
        }
    }

    @Test
    void countsBeyondFourGigabytes() {
        long wanted = 5L << 30;
        try (VirtualLink link = new VirtualLink(impairment("drop.bytes=" + (wanted + 1)), 1)) {
            TcpFrames tcp = new TcpFrames(40_000, 7000, 99);
            link.sendFrame(tcp.syn());
            // One segment of each half gigabyte is enough to follow the stream.
            for (long offset = 0; offset < wanted; offset += 1L << 29) {
                link.sendFrame(tcp.data(offset, 1000));
            }
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isZero();
            link.sendFrame(tcp.data(wanted, 1000));
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(1);
        }
    }

    @Test
    void meetsTheFirstConnectionOfThePortOnly() {
        try (VirtualLink link = new VirtualLink(impairment("drop.bytes=1", "drop.port=7000"), 1)) {
            TcpFrames other = new TcpFrames(40_000, 8000, 5);
            TcpFrames first = new TcpFrames(40_001, 7000, 5);
            TcpFrames second = new TcpFrames(40_002, 7000, 5);
            link.sendFrame(other.syn());
            link.sendFrame(first.syn());
            link.sendFrame(second.syn());
            link.sendFrame(other.data(0, 1000));
            link.sendFrame(second.data(0, 1000));
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isZero();
            link.sendFrame(first.data(0, 1000));
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(1);
        }
    }

    @Test
    void aChangeOfSomethingElseDropsNothingAgain() {
        try (VirtualLink link = new VirtualLink(impairment("drop.bytes=1"), 1)) {
            TcpFrames tcp = new TcpFrames(40_000, 7000, 5);
            link.sendFrame(tcp.syn());
            link.sendFrame(tcp.data(0, 1000));
            link.change(impairment("drop.bytes=1", "delay=1ms"));
            link.sendFrame(tcp.syn());
            link.sendFrame(tcp.data(0, 1000));
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(1);
        }
    }

    @Test
    void ignoresWhatIsNoWholeTcpSegment() {
        try (VirtualLink link = new VirtualLink(impairment("drop.bytes=1"), 1)) {
            TcpFrames tcp = new TcpFrames(40_000, 7000, 5);
            link.sendFrame(tcp.syn());
            for (int length = 1; length < TcpFrames.HEADERS_BYTES; length++) {
                link.sendFrame(tcp.data(0, 100).slice(0, length));
            }
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isZero();
            assertThat(link.arrivals).hasSize(TcpFrames.HEADERS_BYTES);
        }
    }
}
