package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.NameResolver;
import dev.tunbridge.bridge.Trouble;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reaches the server: resolves its name, puts the addresses in the order that earlier connections suggest, prepares the way to each, and
 * dials. One try at a time; what an earlier one still resolves comes too late. Loop thread only.
 */
final class Connector {
    private final EventLoop loop;
    private final String host;
    private final NameResolver resolver;
    private final ServerPath path;
    private final Events events;

    /** A name server may be silent for long, and nothing else must wait behind it. */
    private final Blocking resolving;

    /** Of the present or latest try. */
    private long tries;

    /** Attempts to connect that are under way; null where there are none. */
    private @Nullable Dialling dialling;

    /** What the tunnel does for a try, and hears of it. */
    interface Events {
        /** Opens a connection that tells its outcome. */
        Conversation open(InetAddress server, Conversation.Outcome outcome);

        void onConnected(Conversation conversation, OuterConnection connection);

        /** None of the addresses could be connected to, or there is none. */
        void onUnreachable(Trouble trouble, String reason);
    }

    /** @param onBroken hears, on the loop, of a fault of the bridge itself */
    Connector(
            EventLoop loop,
            String host,
            NameResolver resolver,
            ServerPath path,
            String device,
            Consumer<Throwable> onBroken,
            Events events) {
        this.loop = loop;
        this.host = host;
        this.resolver = resolver;
        this.path = path;
        this.events = events;
        resolving = new Blocking(loop, "tunbridge-resolve-" + device, onBroken);
    }

    /** Begins a try. */
    void connect() {
        long number = ++tries;
        resolving.run(
                () -> resolver.resolve(host),
                addresses -> {
                    if (number == tries) {
                        dial(path.order(addresses));
                    }
                },
                fault -> {
                    if (number == tries) {
                        events.onUnreachable(
                                Trouble.NAME,
                                "cannot resolve " + host
                                        + (fault instanceof UnknownHostException ? "" : ": " + FaultReason.of(fault)));
                    }
                });
    }

    private void dial(List<InetAddress> addresses) {
        if (addresses.isEmpty()) {
            events.onUnreachable(Trouble.NAME, "cannot resolve " + host);
            return;
        }
        path.trying(addresses);
        Dialling next = new Dialling(loop, addresses, new FromDialling());
        dialling = next;
        next.run();
    }

    /** Gives up what is under way; nothing is heard of it any more. */
    void giveUp() {
        tries++;
        Dialling under = dialling;
        dialling = null;
        if (under != null) {
            under.giveUp();
        }
    }

    /** Nothing begins any more. */
    void close() {
        giveUp();
        resolving.close();
    }

    private final class FromDialling implements Dialling.Dialler {
        @Override
        public void prepare(Dialling attempts, InetAddress address) {
            path.prepare(address, attempts::dial);
        }

        @Override
        public Conversation open(InetAddress address, Conversation.Outcome outcome) {
            return events.open(address, outcome);
        }

        @Override
        public void onConnected(Conversation connected, OuterConnection connection) {
            dialling = null;
            events.onConnected(connected, connection);
        }

        @Override
        public void onAllFailed(List<String> faults) {
            dialling = null;
            String to = faults.size() == 1 ? "" : host + ": ";
            events.onUnreachable(Trouble.UNREACHABLE, "cannot connect to " + to + String.join("; ", faults));
        }
    }
}
