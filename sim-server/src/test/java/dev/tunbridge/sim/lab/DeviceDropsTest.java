package dev.tunbridge.sim.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The kernel's counters of a queueing discipline, as it prints them. */
class DeviceDropsTest {
    @Test
    void theQueueingDisciplinesDropsAreThoseOfItsRoot() {
        assertThat(DeviceDrops.qdiscDrops("""
                        qdisc tbf 8001: root refcnt 2 rate 80Mbit burst 2Kb lat 38.7ms
                         Sent 1510 bytes 5 pkt (dropped 13, overlimits 7 requeues 0)
                         backlog 0b 0p requeues 0
                        qdisc bfifo 0: parent 8001:1 limit 400000b
                         Sent 1510 bytes 5 pkt (dropped 11, overlimits 0 requeues 0)
                        """)).isEqualTo(13);
        assertThat(DeviceDrops.qdiscDrops("""
                        qdisc noqueue 0: root refcnt 2
                         Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
                        """)).isZero();
        assertThat(DeviceDrops.qdiscDrops("")).isZero();
    }

    @Test
    void aDeviceThatTheKernelDoesNotKnowIsAFaultAndNotZero() {
        assertThatThrownBy(() -> DeviceDrops.ofDevice("no-such"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no-such");
    }

    @Test
    void aReadingSinceAnEarlierOneIsTheDifference() {
        DeviceDrops since = new DeviceDrops(10, 5).since(new DeviceDrops(4, 5));
        assertThat(since).isEqualTo(new DeviceDrops(6, 0));
        assertThat(since.all()).isEqualTo(6);
    }
}
