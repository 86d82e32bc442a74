package dev.tunbridge.linux.netfilter;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetlinkSocket;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Objects;

/**
 * What the kernel says of a transaction: of each change that it is well or what is wrong with it, under the change's number; of
 * the whole, under that of its beginning. After a fault it goes on, to tell more of them; the first is the cause.
 *
 * <pre>
 *   NLMSG_ERROR (2): s32 error (0), 0 for none | nlmsghdr of the change (4)
 * </pre>
 */
final class Answers {
    private static final int NLMSG_ERROR = 2;

    private final Transaction transaction;
    private final int firstSequence;

    /** By index of the message. */
    private final BitSet answered = new BitSet();

    private int faulty = Integer.MAX_VALUE;
    private int error;

    Answers(Transaction transaction, int firstSequence) {
        this.transaction = transaction;
        this.firstSequence = firstSequence;
    }

    /** Takes one message; what answers something else, or is too short, counts for nothing. */
    void accept(NetlinkSocket.Header header, ByteBuffer bytes, int body, int end) {
        int index = header.sequence() - firstSequence;
        boolean isOurs = index >= 0 && index < transaction.messages().size();
        if (header.type() != NLMSG_ERROR || !isOurs || end - body < Integer.BYTES) {
            return;
        }
        answered.set(index);
        int answer = bytes.getInt(body);
        if (answer < 0 && index < faulty) {
            faulty = index;
            error = -answer;
        }
    }

    /** Returns where every change was confirmed; EIO where the kernel has not said of each how it went. */
    void check() throws LinuxException {
        if (error != 0) {
            Errno errno = new Errno(error);
            throw fault(
                    faulty,
                    errno,
                    Objects.requireNonNullElse(message(faulty).reasons().get(errno), ""));
        }
        int missing = answered.nextClearBit(1);
        if (missing < transaction.messages().size()) {
            throw fault(missing, Errno.EIO, "no answer to it");
        }
    }

    private Transaction.Message message(int index) {
        return transaction.messages().get(index);
    }

    private LinuxException fault(int index, Errno errno, String words) {
        int changes = transaction.messages().size() - 1;
        String place = index == 0 ? " of " + changes + " changes" : " (change " + index + " of " + changes + ")";
        return new LinuxException(
                "nftables: " + message(index).what() + place + ", table", "inet " + transaction.table(), errno, words);
    }
}
