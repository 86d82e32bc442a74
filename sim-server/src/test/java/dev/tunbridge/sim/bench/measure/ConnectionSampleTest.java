package dev.tunbridge.sim.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** What {@code ss} prints, as it prints it. */
class ConnectionSampleTest {
    private static final InetAddress INNER_DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress INNER_SERVER = InetAddresses.forString("198.19.0.2");
    private static final InetAddress OUTER_SERVER = InetAddresses.forString("198.18.0.2");

    private static final String SHOWN = """
            ESTAB 0 0 198.18.0.1:40112 198.18.0.2:7000 bbr wscale:7,7 rto:252 rtt:50.5/0.25 mss:1448 cwnd:120 ssthresh:90 bytes_sent:900 bytes_retrans:2896 bytes_acked:800 delivery_rate 18000000bps delivered:600 retrans:0/2 minrtt:50.1
            ESTAB 0 262144 [::ffff:198.19.0.1]:41000 [::ffff:198.19.0.2]:33000 cubic wscale:7,7 rto:300 rtt:80/10 mss:1348 cwnd:44 bytes_sent:100 delivery_rate 9000000bps retrans:1/7
            ESTAB 0 262144 [::ffff:198.19.0.1]:41000 [::ffff:198.19.0.2]:33001 cubic wscale:7,7 rto:300 rtt:90.5/10 mss:1348 cwnd:6 bytes_sent:100
            FIN-WAIT-1 0 1 [::ffff:198.19.0.1]:41000 [::ffff:198.19.0.2]:33002 cubic rtt:90/10 cwnd:1000 retrans:1/700
            """;

    @Test
    void connectionsToOneAddressAreAddedUp() {
        assertThat(ConnectionSample.of(SHOWN, INNER_SERVER)).isEqualTo(new ConnectionSample(2, 50, 7, 90.5, 9));
        assertThat(ConnectionSample.of(SHOWN, OUTER_SERVER)).isEqualTo(new ConnectionSample(1, 120, 2, 50.5, 18));
    }

    @Test
    void ourOwnAddressIsNotTheOtherEnds() {
        assertThat(ConnectionSample.of(SHOWN, INNER_DEVICE)).isEqualTo(ConnectionSample.NONE);
        assertThat(ConnectionSample.of("", INNER_SERVER)).isEqualTo(ConnectionSample.NONE);
    }
}
