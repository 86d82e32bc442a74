package dev.tunbridge.linux.netfilter;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetlinkSocket;

/**
 * Changes nftables of the network namespace in which it was opened, from any thread, one at a time. Tables that it has made as
 * {@link TableKind#OWNED} are gone when it is closed, and when its process ends, however that comes: the kernel
 * removes them with the last descriptor of the socket, which no program that this one starts gets (O_CLOEXEC).
 *
 * <p>The kernel works in the call that sends and has its answers ready after it, so nothing here waits for a message; a
 * transaction takes a millisecond or so, the end of an owned table that much again.
 */
public final class Nftables implements AutoCloseable {
    /** A transaction has a dozen messages, each with one answer. */
    private static final int MOST_READS = 256;

    private final NetlinkSocket socket;
    private int sequence;

    private Nftables(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** EPROTONOSUPPORT where the kernel has no netfilter that could be spoken to. */
    public static Nftables open() throws LinuxException {
        try {
            NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.Family.NETFILTER);
            socket.answerPrecisely();
            return new Nftables(socket);
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.EPROTONOSUPPORT)) {
                throw new LinuxException(
                        e.operation(),
                        e.subject(),
                        e.errno(),
                        "this kernel has no netfilter netlink (module nfnetlink, CONFIG_NETFILTER_NETLINK)");
            }
            throw e;
        }
    }

    /** Has all changes made; where the kernel refuses one, none is. */
    public void execute(Transaction transaction) throws LinuxException {
        int first = sequence + 1;
        sequence += transaction.messages().size() + 1;
        String subject = "inet " + transaction.table();
        socket.send(transaction.toBytes(first), "nftables: transaction of table", subject);
        Answers answers = new Answers(transaction, first);
        for (int reads = 0; reads < MOST_READS; reads++) {
            try {
                socket.read("nftables: reading the answers of table", subject, (header, bytes, body, end) -> {
                    answers.accept(header, bytes, body, end);
                    return true;
                });
            } catch (LinuxException e) {
                if (e.errno().equals(Errno.EAGAIN)) {
                    break;
                }
                throw e;
            }
        }
        answers.check();
    }

    @Override
    public void close() {
        socket.close();
    }
}
