package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.net.Identity;
import dev.tunbridge.bridge.net.TunAddressing;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers that find back by the connection they belong to: what comes in by the device gets a connection mark, what answers
 * it the same mark, and a rule ({@link TunAddressing.MarkRule}) leads that into the device. Everything is in a table of our own, which replaces what a killed
 * process has left under its name; nobody else's is touched.
 *
 * <p>Of ports published by address translation that is all of them. The answer of a UDP socket bound to no address is none:
 * the kernel chooses its source by the route before any hook, so it has the uplink's address and belongs to no known connection (seen on
 * Linux 6.18); that takes a pool. Blocks for some milliseconds, in the calling thread's network namespace.
 */
public final class AnswerMarks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerMarks.class);

    /** Only our bits of a mark change; others (Docker's, mwan3's, Kubernetes') are below. */
    private static final String RULES = """
            add table inet $TABLE
            delete table inet $TABLE
            table inet $TABLE {
                chain arrivals {
                    type filter hook prerouting priority mangle; policy accept;
                    iifname "$DEVICE" ct direction original ct mark set ct mark and $OTHERS or $MARK
                    iifname != "$DEVICE" ct direction reply ct mark and $MASK == $MARK meta mark set meta mark and $OTHERS or $MARK
                }
                chain answers {
                    type route hook output priority mangle; policy accept;
                    ct direction reply ct mark and $MASK == $MARK meta mark set meta mark and $OTHERS or $MARK
                }
            }
            """;

    private final String table;
    private boolean closed;

    private AnswerMarks(String table) {
        this.table = table;
    }

    /**
     * Makes the table; on failure nothing stays.
     *
     * @param mark of the device's own, under {@link Identity#MARK_MASK}
     */
    public static AnswerMarks setUp(String device, int mark) throws IOException {
        AnswerMarks made = new AnswerMarks("tunbridge_" + device);
        String rules = RULES.replace("$TABLE", made.table)
                .replace("$DEVICE", device)
                .replace("$MARK", word(mark))
                .replace("$MASK", word(Identity.MARK_MASK))
                .replace("$OTHERS", word(~Identity.MARK_MASK));
        try {
            HostProgram.NFT.run(rules, List.of("-f", "-"));
            return made;
        } catch (IOException e) {
            throw new IOException("answers: mark cannot be set up: " + e.getMessage(), e);
        }
    }

    private static String word(int value) {
        return String.format("0x%08x", value);
    }

    /** Takes the table back. Does nothing the second time. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        HostProgram.Outcome outcome = HostProgram.NFT.outcome("", List.of("delete", "table", "inet", table));
        if (outcome.exitCode() != 0) {
            LOG.debug("nft: {}", outcome.errors().strip()); // somebody has flushed the rule set
        }
    }
}
