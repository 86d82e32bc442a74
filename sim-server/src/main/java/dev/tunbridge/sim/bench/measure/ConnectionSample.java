package dev.tunbridge.sim.bench.measure;

import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the sending kernel says of the connections to one address at one moment ({@code TCP_INFO}), added up.
 *
 * @param connections how many there are
 * @param windowSegments congestion windows
 * @param retransmissions segments sent again so far
 * @param smoothedRttMillis the largest
 * @param deliveryMegabits delivery rates in Mbit/s, the last that each connection has measured
 */
public record ConnectionSample(
        int connections, long windowSegments, long retransmissions, double smoothedRttMillis, double deliveryMegabits) {
    public static final ConnectionSample NONE = new ConnectionSample(0, 0, 0, 0, 0);

    private static final Pattern WINDOW = Pattern.compile(" cwnd:(\\d+)");

    /** Those that are not acknowledged yet, and all there were. Absent as long as there were none. */
    private static final Pattern RETRANSMISSIONS = Pattern.compile(" retrans:\\d+/(\\d+)");

    private static final Pattern RTT = Pattern.compile(" rtt:([\\d.]+)/");
    private static final Pattern DELIVERY = Pattern.compile(" delivery_rate (\\d+)bps");

    /** Of what {@code ss -tinOH} has shown, only the connections to this address. */
    public static ConnectionSample of(String shown, InetAddress remote) {
        String peer = " " + remote.getHostAddress() + ":";
        return shown.lines()
                .filter(line -> line.startsWith("ESTAB"))
                .map(ConnectionSample::withoutMapping)
                .filter(line -> line.substring(line.indexOf(':')).contains(peer))
                .map(ConnectionSample::ofLine)
                .reduce(NONE, ConnectionSample::plus);
    }

    /** A socket of both families shows IPv4 addresses as IPv6 has them. */
    private static String withoutMapping(String line) {
        return line.replace("[::ffff:", "").replace("]:", ":");
    }

    private static ConnectionSample ofLine(String line) {
        return new ConnectionSample(
                1,
                (long) number(WINDOW, line),
                (long) number(RETRANSMISSIONS, line),
                number(RTT, line),
                number(DELIVERY, line) / 1e6);
    }

    private static double number(Pattern pattern, String line) {
        Matcher found = pattern.matcher(line);
        return found.find() ? Double.parseDouble(found.group(1)) : 0;
    }

    private ConnectionSample plus(ConnectionSample other) {
        return new ConnectionSample(
                connections + other.connections,
                windowSegments + other.windowSegments,
                retransmissions + other.retransmissions,
                Math.max(smoothedRttMillis, other.smoothedRttMillis),
                deliveryMegabits + other.deliveryMegabits);
    }
}
