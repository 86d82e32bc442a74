package dev.tunbridge.bridge.answers;

import static dev.tunbridge.linux.netfilter.ConnectionKey.DIRECTION;
import static dev.tunbridge.linux.netfilter.Expression.bits;
import static dev.tunbridge.linux.netfilter.Expression.ct;
import static dev.tunbridge.linux.netfilter.Expression.equal;
import static dev.tunbridge.linux.netfilter.Expression.meta;
import static dev.tunbridge.linux.netfilter.Expression.setCt;
import static dev.tunbridge.linux.netfilter.Expression.setMeta;
import static dev.tunbridge.linux.netfilter.Expression.unequal;
import static dev.tunbridge.linux.netfilter.MetaKey.IIFNAME;
import static dev.tunbridge.linux.netfilter.Operand.ORIGINAL;
import static dev.tunbridge.linux.netfilter.Operand.REPLY;
import static dev.tunbridge.linux.netfilter.Operand.interfaceName;
import static dev.tunbridge.linux.netfilter.Operand.word;

import dev.tunbridge.bridge.net.Identity;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netfilter.BaseChain;
import dev.tunbridge.linux.netfilter.ConnectionKey;
import dev.tunbridge.linux.netfilter.MetaKey;
import dev.tunbridge.linux.netfilter.Nftables;
import dev.tunbridge.linux.netfilter.TableKind;
import dev.tunbridge.linux.netfilter.Transaction;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers that find back by the connection they belong to: what comes in by the device gets a connection mark, what answers
 * it the same mark, and a rule ({@link TunAddressing.MarkRule}) leads that into the device. Everything is in a table of our own,
 * which the kernel removes with this process, however that ends, and keeps from everybody else. A kernel before 5.12 knows no such table, and there a
 * killed process leaves its own, until the next tunnel with this device and marks; a table is known by its name.
 *
 * <p>Of ports published by address translation that is all of them. The answer of a UDP socket bound to no address is none:
 * the kernel chooses its source by the route before any hook, so it has the uplink's address and belongs to no known connection (seen on
 * Linux 6.18); that takes a pool. Blocks for some milliseconds. One thread at a time; the network namespace is that of the thread that
 * applies first.
 *
 * <pre>
 *   table inet tunbridge_DEVICE {
 *       chain arrivals {
 *           type filter hook prerouting priority mangle; policy accept;
 *           iifname DEVICE ct direction original ct mark set ct mark and 0x0000ffff or MARK
 *           iifname != DEVICE ct direction reply ct mark and 0xffff0000 == MARK meta mark set meta mark and 0x0000ffff or MARK
 *       }
 *       chain answers {
 *           type route hook output priority mangle; policy accept;
 *           ct direction reply ct mark and 0xffff0000 == MARK meta mark set meta mark and 0x0000ffff or MARK
 *       }
 *   }
 * </pre>
 */
public final class AnswerMarks implements AutoCloseable {
    /** Other bits of a mark stay. */
    private static final int OTHERS = ~Identity.MARK_MASK;

    private static final BaseChain ARRIVALS =
            new BaseChain("arrivals", BaseChain.FILTER, BaseChain.Hook.PREROUTING, BaseChain.MANGLE);
    private static final BaseChain ANSWERS =
            new BaseChain("answers", BaseChain.ROUTE, BaseChain.Hook.OUTPUT, BaseChain.MANGLE);

    /** What a kernel says to a kind of table that it does not know: both, by its age. */
    private static final Set<Errno> UNKNOWN_KIND = Set.of(Errno.EINVAL, Errno.EOPNOTSUPP);

    private final String device;
    private final String table;

    /** In the order of preference. */
    private final List<TableKind> kinds;

    /** Open while there is a table. */
    private @Nullable Nftables nftables;

    private AnswerMarks(String device, List<TableKind> kinds) {
        this.device = device;
        this.kinds = kinds;
        table = "tunbridge_" + device;
    }

    /** Nothing is set up yet. */
    public static AnswerMarks of(String device) {
        return of(device, List.of(TableKind.OWNED, TableKind.LASTING));
    }

    static AnswerMarks of(String device, List<TableKind> kinds) {
        return new AnswerMarks(device, kinds);
    }

    /**
     * Makes the table, in the place of what is there under its name; on failure that stays.
     *
     * @param mark of the device's own, under {@link Identity#MARK_MASK}
     */
    public void apply(int mark) throws IOException {
        Nftables before = nftables;
        Nftables opened = before;
        try {
            if (opened == null) {
                opened = Nftables.open();
            }
            apply(opened, mark);
            nftables = opened;
        } catch (IOException | RuntimeException e) {
            throw new IOException("answers: mark cannot be set up: " + e.getMessage(), e);
        } finally {
            if (opened != null && nftables != opened) {
                opened.close();
            }
        }
    }

    private void apply(Nftables opened, int mark) throws LinuxException {
        LinuxException refusal = null;
        for (TableKind kind : kinds) {
            try {
                opened.execute(rules(kind, mark));
                return;
            } catch (LinuxException e) {
                if (refusal != null) {
                    e.addSuppressed(refusal);
                }
                refusal = e;
                if (!UNKNOWN_KIND.contains(e.errno())) {
                    break;
                }
            }
        }
        if (refusal != null) {
            throw refusal;
        }
    }

    private Transaction rules(TableKind kind, int mark) {
        return Transaction.of(table)
                .removeTableIfPresent()
                .addTable(kind)
                .addChain(ARRIVALS)
                .addRule(
                        ARRIVALS.name(),
                        List.of(meta(IIFNAME), equal(interfaceName(device))),
                        List.of(ct(DIRECTION), equal(ORIGINAL)),
                        List.of(ct(ConnectionKey.MARK), bits(OTHERS, mark), setCt(ConnectionKey.MARK)))
                .addRule(
                        ARRIVALS.name(),
                        List.of(meta(IIFNAME), unequal(interfaceName(device))),
                        List.of(ct(DIRECTION), equal(REPLY)),
                        List.of(ct(ConnectionKey.MARK), bits(Identity.MARK_MASK, 0), equal(word(mark))),
                        List.of(meta(MetaKey.MARK), bits(OTHERS, mark), setMeta(MetaKey.MARK)))
                .addChain(ANSWERS)
                .addRule(
                        ANSWERS.name(),
                        List.of(ct(DIRECTION), equal(REPLY)),
                        List.of(ct(ConnectionKey.MARK), bits(Identity.MARK_MASK, 0), equal(word(mark))),
                        List.of(meta(MetaKey.MARK), bits(OTHERS, mark), setMeta(MetaKey.MARK)));
    }

    /** Takes the table back. Does no harm twice. */
    @Override
    public void close() throws IOException {
        Nftables opened = nftables;
        nftables = null;
        if (opened != null) {
            try (opened) {
                remove(opened);
            }
        }
    }

    private void remove(Nftables opened) throws LinuxException {
        try {
            opened.execute(Transaction.of(table).removeTable());
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ENOENT)) { // somebody has flushed the rule set
                throw e;
            }
        }
    }
}
