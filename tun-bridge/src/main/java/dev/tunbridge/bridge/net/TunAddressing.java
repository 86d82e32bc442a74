package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import java.net.InetAddress;
import java.util.List;

/**
 * What a TUN device is to be.
 *
 * @param device its name
 * @param address its own address
 * @param prefixLength of the network that is reached directly through it
 * @param mtu largest packet, in bytes
 * @param txQueueLength packets that the driver holds
 * @param routes further networks reached through it, of the address's family
 * @param sourceRule whether answers from the address go back into the tunnel whatever their destination
 * @param rulePriority of that rule
 * @param overlaps what to do where the host has another way to one of these networks
 * @param markRule whether what bears a mark of the device's own goes into the tunnel too
 */
public record TunAddressing(
        String device,
        InetAddress address,
        int prefixLength,
        int mtu,
        int txQueueLength,
        List<Prefix> routes,
        SourceRule sourceRule,
        int rulePriority,
        Overlaps overlaps,
        MarkRule markRule) {

    /** Before the main table (32766), so that the answer of a bound socket takes the tunnel whatever main says. */
    public static final int RULE_PRIORITY = 5000;

    /** Whether there is a rule for the device's own address. */
    public enum SourceRule {
        /** Everything sent from the address goes into the tunnel. */
        PRESENT,
        /** Only the routes decide. */
        ABSENT
    }

    /** Whether there is a rule for a mark, just before that for the address. */
    public enum MarkRule {
        /** What bears the mark goes into the tunnel: who writes it is another's business. */
        PRESENT,
        ABSENT
    }

    /** What to do where the host has another way to a network of the tunnel. */
    public enum Overlaps {
        /** Set nothing up. */
        REFUSE,
        /** Say it, and go on. */
        WARN
    }

    public TunAddressing {
        routes = List.copyOf(routes);
    }

    /** With the usual priority, and never beside a network of the host. */
    public TunAddressing(
            String device,
            InetAddress address,
            int prefixLength,
            int mtu,
            int txQueueLength,
            List<Prefix> routes,
            SourceRule sourceRule) {
        this(
                device,
                address,
                prefixLength,
                mtu,
                txQueueLength,
                routes,
                sourceRule,
                RULE_PRIORITY,
                Overlaps.REFUSE,
                MarkRule.ABSENT);
    }

    /** The network that the address is of. */
    Prefix network() {
        return Prefix.of(address, prefixLength);
    }
}
