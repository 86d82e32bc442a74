package dev.tunbridge.bridge.supervisor;

import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.Trouble;
import dev.tunbridge.bridge.TunnelInfo;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a tunnel has been through: where it stands, since when, and its last events. From any thread. */
public final class TunnelJournal implements BridgeListener {
    private static final int MOST_EVENTS = 10;

    private final BridgeListener next;
    private final Deque<Event> events = new ArrayDeque<>();
    private BridgeState state = BridgeState.NEW;
    private String detail = "";
    private Moment since = Moment.now();
    private @Nullable Trouble trouble;
    private @Nullable TunnelInfo tunnel;

    /**
     * Something that has happened.
     *
     * @param at when, by the host's clock
     * @param kind the state's name, or {@code settings}
     * @param text in words
     */
    public record Event(String at, String kind, String text) {}

    /**
     * A moment of it.
     *
     * @param trouble what it waits for; empty unless it waits
     * @param tunnel what the server said last; empty unless the session is up
     */
    public record Entry(
            BridgeState state,
            String detail,
            Moment since,
            Optional<Trouble> trouble,
            Optional<TunnelInfo> tunnel,
            List<Event> events) {}

    /** @param next hears all of it too */
    public TunnelJournal(BridgeListener next) {
        this.next = next;
    }

    /** The same history, for a tunnel that is set up anew. */
    public TunnelJournal(TunnelJournal before, BridgeListener next) {
        this(next);
        events.addAll(before.now().events());
    }

    synchronized Entry now() {
        boolean isUp = state == BridgeState.ESTABLISHED;
        return new Entry(
                state,
                detail,
                since,
                Optional.ofNullable(state == BridgeState.WAITING ? trouble : null),
                Optional.ofNullable(isUp ? tunnel : null),
                List.copyOf(events));
    }

    synchronized void add(String kind, String text) {
        if (events.size() == MOST_EVENTS) {
            events.removeFirst();
        }
        events.addLast(new Event(Moment.now().text(), kind, text));
    }

    @Override
    public void onState(BridgeState now, String text) {
        synchronized (this) {
            if (state != now) {
                since = Moment.now();
            }
            state = now;
            detail = text;
            add(now.name().toLowerCase(java.util.Locale.ROOT), text);
        }
        next.onState(now, text);
    }

    @Override
    public void onTrouble(Trouble what, String text) {
        synchronized (this) {
            trouble = what;
        }
        next.onTrouble(what, text);
    }

    @Override
    public void onEstablished(TunnelInfo info) {
        synchronized (this) {
            tunnel = info;
        }
        next.onEstablished(info);
    }
}
