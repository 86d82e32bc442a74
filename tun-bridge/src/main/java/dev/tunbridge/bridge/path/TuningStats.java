package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.netlink.QueueDiscipline;
import dev.tunbridge.linux.netlink.TokenBucket;
import java.util.Map;
import java.util.Optional;

/**
 * The tuning in force.
 *
 * @param shaper of the TUN device; nothing while it is not shaped
 * @param shaperChanges times that it was put there, changed or removed
 * @param qdisc what is at the device's root, with its counters, a second old at most
 * @param deviceDropped packets that the device had no room for, since the tuning began
 * @param route metrics of the device's routes, as {@code ip} spells them
 * @param serverRoute metrics of the route to the server, as {@code ip} spells them
 * @param faults things that could not be set
 */
public record TuningStats(
        Optional<TokenBucket> shaper,
        long shaperChanges,
        Optional<QueueDiscipline> qdisc,
        long deviceDropped,
        Map<String, String> route,
        Map<String, String> serverRoute,
        long faults) {}
