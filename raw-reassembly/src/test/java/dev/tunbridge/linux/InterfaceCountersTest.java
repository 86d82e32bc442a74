package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InterfaceCountersTest {
    private static final String TABLE = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
              tb0:5436      80    1    2    3     4          5         6  3006272      92    7    8    9     10       11          12
              tb01: 1 2 3 4
            """;

    @Test
    void findsTheColumnsOfAnInterface() {
        assertThat(InterfaceCounters.find(TABLE, "tb0")).contains(new InterfaceCounters(5436, 80, 2, 3_006_272, 92, 8));
        assertThat(InterfaceCounters.find(TABLE, "lo")).contains(new InterfaceCounters(0, 0, 0, 0, 0, 0));
    }

    @Test
    void findsNothingOfAnotherOrACutOne() {
        assertThat(InterfaceCounters.find(TABLE, "tb")).isEmpty();
        assertThat(InterfaceCounters.find(TABLE, "tb01")).isEmpty();
    }

    @Test
    void readsThoseOfThisNamespace() throws Exception {
        Machine.assumeTun();
        try (TunInterface tun = TunInterface.open("tbt%d", TunKind.TUN)) {
            assertThat(InterfaceCounters.read(tun.name()).orElseThrow().sentDropped())
                    .isZero();
            assertThat(InterfaceCounters.read("no-such")).isEmpty();
        }
    }
}
