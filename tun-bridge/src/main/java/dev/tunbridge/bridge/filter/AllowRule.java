package dev.tunbridge.bridge.filter;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of the allow-list.
 *
 * @param protocol which transport
 * @param side whose port the range means; for {@code icmp} it means nothing
 */
public record AllowRule(Protocol protocol, Side side, int firstPort, int lastPort) {

    public static final String ALLOWED = "icmp | tcp | udp | tcp:PORT | udp:FIRST-LAST (the device's ports) | "
            + "tcp:remote:PORT (the client's ports)";

    private static final Pattern RULE = Pattern.compile("(icmp|tcp|udp)(?::(remote:)?(\\d{1,5})(?:-(\\d{1,5}))?)?");

    /** Transport protocols that the allow-list knows. */
    public enum Protocol {
        ICMP,
        TCP,
        UDP
    }

    /** The end whose port is meant. */
    public enum Side {
        DEVICE,
        REMOTE
    }

    /** Reads one rule, {@link IllegalArgumentException} for what is none. */
    public static AllowRule parse(String text) {
        Matcher rule = RULE.matcher(text);
        if (!rule.matches()) {
            throw new IllegalArgumentException(text);
        }
        Protocol protocol = Protocol.valueOf(rule.group(1).toUpperCase(java.util.Locale.ROOT));
        if (rule.group(3) == null) {
            return new AllowRule(protocol, Side.DEVICE, 0, 65535);
        }
        int first = Integer.parseInt(rule.group(3));
        int last = rule.group(4) == null ? first : Integer.parseInt(rule.group(4));
        if (protocol == Protocol.ICMP || first > last || last > 65535) {
            throw new IllegalArgumentException(text);
        }
        return new AllowRule(protocol, rule.group(2) == null ? Side.DEVICE : Side.REMOTE, first, last);
    }
}
