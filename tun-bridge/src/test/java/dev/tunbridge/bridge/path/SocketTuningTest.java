package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.linux.CongestionControl;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SocketTuningTest {

    @BeforeEach
    void needsEpoll() {
        Assumptions.assumeTrue(Epoll.isAvailable(), "needs Netty's epoll transport");
    }

    @Test
    void namesTheCongestionControlsThatThereAre() throws Exception {
        assertThat(CongestionControl.available()).contains("reno");
        SocketTuning.check(BridgeConfig.defaults());
        SocketTuning.check(BridgeConfig.defaults().with("socket.congestion-control", "reno"));
        assertThatThrownBy(() ->
                        SocketTuning.check(BridgeConfig.defaults().with("socket.congestion-control", "no-such-one")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("socket.congestion-control")
                .hasMessageContaining("'no-such-one'")
                .hasMessageContaining("reno");
    }

    @Test
    void tellsWhatIsInForce() throws Exception {
        SocketTuning asked = tune(BridgeConfig.defaults()
                .with("socket.congestion-control", "reno")
                .with("socket.rto-max", "5s"));
        assertThat(asked.congestionControl()).isEqualTo("reno");
        SocketTuning automatic = tune(BridgeConfig.defaults());
        Assumptions.assumeTrue(automatic.rtoMaxMillis().isPresent(), "needs TCP_RTO_MAX_MS (Linux 6.15)");
        assertThat(automatic.rtoMaxMillis()).contains(1000);
        assertThat(asked.rtoMaxMillis()).contains(5000);
        assertThat(tune(BridgeConfig.defaults().with("socket.rto-max", "off")).rtoMaxMillis())
                .isEmpty();
    }

    private static SocketTuning tune(BridgeConfig config) throws Exception {
        EpollSocketChannel channel = new EpollSocketChannel();
        FileDescriptor descriptor = channel.fd();
        try {
            return SocketTuning.apply(descriptor.intValue(), config);
        } finally {
            descriptor.close();
        }
    }
}
