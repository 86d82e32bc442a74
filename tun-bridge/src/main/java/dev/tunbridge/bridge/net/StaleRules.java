package dev.tunbridge.bridge.net;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rules that a killed process has left. They carry a protocol number of our own; while the process lives its table has a
 * route, and the route dies with the device. So a rule of ours whose table is empty belongs to nobody. A persistent device
 * (one that an administrator made) outlives the process, and its routes do too: whoever holds the device now owns them.
 */
final class StaleRules {

    /** Not assigned in rt_protos; the T of Tunbridge. */
    static final int PROTOCOL = 84;

    private static final Logger LOG = LoggerFactory.getLogger(StaleRules.class);

    /** {@code 5000: from 198.19.0.1 lookup 1413611534 proto 84}. */
    private static final Pattern RULE =
            Pattern.compile("(?m)^(\\d+):\\s+from (\\S+).* lookup (\\d+)\\b.* proto " + PROTOCOL + "\\b.*$");

    private StaleRules() {}

    /**
     * Finds and removes them, for both families, on behalf of the process that holds the device. Answers whether the one
     * that is to stay is there.
     *
     * @param wanted as {@code from ADDRESS lookup TABLE priority N protocol 84}; empty for none
     */
    static boolean removeAllBut(String wanted, String device) throws IOException {
        boolean isThere = false;
        for (String family : new String[] {"-4", "-6"}) {
            Matcher rule = RULE.matcher(IpCommand.output(family, "-Numeric", "rule", "show"));
            while (rule.find()) {
                String found = "from " + rule.group(2) + " lookup " + rule.group(3) + " priority " + rule.group(1)
                        + " protocol " + PROTOCOL;
                if (found.equals(wanted)) {
                    isThere = true;
                    continue;
                }
                int table = Integer.parseInt(rule.group(3));
                if (!RoutingTable.isOfAnother(table, device) && RoutingTable.servesNoneBut(device, family, table)) {
                    LOG.info("removing a rule that leads to no route any more: {}", rule.group());
                    IpCommand.remove((family + " rule del " + found).split(" ", -1));
                }
            }
        }
        return isThere;
    }
}
