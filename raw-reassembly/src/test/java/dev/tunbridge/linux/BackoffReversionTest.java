package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.google.common.net.InetAddresses;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the report does to a connection is shown in the lab, where links go dark. */
class BackoffReversionTest {
    private static final InetSocketAddress V4_PEER =
            new InetSocketAddress(InetAddresses.forString("198.18.77.2"), 7000);
    private static final InetSocketAddress V6_PEER =
            new InetSocketAddress(InetAddresses.forString("2001:2::77:2"), 7000);

    @ParameterizedTest
    @ValueSource(strings = {"198.18.77.1", "2001:2::77:1"})
    void anAddressThatHasGoneGetsNoReportSoNoneLeavesThisHost(String gone) {
        Machine.assumeRawSockets();
        InetSocketAddress local = new InetSocketAddress(InetAddresses.forString(gone), 40_000);
        assertThatThrownBy(() -> BackoffReversion.report(local, gone.contains(":") ? V6_PEER : V4_PEER, 1))
                .asInstanceOf(type(LinuxException.class))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(new Errno(99)))
                .satisfies(e -> assertThat(e.operation()).contains("bind"));
    }

    @Test
    void aReportForNoConnectionIsNoFault() throws Exception {
        Machine.assumeRawSockets();
        InetSocketAddress local = new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 1);
        BackoffReversion.report(local, local, -1);
    }
}
