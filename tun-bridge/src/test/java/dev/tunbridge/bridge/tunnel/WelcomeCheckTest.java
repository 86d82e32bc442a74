package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WelcomeCheckTest {

    @ParameterizedTest
    @CsvSource({
        "SEGMENT, 1400,  30,  198.19.0.1,  198.19.0.2,  ",
        "SEGMENT, 1280,  126, 2001:2::1,   2001:2::2,   ",
        "SEGMENT, 1400,  32,  198.19.0.1,  198.19.0.2,  ",
        "PACKET,  1400,  30,  198.19.0.1,  198.19.0.2,  carriage",
        "SEGMENT, 0,     30,  198.19.0.1,  198.19.0.2,  MTU '0'",
        "SEGMENT, 575,   30,  198.19.0.1,  198.19.0.2,  576 to 65535",
        "SEGMENT, 1279,  126, 2001:2::1,   2001:2::2,   1280 to 65535",
        "SEGMENT, 1400,  0,   198.19.0.1,  198.19.0.2,  prefix length '0'",
        "SEGMENT, 1400,  30,  127.0.0.1,   198.19.0.2,  device address",
        "SEGMENT, 1400,  30,  0.0.0.0,     198.19.0.2,  device address",
        "SEGMENT, 1400,  30,  224.0.0.1,   198.19.0.2,  device address",
        "SEGMENT, 1400,  64,  fe80::1,     2001:2::2,   device address",
        "SEGMENT, 1400,  30,  198.19.0.1,  198.19.0.1,  server address",
        "SEGMENT, 1400,  15,  198.19.0.1,  198.19.0.2,  without the outer server 198.18.0.2",
        "SEGMENT, 1400,  7,   198.19.0.1,  198.19.0.2,  8 to 32",
        "SEGMENT, 1400,  24,  198.18.64.9, 198.18.64.8, 198.18.64.1",
        "SEGMENT, 1400,  24,  198.18.0.1,  198.18.0.9,  without the outer server 198.18.0.2"
    })
    void namesFieldValueAndWhatIsAllowed(
            Carriage carriage, int mtu, int prefixLength, String device, String server, String expected) {
        TunnelParameters welcome = new TunnelParameters(
                carriage, 1, mtu, prefixLength, InetAddresses.forString(device), InetAddresses.forString(server));
        String fault = WelcomeCheck.fault(
                welcome,
                Set.of(Carriage.SEGMENT),
                InetAddresses.forString("198.18.0.2"),
                InetAddresses.forString("198.18.64.1"));
        if (expected == null) {
            assertThat(fault).isNull();
        } else {
            assertThat(fault).contains(expected);
        }
    }

    /** What a device is given is looked at, whichever of the carriages that were offered the server takes. */
    @ParameterizedTest
    @CsvSource({"SOCKET, ", "SOCKET SEGMENT, prefix length '1'", "SEGMENT_AND_SOCKET, prefix length '1'"})
    void aWelcomeOfVirtualSocketsIsFreeOnlyWhereThereIsNoDevice(String offered, String expected) {
        String fault = WelcomeCheck.fault(
                new TunnelParameters(
                        Carriage.SOCKET,
                        1,
                        1400,
                        1,
                        InetAddresses.forString("198.19.0.1"),
                        InetAddresses.forString("198.19.0.2")),
                Stream.of(offered.split(" ")).map(Carriage::valueOf).toList(),
                InetAddresses.forString("198.18.0.2"),
                null);
        if (expected == null) {
            assertThat(fault).isNull();
        } else {
            assertThat(fault).contains(expected);
        }
    }
}
