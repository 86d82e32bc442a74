package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What both ends of a connection share. For one thread. Times are {@code System.nanoTime()} of the caller, compared by
 * difference as that may wrap.
 *
 * <pre>
 *   NEW --connected--> OPENING --welcome--> ESTABLISHED --bye, silence, violation--> CLOSED
 *                         |--reject, timeout, violation--------------------------------^
 * </pre>
 */
public abstract sealed class Session permits ClientSession, ServerSession {
    /** What {@link #nextDeadlineNanos} answers where nothing is waited for. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    private static final long NONCE_MASK = 0xFFFF_FFFFL;

    private enum State {
        NEW,
        OPENING,
        ESTABLISHED,
        CLOSED
    }

    private static final long LEAST_KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long keepAliveEveryNanos;
    private final long deadAfterNanos;
    private State state = State.NEW;
    private long openingDeadlineNanos;
    private long lastHeardNanos;
    private long nextKeepAliveNanos;
    private long nonce;
    private Message.@Nullable Welcome welcome;

    Session(FrameFormat format) {
        this.keepAliveEveryNanos = format.keepAliveEveryNanos();
        this.deadAfterNanos = format.deadAfterNanos();
    }

    /** The connection is up. Called once, first. */
    public final List<SessionAction> connected(long nowNanos) {
        if (state != State.NEW) {
            throw new IllegalStateException("a session serves one connection");
        }
        state = State.OPENING;
        lastHeardNanos = nowNanos;
        openingDeadlineNanos = nowNanos + openingTimeoutNanos();
        return opening();
    }

    /** Bytes came, of whatever kind. */
    public final void heard(long nowNanos) {
        lastHeardNanos = nowNanos;
    }

    /** A message came. Traffic that {@link #admits} is the caller's own business, and answered with nothing here. */
    public final List<SessionAction> received(Message message, long nowNanos) {
        heard(nowNanos);
        return switch (state) {
            case OPENING -> receivedOpening(message, nowNanos);
            case ESTABLISHED -> receivedEstablished(message);
            case NEW, CLOSED -> List.of();
        };
    }

    /** Time has passed; to be called at {@link #nextDeadlineNanos} or at any other time. */
    public final List<SessionAction> tick(long nowNanos) {
        if (state == State.OPENING && nowNanos - openingDeadlineNanos >= 0) {
            return closed(
                    openingTimeout(),
                    "no " + awaited() + " within " + TimeUnit.NANOSECONDS.toMillis(openingTimeoutNanos()) + " ms");
        }
        if (state != State.ESTABLISHED) {
            return List.of();
        }
        long silentNanos = nowNanos - lastHeardNanos;
        if (silentNanos >= deadAfterNanos) {
            return closed(
                    CloseReason.PEER_DEAD,
                    "nothing was heard for " + TimeUnit.NANOSECONDS.toMillis(silentNanos) + " ms");
        }
        if (nowNanos - nextKeepAliveNanos < 0) {
            return List.of();
        }
        return sendKeepAlive(nowNanos);
    }

    /**
     * Sends a keep-alive at once, where a session is established and has sent none for a second; the next is due as long
     * after it as after any.
     */
    public final List<SessionAction> keepAlive(long nowNanos) {
        long sentNanos = nextKeepAliveNanos - keepAliveEveryNanos;
        boolean isTooSoon = nowNanos - sentNanos < LEAST_KEEP_ALIVE_NANOS;
        return state != State.ESTABLISHED || isTooSoon ? List.of() : sendKeepAlive(nowNanos);
    }

    private List<SessionAction> sendKeepAlive(long nowNanos) {
        // From now, not from the last one: after a pause one keep-alive is enough.
        nextKeepAliveNanos = nowNanos + keepAliveEveryNanos;
        nonce = nonce + 1 & NONCE_MASK;
        return List.of(new SessionAction.Send(new Message.KeepAlive(nonce)));
    }

    /** Ends the session in order. */
    public final List<SessionAction> close(long nowNanos) {
        if (state == State.CLOSED) {
            return List.of();
        }
        boolean established = state == State.ESTABLISHED;
        SessionAction closed = finish(CloseReason.LOCAL, "closed by this end");
        return established ? List.of(new SessionAction.Send(new Message.Bye(0)), closed) : List.of(closed);
    }

    /** The peer sent what the protocol forbids, such as a malformed message, or traffic that is not admitted. */
    public final List<SessionAction> violated(String detail, long nowNanos) {
        return state == State.CLOSED ? List.of() : violation(detail);
    }

    /** When {@link #tick} next has something to do, or {@link #NO_DEADLINE}. */
    public final long nextDeadlineNanos() {
        return switch (state) {
            case NEW, CLOSED -> NO_DEADLINE;
            case OPENING -> openingDeadlineNanos;
            case ESTABLISHED -> {
                long deadNanos = lastHeardNanos + deadAfterNanos;
                yield nextKeepAliveNanos - deadNanos < 0 ? nextKeepAliveNanos : deadNanos;
            }
        };
    }

    public final boolean isEstablished() {
        return state == State.ESTABLISHED;
    }

    public final boolean isClosed() {
        return state == State.CLOSED;
    }

    /**
     * Whether traffic of this carriage may pass. Where it may not, a frame of it that came is a violation before the
     * welcome, and to be dropped and counted after it.
     */
    public final boolean admits(Carriage carriage) {
        Message.Welcome agreed = welcome;
        return state == State.ESTABLISHED && agreed != null && agreed.carriage() == carriage;
    }

    abstract long openingTimeoutNanos();

    abstract CloseReason openingTimeout();

    /** The message that ends the opening, for people. */
    abstract String awaited();

    /** What is said first. */
    abstract List<SessionAction> opening();

    /** The first message of the peer. */
    abstract List<SessionAction> receivedOpening(Message message, long nowNanos);

    final SessionAction establish(Message.Welcome agreed, long nowNanos) {
        welcome = agreed;
        state = State.ESTABLISHED;
        nextKeepAliveNanos = nowNanos + keepAliveEveryNanos;
        return new SessionAction.Established(agreed);
    }

    final List<SessionAction> violation(String detail) {
        return closed(CloseReason.PROTOCOL_VIOLATION, detail);
    }

    final List<SessionAction> closed(CloseReason reason, String detail) {
        return List.of(finish(reason, detail));
    }

    final SessionAction finish(CloseReason reason, String detail) {
        state = State.CLOSED;
        return new SessionAction.Closed(reason, detail);
    }

    private List<SessionAction> receivedEstablished(Message message) {
        if (message instanceof Message.KeepAlive keepAlive) {
            return List.of(new SessionAction.Send(new Message.KeepAliveAck(keepAlive.nonce())));
        }
        if (message instanceof Message.App app) {
            return List.of(new SessionAction.Deliver(app));
        }
        if (message instanceof Message.Bye bye) {
            return closed(CloseReason.BYE, "the peer ended the session, reason " + bye.reason());
        }
        if (message instanceof Message.Hello
                || message instanceof Message.Welcome
                || message instanceof Message.Reject) {
            return violation(nameOf(message) + " after the welcome");
        }
        return List.of();
    }

    static String nameOf(Message message) {
        return message.getClass().getSimpleName();
    }
}
