package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Message;
import java.util.List;

/**
 * One end of one connection, from the login to the farewell: hears what the other end says and answers with what is to be done. A
 * description's {@code session:} is played by {@link Session}; what no description can say is a plugin's
 * ({@link dev.tunbridge.protocol.plugin.SessionDriverFactory}).
 *
 * <p>No sockets, no threads, no clock: one thread calls, and times are {@code System.nanoTime()} of the caller, compared by difference
 * as that may wrap. {@link SessionAction.Established} is answered once, and {@link SessionAction.Closed} once, as the last. What a driver
 * throws ends its connection, and is told as a fault of the bridge.
 */
public interface SessionDriver {
    /** What {@link #nextDeadlineNanos} answers where nothing is waited for. */
    long NO_DEADLINE = Long.MAX_VALUE;

    /** The connection is up. Called once, first. */
    List<SessionAction> connected(long nowNanos);

    /** Bytes came, of whatever kind. */
    void heard(long nowNanos);

    /** A message came, which is no traffic. */
    List<SessionAction> received(Message message, long nowNanos);

    /** Time has passed; to be called at {@link #nextDeadlineNanos} or at any other time. */
    List<SessionAction> tick(long nowNanos);

    /** Asks for a sign of life at once, where there is one, and it has not just been asked for. */
    default List<SessionAction> keepAlive(long nowNanos) {
        return List.of();
    }

    /** Ends the session in order. The last action is {@link SessionAction.Closed}, unless it was closed before. */
    List<SessionAction> close(long nowNanos);

    /** The peer sent what the protocol forbids, such as a malformed message, or traffic that is not admitted. */
    List<SessionAction> violated(String detail, long nowNanos);

    /** When {@link #tick} next has something to do, or {@link #NO_DEADLINE}. A tick must move a deadline that has passed. */
    long nextDeadlineNanos();

    /** Whether {@link SessionAction.Established} was answered, and {@link SessionAction.Closed} was not. */
    boolean isEstablished();

    boolean isClosed();

    /** What the login waits for, for people; empty where it waits for nothing. */
    default String awaited() {
        return "";
    }

    /**
     * Whether this message asks for an answer, and so may be left unanswered by who cannot send. All that is answered whenever it comes
     * must count as one: else who asks and never reads fills the memory.
     */
    default boolean isQuestion(Message message) {
        return false;
    }
}
