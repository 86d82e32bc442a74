package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.netlink.KernelRoute;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
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

    /** As {@code ip} prints them, by name. */
    public Map<String, String> words() {
        Map<String, String> words = new TreeMap<>();
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

    /** As the kernel takes them, by number. */
    SortedMap<Integer, Integer> values() {
        SortedMap<Integer, Integer> values = new TreeMap<>();
        addTo(values);
        return values;
    }

    /** Puts them among others, in the place of those of the same name. */
    void addTo(SortedMap<Integer, Integer> values) {
        // Only a locked rto_min is obeyed (tcp_rto_min in include/net/tcp.h).
        rtoMinMillis.ifPresent(millis -> {
            values.put(KernelRoute.RTAX_RTO_MIN, millis);
            values.merge(KernelRoute.RTAX_LOCK, 1 << KernelRoute.RTAX_RTO_MIN, (a, b) -> a | b);
        });
        if (ecn == Flag.SET) {
            values.merge(KernelRoute.RTAX_FEATURES, KernelRoute.FEATURE_ECN, (a, b) -> a | b);
        }
        if (quickAck == Flag.SET) {
            values.put(KernelRoute.RTAX_QUICKACK, 1);
        }
        mtu.ifPresent(bytes -> values.put(KernelRoute.RTAX_MTU, bytes));
        advertisedMss.ifPresent(bytes -> values.put(KernelRoute.RTAX_ADVMSS, bytes));
        reordering.ifPresent(segments -> values.put(KernelRoute.RTAX_REORDERING, segments));
    }

    boolean isEmpty() {
        return words().isEmpty();
    }
}
