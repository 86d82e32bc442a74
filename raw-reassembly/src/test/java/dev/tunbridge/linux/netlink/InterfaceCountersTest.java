package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.Machine;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterfaceCountersTest {
    /** What the kernel writes for people: bytes, packets, errors, drops and others received, then sent. */
    private static List<String> told(String name) throws Exception {
        String line = Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream()
                .map(String::strip)
                .filter(row -> row.startsWith(name + ":"))
                .findFirst()
                .orElseThrow();
        return List.of(line.substring(name.length() + 1).strip().split("\\s+", -1));
    }

    @Test
    void areThoseThatTheKernelTells() throws Exception {
        Machine.assumeTun();
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(new byte[100], 100, InetAddress.getLoopbackAddress(), 9));
        }
        InterfaceCounters before;
        InterfaceCounters counters;
        List<String> columns;
        do { // others use the loopback too
            before = InterfaceCounters.read("lo").orElseThrow();
            columns = told("lo");
            counters = InterfaceCounters.read("lo").orElseThrow();
        } while (!before.equals(counters));
        assertThat(counters.sentBytes()).isPositive();
        assertThat(List.of(
                        counters.receivedBytes(),
                        counters.receivedPackets(),
                        counters.receivedDropped(),
                        counters.sentBytes(),
                        counters.sentPackets(),
                        counters.sentDropped()))
                .containsExactly(
                        Long.valueOf(columns.get(0)),
                        Long.valueOf(columns.get(1)),
                        Long.valueOf(columns.get(3)),
                        Long.valueOf(columns.get(8)),
                        Long.valueOf(columns.get(9)),
                        Long.valueOf(columns.get(11)));
    }

    @Test
    void areThoseOfOneInterfaceAlone() throws Exception {
        Machine.assumeTun();
        try (TunInterface tun = TunInterface.open("tbt%d", TunKind.TUN)) {
            assertThat(InterfaceCounters.read(tun.name()).orElseThrow())
                    .isEqualTo(new InterfaceCounters(0, 0, 0, 0, 0, 0));
            assertThat(InterfaceCounters.read("no-such")).isEmpty();
        }
    }
}
