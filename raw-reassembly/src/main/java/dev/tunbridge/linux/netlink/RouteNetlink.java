package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetlinkSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Asks netlink of the network namespace in which it was opened; it may be used from any thread, one at a time. The
 * kernel works in the call that sends and has its answer ready after it, so nothing here waits for a message, though it
 * may wait for the lock of the kernel's network configuration.
 *
 * <pre>
 *   struct nlmsgerr: s32 error (0) | nlmsghdr of the question (4) | attributes (20): NLMSGERR_ATTR_MSG text
 *   end of a list:   s32 error (0) | attributes (4)
 * </pre>
 */
final class RouteNetlink implements AutoCloseable {
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int NLM_F_DUMP_INTR = 0x10;
    private static final int NLM_F_ACK_TLVS = 0x200;

    private static final int ERROR_ATTRIBUTES_AT = 20;
    private static final int DONE_ATTRIBUTES_AT = 4;
    private static final int NLMSGERR_ATTR_MSG = 1;

    /** A host whose tables change faster than they can be read has no state that could be told. */
    private static final int MOST_TRIES = 10;

    /** 128 MiB: more than the largest table. */
    private static final int MOST_DISCARDED_READS = 4096;

    private final NetlinkSocket socket;
    private int sequence;
    private boolean interrupted;

    /** Reads of the last conversation that brought an entry. */
    private int pieces;

    private boolean hasEntry;

    /** Whether an answer may still lie in the socket, or a list in the kernel: a conversation ended by a fault. */
    private boolean isUnfinished;

    private RouteNetlink(NetlinkSocket socket) {
        this.socket = socket;
    }

    static RouteNetlink open() throws LinuxException {
        return open(NetlinkSocket.Family.ROUTE);
    }

    static RouteNetlink open(NetlinkSocket.Family family) throws LinuxException {
        NetlinkSocket socket = NetlinkSocket.open(family);
        socket.answerPrecisely();
        return new RouteNetlink(socket);
    }

    /** Has one thing done; {@code operation} and {@code subject} name it where the kernel refuses. */
    void execute(NetlinkRequest request, String operation, String subject) throws LinuxException {
        converse(request, operation, subject, message -> {});
    }

    /** Asks for a list; the consumer sees the body of each message, behind its header, and keeps none of it. */
    void dump(NetlinkRequest request, String operation, String subject, Consumer<ByteBuffer> consumer)
            throws LinuxException {
        converse(request, operation, subject, consumer);
    }

    /**
     * Asks for a list of values, and again where something has changed while it was read. The kernel says so of links and
     * addresses; of routes and rules it does not, and goes on where it was by counting, so that what changes before that place makes
     * it pass over entries or tell them twice. What came in several pieces is therefore read until it is the same twice;
     * where it never is, what any of the readings had counts, for what is passed over would be taken for gone. While IPv6 routes
     * change without a pause even that can miss one or two of thousands, and nothing tells.
     */
    <T> List<T> list(NetlinkRequest request, String operation, Function<ByteBuffer, Optional<T>> reader)
            throws LinuxException {
        List<T> last = List.of();
        Set<T> seen = new LinkedHashSet<>();
        for (int tries = 1; ; tries++) {
            List<T> read = new ArrayList<>();
            converse(request, operation, "", body -> reader.apply(body).ifPresent(read::add));
            List<T> found = pieces <= 1 ? read : new ArrayList<>(new LinkedHashSet<>(read));
            boolean isWhole = !interrupted && (pieces <= 1 || found.equals(last));
            if (isWhole) {
                return found;
            }
            seen.addAll(found);
            if (tries == MOST_TRIES) {
                return new ArrayList<>(seen);
            }
            last = found;
        }
    }

    private void converse(NetlinkRequest request, String operation, String subject, Consumer<ByteBuffer> consumer)
            throws LinuxException {
        if (isUnfinished) {
            discard();
        }
        interrupted = false;
        pieces = 0;
        isUnfinished = true;
        socket.send(request.toBytes(++sequence), operation, subject);
        boolean isAnswered = false;
        while (!isAnswered) {
            hasEntry = false;
            isAnswered = !socket.read(operation + ": reading the answer", subject, (header, bytes, body, end) -> {
                // What is left of an earlier conversation that ended by a fault is nobody's answer.
                if (header.sequence() != sequence) {
                    return true;
                }
                interrupted |= (header.flags() & NLM_F_DUMP_INTR) != 0;
                boolean hasWords = (header.flags() & NLM_F_ACK_TLVS) != 0;
                if (header.type() == NLMSG_ERROR) {
                    refuse(bytes, body, hasWords ? body + ERROR_ATTRIBUTES_AT : end, end, operation, subject);
                    return false;
                }
                if (header.type() == NLMSG_DONE) {
                    refuse(bytes, body, hasWords ? body + DONE_ATTRIBUTES_AT : end, end, operation, subject);
                    return false;
                }
                hasEntry = true;
                consumer.accept(bytes.slice(body, end - body).order(ByteOrder.nativeOrder()));
                return true;
            });
            pieces += hasEntry ? 1 : 0;
        }
        isUnfinished = false;
    }

    /** The kernel begins no list (EBUSY) before the last one was read to its end. */
    private void discard() throws LinuxException {
        for (int reads = 0; reads < MOST_DISCARDED_READS; reads++) {
            try {
                socket.read("netlink: discarding an answer", "", (header, bytes, body, end) -> true);
            } catch (LinuxException e) {
                if (e.errno().equals(Errno.EAGAIN)) {
                    isUnfinished = false;
                    return;
                }
                if (!e.errno().equals(Errno.EIO)) {
                    throw e;
                }
            }
        }
    }

    /** Zero is an acknowledgement, and a length the end of a list. */
    private static void refuse(ByteBuffer bytes, int body, int words, int end, String operation, String subject)
            throws LinuxException {
        if (end - body < Integer.BYTES) {
            throw new LinuxException(operation + ": answer of " + (end - body) + " bytes", subject, Errno.EIO);
        }
        int error = bytes.getInt(body);
        if (error < 0) {
            String reason = new NetlinkAttributes(bytes, words, end).text(NLMSGERR_ATTR_MSG);
            throw new LinuxException(operation, subject, new Errno(-error), reason);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
