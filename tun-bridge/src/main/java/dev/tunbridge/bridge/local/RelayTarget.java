package dev.tunbridge.bridge.local;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.message.Message;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the service of some device ports really is.
 *
 * @param ports of the device
 * @param addresses to try in this order; none: the device's
 * @param port 0 where it is the one that the client has asked for
 * @param path of a Unix socket; empty: there is none
 */
public record RelayTarget(ServicePorts ports, List<InetAddress> addresses, int port, String path) {
    public static final String ALLOWED =
            "[tcp: | udp:]PORT[-LAST]=ADDRESS[:PORT], =localhost[:PORT], =device[:PORT], or PORT=/PATH of a Unix socket (as 80=127.0.0.1:8080, 5000-5099=[2001:2::5])";

    /** The port that the client has asked for. */
    private static final int SAME_PORT = 0;

    private static final List<InetAddress> LOOPBACK =
            List.of(InetAddresses.forString("127.0.0.1"), InetAddresses.forString("::1"));

    private static final Pattern TARGET = Pattern.compile("([^=]+)=(.+)");
    private static final Pattern ADDRESS =
            Pattern.compile("(?:\\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)]|([^:\\[\\]]+))(?::(\\d{1,5}))?");

    /** sun_path without its NUL. */
    private static final int MOST_PATH_BYTES = 107;

    /** What no target names: the loopback port of the same number. */
    static final RelayTarget OTHERS = new RelayTarget(ServicePorts.ALL, LOOPBACK, SAME_PORT, "");

    /**
     * Where services see the device's or clients' addresses: the device's port of the same number. A service that is bound to no address answers
     * a datagram from there.
     */
    static final RelayTarget OTHERS_AT_DEVICE = new RelayTarget(ServicePorts.ALL, List.of(), SAME_PORT, "");

    public RelayTarget {
        addresses = List.copyOf(addresses);
    }

    /** Reads one, {@link IllegalArgumentException} for what is none. */
    public static RelayTarget parse(String text) {
        Matcher target = TARGET.matcher(text);
        require(target.matches());
        ServicePorts ports = ServicePorts.parse(target.group(1));
        String where = target.group(2).strip();
        if (where.startsWith("/")) {
            require(ports.transport() != Message.UDP
                    && where.getBytes(StandardCharsets.UTF_8).length <= MOST_PATH_BYTES);
            return new RelayTarget(ports.of(Message.TCP), List.of(), SAME_PORT, where);
        }
        Matcher address = ADDRESS.matcher(where);
        require(address.matches());
        String host = address.group(1) == null ? address.group(2) : address.group(1);
        int port = address.group(3) == null ? SAME_PORT : port(address.group(3));
        return new RelayTarget(ports, addresses(host), port, "");
    }

    /** A name of DNS would have to be asked for. */
    private static List<InetAddress> addresses(String host) {
        return switch (host) {
            case "localhost" -> LOOPBACK;
            case "device" -> List.of();
            default -> List.of(InetAddresses.forString(host));
        };
    }

    private static int port(String text) {
        int port = Integer.parseInt(text);
        require(port >= 1 && port <= ServicePorts.MOST_PORT);
        return port;
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException();
        }
    }

    /** Whether it is at the device's address, whichever the session gives it. */
    public boolean isAtDevice() {
        return path.isEmpty() && addresses.isEmpty();
    }

    /** Whether it can only be a service of this host, by the loopback or the device's address. */
    public boolean isOfThisHost() {
        return addresses.stream().allMatch(InetAddress::isLoopbackAddress);
    }

    /** As somebody would have written it. */
    @Override
    public String toString() {
        String where = !path.isEmpty()
                ? path
                : addresses.isEmpty()
                        ? "device"
                        : addresses.equals(LOOPBACK) ? "localhost" : InetAddresses.toUriString(addresses.get(0));
        return ports + "=" + where + (port == SAME_PORT ? "" : ":" + port);
    }

    /**
     * In the order in which to try them: those of one family first.
     *
     * @param device its address
     * @param first the other end's family, or the client's
     */
    List<SocketAddress> socketAddresses(int devicePort, InetAddress device, InetAddress first) {
        if (!path.isEmpty()) {
            return List.of(new DomainSocketAddress(path));
        }
        int asked = port == SAME_PORT ? devicePort : port;
        return (addresses.isEmpty() ? List.of(device) : addresses)
                .stream()
                        .sorted((a, b) -> Boolean.compare(isOfFamily(b, first), isOfFamily(a, first)))
                        .map(address -> (SocketAddress) new InetSocketAddress(address, asked))
                        .toList();
    }

    private static boolean isOfFamily(InetAddress address, InetAddress client) {
        return address.getAddress().length == client.getAddress().length;
    }
}
