package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same as {@code ip tcp_metrics} shows, of peers that the kernel's TCP has really spoken to. */
class TcpMetricsTest {
    private static final Pattern REORDERING = Pattern.compile("reordering (\\d+)");

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.1", "2001:2::1"})
    void tellsWhatTheKernelRemembersAndHasItForgotten(String peer) throws Exception {
        InetAddress address = InetAddress.getByName(peer);
        try (OtherHost host = OtherHost.withCable();
                TcpMetrics metrics = host.call(TcpMetrics::open)) {
            assertThat(metrics.reordering(address)).isEmpty();
            metrics.forget(address); // not there is no fault
            host.call(() -> converse(address));
            String shown = host.ip("tcp_metrics show " + peer);
            assertThat(shown).contains(peer);
            Matcher matcher = REORDERING.matcher(shown);
            assertThat(metrics.reordering(address))
                    .isEqualTo(matcher.find() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty());
            metrics.forget(address);
            assertThat(host.ip("tcp_metrics show")).doesNotContain(peer);
            metrics.forget(address);
        }
    }

    private static int converse(InetAddress peer) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, peer);
                Socket client = new Socket()) {
            client.connect(new InetSocketAddress(peer, server.getLocalPort()));
            try (Socket accepted = server.accept()) {
                for (int i = 0; i < 20; i++) {
                    client.getOutputStream().write(new byte[1000]);
                    accepted.getInputStream().readNBytes(1000);
                }
                client.shutdownOutput();
                return accepted.getInputStream().read();
            }
        }
    }

    @Test
    void saysThatThisKernelHasNoSuchFamily() throws Exception {
        try (OtherHost host = new OtherHost()) {
            assertThatThrownBy(() -> host.call(() -> TcpMetrics.open("tcp_none")))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
                    .hasMessage("netlink CTRL_CMD_GETFAMILY tcp_none: ENOENT (no such file or directory): "
                            + "this kernel has no such family");
        }
    }
}
