package dev.tunbridge.bridge.net;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What TCP is told by a route; what is empty or {@link Flag#LEFT} stays as the kernel has it.
 *
 * @param rtoMinMillis shortest retransmission timeout
 * @param ecn whether to ask for explicit congestion notification
 * @param quickAck whether to acknowledge each segment at once
 * @param mtu longest packet
 * @param advertisedMss segment size asked of the other end
 * @param reordering segments out of order that are no loss
 */
public record RouteMetrics(
        OptionalInt rtoMinMillis,
        Flag ecn,
        Flag quickAck,
        OptionalInt mtu,
        OptionalInt advertisedMss,
        OptionalInt reordering) {

    /** Nothing said. */
    public static final RouteMetrics NONE = new RouteMetrics(
            OptionalInt.empty(), Flag.LEFT, Flag.LEFT, OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** Of a metric that is on or off. */
    public enum Flag {
        SET,
        LEFT
    }

    /** The names that {@code ip} has for all of them. */
    static final Collection<String> NAMES = List.of("rto_min", "features", "quickack", "mtu", "advmss", "reordering");

    /** As {@code ip} prints them, by name. */
    public Map<String, String> words() {
        Map<String, String> words = new TreeMap<>();
        // Only a locked rto_min is obeyed, and ip locks each.
        rtoMinMillis.ifPresent(millis -> words.put("rto_min", "lock " + millis + "ms"));
        if (ecn == Flag.SET) {
            words.put("features", "ecn");
        }
        if (quickAck == Flag.SET) {
            words.put("quickack", "1");
        }
        mtu.ifPresent(bytes -> words.put("mtu", String.valueOf(bytes)));
        advertisedMss.ifPresent(bytes -> words.put("advmss", String.valueOf(bytes)));
        reordering.ifPresent(segments -> words.put("reordering", String.valueOf(segments)));
        return words;
    }

    boolean isEmpty() {
        return words().isEmpty();
    }
}
