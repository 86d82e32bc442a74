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
 * @param transport {@link Message#TCP} or {@link Message#UDP}; {@link #ANY_TRANSPORT} for both
 * @param firstPort of the device, as clients name it
 * @param lastPort the same or more
 * @param addresses to try in this order; none: the device's
 * @param port 0 where it is the one that the client has asked for
 * @param path of a Unix socket; empty: there is none
 */
public record RelayTarget(
        int transport, int firstPort, int lastPort, List<InetAddress> addresses, int port, String path) {
    public static final String ALLOWED =
            "[tcp: | udp:]PORT[-LAST]=ADDRESS[:PORT], =localhost[:PORT], =device[:PORT], or PORT=/PATH of a Unix socket (as 80=127.0.0.1:8080, 5000-5099=[2001:2::5])";

    public static final int ANY_TRANSPORT = 0;

    /** The port that the client has asked for. */
    private static final int SAME_PORT = 0;

    private static final List<InetAddress> LOOPBACK =
            List.of(InetAddresses.forString("127.0.0.1"), InetAddresses.forString("::1"));

    private static final Pattern TARGET = Pattern.compile("(?:(tcp|udp):)?(\\d{1,5})(?:-(\\d{1,5}))?=(.+)");
    private static final Pattern ADDRESS =
            Pattern.compile("(?:\\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)]|([^:\\[\\]]+))(?::(\\d{1,5}))?");
    private static final int MOST_PORT = 65_535;

    /** sun_path without its NUL. */
    private static final int MOST_PATH_BYTES = 107;

    /** What no target names: the loopback port of the same number. */
    static final RelayTarget OTHERS = new RelayTarget(ANY_TRANSPORT, 1, MOST_PORT, LOOPBACK, SAME_PORT, "");

    /**
     * Where services see the device's or clients' addresses: the device's port of the same number. A service that is bound to no address answers
     * a datagram from there.
     */
    static final RelayTarget OTHERS_AT_DEVICE = new RelayTarget(ANY_TRANSPORT, 1, MOST_PORT, List.of(), SAME_PORT, "");

    public RelayTarget {
        addresses = List.copyOf(addresses);
    }

    /** Reads one, {@link IllegalArgumentException} for what is none. */
    public static RelayTarget parse(String text) {
        Matcher target = TARGET.matcher(text);
        require(target.matches());
        int transport =
                target.group(1) == null ? ANY_TRANSPORT : target.group(1).equals("tcp") ? Message.TCP : Message.UDP;
        int first = port(target.group(2));
        int last = target.group(3) == null ? first : port(target.group(3));
        require(first <= last);
        String where = target.group(4).strip();
        if (where.startsWith("/")) {
            require(transport != Message.UDP && where.getBytes(StandardCharsets.UTF_8).length <= MOST_PATH_BYTES);
            return new RelayTarget(Message.TCP, first, last, List.of(), SAME_PORT, where);
        }
        Matcher address = ADDRESS.matcher(where);
        require(address.matches());
        String host = address.group(1) == null ? address.group(2) : address.group(1);
        int port = address.group(3) == null ? SAME_PORT : port(address.group(3));
        return new RelayTarget(transport, first, last, addresses(host), port, "");
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
        require(port >= 1 && port <= MOST_PORT);
        return port;
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException();
        }
    }

    boolean isFor(int transport, int devicePort) {
        return (this.transport == ANY_TRANSPORT || this.transport == transport)
                && devicePort >= firstPort
                && devicePort <= lastPort;
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
        return (transport == ANY_TRANSPORT ? "" : transport == Message.TCP ? "tcp:" : "udp:")
                + firstPort
                + (lastPort == firstPort ? "" : "-" + lastPort)
                + "="
                + where
                + (port == SAME_PORT ? "" : ":" + port);
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
