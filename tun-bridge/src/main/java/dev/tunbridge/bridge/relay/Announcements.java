package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import org.jspecify.annotations.Nullable;

/**
 * What is to be said of numbers that have no channel any more, or never got one. Closes go before answers, so that of a number that is used
 * again the old channel's end is said before the new one's beginning. At most one close and one answer a number: a server that floods finds no
 * queue to fill.
 */
final class Announcements {
    private static final OpenStatus[] STATUSES = OpenStatus.values();

    private final NumberSet resets = new NumberSet();
    private final NumberSet ends = new NumberSet();
    private final NumberSet[] refused = new NumberSet[STATUSES.length];

    /** Numbers that we have closed, or are about to, and that were not opened since. */
    private final NumberSet closed = new NumberSet();

    Announcements() {
        for (int i = 0; i < refused.length; i++) {
            refused[i] = new NumberSet();
        }
    }

    void close(int number, CloseHow how) {
        closed.add(number);
        answer(number, how);
    }

    /** The server has closed it first. */
    void answer(int number, CloseHow how) {
        (how == CloseHow.RESET ? resets : ends).add(number);
    }

    void refuse(int number, OpenStatus status) {
        refused[status.ordinal()].add(number);
    }

    /** This end has closed the number, so that what still comes for it is late, and nothing worse. */
    boolean isClosed(int number) {
        return closed.contains(number);
    }

    boolean isCloseDue(int number) {
        return resets.contains(number) || ends.contains(number);
    }

    boolean isAnswerDue(int number) {
        for (NumberSet numbers : refused) {
            if (numbers.contains(number)) {
                return true;
            }
        }
        return false;
    }

    void opened(int number) {
        closed.remove(number);
    }

    @Nullable
    Message poll() {
        int number = resets.take();
        if (number != NumberSet.NONE) {
            return new Message.Close(number, CloseHow.RESET);
        }
        number = ends.take();
        if (number != NumberSet.NONE) {
            return new Message.Close(number, CloseHow.END_OF_STREAM);
        }
        for (OpenStatus status : STATUSES) {
            number = refused[status.ordinal()].take();
            if (number != NumberSet.NONE) {
                return new Message.Opened(number, status, 0);
            }
        }
        return null;
    }

    void clear() {
        resets.clear();
        ends.clear();
        closed.clear();
        for (NumberSet numbers : refused) {
            numbers.clear();
        }
    }
}
