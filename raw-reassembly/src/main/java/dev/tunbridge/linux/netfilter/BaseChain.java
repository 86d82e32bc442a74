package dev.tunbridge.linux.netfilter;

import java.util.Locale;

/**
 * A list of rules that the kernel asks of each packet at one place of its way; what no rule decides passes.
 *
 * @param type what its rules may do
 * @param priority order at that place, lower first
 */
public record BaseChain(String name, String type, Hook hook, int priority) {
    public static final String FILTER = "filter";

    /** Has the route looked up anew where a rule has changed the mark (in the family inet since Linux 5.2). */
    public static final String ROUTE = "route";

    /** Where connections are tracked already, and addresses not yet translated (NF_IP_PRI_MANGLE). */
    public static final int MANGLE = -150;

    /** Places of the families inet, ip and ip6 (enum nf_inet_hooks). */
    public enum Hook {
        /** Came in, before the route is looked up. */
        PREROUTING(0),
        /** Made here. */
        OUTPUT(3);

        final int number;

        Hook(int number) {
            this.number = number;
        }
    }

    @Override
    public String toString() {
        return name + " (type " + type + " hook " + hook.name().toLowerCase(Locale.ROOT) + ")";
    }
}
