package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.server.ConnectionRace;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One try to reach the server by all of its addresses: attempts side by side, as {@link ConnectionRace} has it. The first
 * connected is the connection; the others are closed before a byte is written to them, so that a server which takes one device
 * hears of one only. Loop thread only.
 */
final class Dialling {
    private final EventLoop loop;
    private final List<InetAddress> addresses;
    private final Dialler dialler;
    private final ConnectionRace race;
    private final List<Conversation> open = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private @Nullable ScheduledFuture<?> next;
    private boolean isOver;

    /** Who makes the attempts, and hears of their outcome. */
    interface Dialler {
        /** Prepares the way, which may take a moment; then calls {@link #dial}, unless told to give up before. */
        void prepare(Dialling dialling, InetAddress server);

        /** Opens a connection that tells its outcome. */
        Conversation open(InetAddress server, Conversation.Outcome outcome);

        /** The one that counts. */
        void onConnected(Conversation conversation, OuterConnection connection);

        /** None could connect: each address with its fault. */
        void onAllFailed(List<String> faults);
    }

    /** @param addresses at least one, in the order to try them */
    Dialling(EventLoop loop, List<InetAddress> addresses, Dialler dialler) {
        this.loop = loop;
        this.addresses = addresses;
        this.dialler = dialler;
        race = new ConnectionRace(addresses.size());
    }

    /** Begins what is due. */
    void run() {
        OptionalInt attempt = isOver ? OptionalInt.empty() : race.begin(System.nanoTime());
        if (attempt.isPresent()) {
            dialler.prepare(this, addresses.get(attempt.getAsInt()));
        }
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        if (!isOver && race.hasMore()) {
            next = loop.schedule(this::run, race.dueNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    /** The way to this address is prepared. */
    void dial(InetAddress server) {
        if (isOver) {
            return;
        }
        open.add(dialler.open(server, new Conversation.Outcome() {
            @Override
            public void onConnected(Conversation conversation, OuterConnection connection) {
                if (!isOver) {
                    open.remove(conversation);
                    giveUp();
                    dialler.onConnected(conversation, connection);
                }
            }

            @Override
            public void onFailed(String fault) {
                failed(fault);
            }
        }));
    }

    private void failed(String fault) {
        if (isOver) {
            return;
        }
        faults.add(fault);
        race.failed();
        if (race.isLost()) {
            giveUp();
            dialler.onAllFailed(faults);
        } else {
            run();
        }
    }

    /** Closes what is open, begins nothing more, and tells nobody. */
    void giveUp() {
        isOver = true;
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        open.forEach(Conversation::end);
        open.clear();
    }
}
