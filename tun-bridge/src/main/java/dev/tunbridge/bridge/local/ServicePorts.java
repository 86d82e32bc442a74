package dev.tunbridge.bridge.local;

import dev.tunbridge.protocol.message.Message;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ports of the device, as clients name them.
 *
 * @param transport {@link Message#TCP} or {@link Message#UDP}; {@link #ANY_TRANSPORT} for both
 * @param first 1 to 65535
 * @param last the same or more
 */
public record ServicePorts(int transport, int first, int last) {
    public static final String ALLOWED = "[tcp: | udp:]PORT[-LAST] (as tcp:80, 5000-5099)";

    public static final int ANY_TRANSPORT = 0;

    static final int MOST_PORT = 65_535;
    static final ServicePorts ALL = new ServicePorts(ANY_TRANSPORT, 1, MOST_PORT);

    private static final Pattern PORTS = Pattern.compile("(?:(tcp|udp):)?(\\d{1,5})(?:-(\\d{1,5}))?");

    public ServicePorts {
        if (first < 1 || last > MOST_PORT || first > last) {
            throw new IllegalArgumentException("ports " + first + "-" + last + " cannot be; allowed 1 to " + MOST_PORT
                    + ", the last not below the first");
        }
    }

    /** Reads them, {@link IllegalArgumentException} for what are none. */
    public static ServicePorts parse(String text) {
        Matcher ports = PORTS.matcher(text);
        if (!ports.matches()) {
            throw new IllegalArgumentException("ports '" + text + "' cannot be; allowed: " + ALLOWED);
        }
        int first = Integer.parseInt(ports.group(2));
        return new ServicePorts(
                ports.group(1) == null ? ANY_TRANSPORT : ports.group(1).equals("tcp") ? Message.TCP : Message.UDP,
                first,
                ports.group(3) == null ? first : Integer.parseInt(ports.group(3)));
    }

    boolean include(int transport, int port) {
        return (this.transport == ANY_TRANSPORT || this.transport == transport) && port >= first && port <= last;
    }

    ServicePorts of(int otherTransport) {
        return new ServicePorts(otherTransport, first, last);
    }

    @Override
    public String toString() {
        return (transport == ANY_TRANSPORT ? "" : transport == Message.TCP ? "tcp:" : "udp:")
                + first
                + (last == first ? "" : "-" + last);
    }
}
