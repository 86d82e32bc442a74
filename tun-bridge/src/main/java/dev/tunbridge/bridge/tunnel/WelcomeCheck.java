package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a welcome can be set up at all. A server's mistake must neither become a strange complaint of the kernel nor
 * lead the outer connection into its own tunnel.
 */
public final class WelcomeCheck {

    /** The least that IPv4 (RFC 791) and IPv6 (RFC 8200) ask of a link; the most that an IP packet can be. */
    private static final int MIN_IPV4_MTU = 576;

    private static final int MIN_IPV6_MTU = 1280;
    private static final int MAX_MTU = 65_535;

    /** A server that claims more than the largest assigned network would take the whole machine's traffic. */
    private static final int MIN_IPV4_PREFIX = 8;

    private static final int MIN_IPV6_PREFIX = 32;

    private WelcomeCheck() {}

    /** Why it cannot be, with field, value and what is allowed; null where it can. */
    public static @Nullable String fault(
            TunnelParameters welcome,
            Collection<Carriage> offered,
            InetAddress outerServer,
            @Nullable InetAddress outerLocal) {
        InetAddress device = welcome.deviceAddress();
        int addressBits = device.getAddress().length * 8;
        int minMtu = addressBits == 32 ? MIN_IPV4_MTU : MIN_IPV6_MTU;
        Set<Carriage> ways = welcome.carriage().parts();
        if (offered.stream().noneMatch(one -> one.parts().containsAll(ways))) {
            return fault("carriage", welcome.carriage().key(), "one of those offered, " + keys(offered));
        }
        if (Carriage.partsOf(offered).equals(Set.of(Carriage.SOCKET))) {
            return null; // there is no device, and nothing of it is set up
        }
        if (welcome.mtu() < minMtu || welcome.mtu() > MAX_MTU) {
            return fault("MTU", welcome.mtu(), minMtu + " to " + MAX_MTU);
        }
        int minPrefix = addressBits == 32 ? MIN_IPV4_PREFIX : MIN_IPV6_PREFIX;
        if (welcome.prefixLength() < minPrefix) { // the most is the record's own rule
            return fault("prefix length", welcome.prefixLength(), minPrefix + " to " + addressBits);
        }
        if (isSpecial(device)) {
            return fault("device address", device.getHostAddress(), "a unicast address that is not link-local");
        }
        if (isSpecial(welcome.serverAddress()) || welcome.serverAddress().equals(device)) {
            return fault("server address", welcome.serverAddress().getHostAddress(), "another unicast address");
        }
        if (contains(device, welcome.prefixLength(), outerServer)) {
            return fault(
                    "network",
                    device.getHostAddress() + "/" + welcome.prefixLength(),
                    "one without the outer server " + outerServer.getHostAddress());
        }
        if (outerLocal != null && contains(device, welcome.prefixLength(), outerLocal)) {
            return fault(
                    "network",
                    device.getHostAddress() + "/" + welcome.prefixLength(),
                    "one without this end of the outer connection, " + outerLocal.getHostAddress());
        }
        return null;
    }

    /**
     * Why the device's address cannot be one of this host's, which virtual sockets may want of it; null where it can.
     *
     * @param outerLocal this end of the outer connection
     */
    public static @Nullable String addressFault(
            TunnelParameters welcome, InetAddress outerServer, @Nullable InetAddress outerLocal) {
        InetAddress device = welcome.deviceAddress();
        return isSpecial(device) || device.equals(outerServer) || device.equals(outerLocal)
                ? fault(
                        "device address",
                        device.getHostAddress(),
                        "a unicast address that neither end of the outer connection has")
                : null;
    }

    private static String keys(Collection<Carriage> carriages) {
        return carriages.stream().sorted().map(Carriage::key).collect(Collectors.joining(", "));
    }

    private static String fault(String field, Object value, String allowed) {
        return "the welcome's " + field + " '" + value + "' cannot be; allowed: " + allowed;
    }

    private static boolean isSpecial(InetAddress address) {
        return address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isMulticastAddress();
    }

    private static boolean contains(InetAddress network, int prefixLength, InetAddress address) {
        byte[] a = network.getAddress();
        byte[] b = address.getAddress();
        int whole = prefixLength / 8;
        int rest = prefixLength % 8;
        return a.length == b.length
                && Arrays.equals(a, 0, whole, b, 0, whole)
                && (rest == 0 || ((a[whole] ^ b[whole]) & (0xff00 >> rest) & 0xff) == 0);
    }
}
