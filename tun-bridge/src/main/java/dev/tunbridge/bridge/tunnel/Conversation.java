package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.protocol.frame.FrameTooLongException;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.TunnelParameters;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection and what is said on it, from the attempt to its end: takes in what the server sends, does what the session decides, and
 * keeps the session's time. Loop thread only.
 */
final class Conversation implements OuterConnection.Events, OuterConnection.Outcome {
    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    private final EventLoop loop;
    private final Login login;
    private final SessionDriver session;
    private final Traffic traffic;
    private final OuterCounters counters;
    private final Events events;
    private final Outcome outcome;
    private final DeadlineTimer tick;
    private @Nullable OuterConnection connection;
    private boolean isOver;
    private boolean isLeaving;
    private OptionalLong establishedNanos = OptionalLong.empty();
    /** The last type of a frame that came before the end of the login and is none of the description's. */
    private OptionalInt unknownInLogin = OptionalInt.empty();

    private boolean isReading;
    private long nowNanos;

    /** What the tunnel hears; each may end the conversation. */
    interface Events {
        /** Some bytes came from the server. */
        void onHeard(long nowNanos);

        /** The server has let this end in. */
        void onWelcome(Conversation conversation, OuterConnection connection, TunnelParameters welcome);

        void onApp(Message.App message);

        void onRefused(SessionAction.Refused refusal);

        /** The connection is lost, or is of no use. */
        void onLost(String reason);
    }

    /** How the attempt to connect ended; one of them, once, unless it is ended before. */
    interface Outcome {
        void onConnected(Conversation conversation, OuterConnection connection);

        /** It has failed: the address, and what was wrong. */
        void onFailed(String fault);
    }

    /** @param guarded runs a step at once, and takes whatever it throws */
    Conversation(
            EventLoop loop,
            Executor guarded,
            Login login,
            Traffic traffic,
            OuterCounters counters,
            Events events,
            Outcome outcome) {
        this.loop = loop;
        this.login = login;
        this.traffic = traffic;
        this.counters = counters;
        this.events = events;
        this.outcome = outcome;
        session = login.newSession();
        tick = new DeadlineTimer(loop, () -> guarded.execute(this::onTick));
    }

    /**
     * Starts to connect.
     *
     * @param server resolved
     * @param maxSegment longest segment both ways, its options included; empty for the kernel's
     */
    void connect(BridgeConfig config, InetSocketAddress server, OptionalInt maxSegment, Reception reception) {
        OuterConnection opened = OuterConnection.open(
                loop,
                config,
                server,
                login,
                traffic.downlink(),
                this,
                this,
                counters,
                reception.counters(),
                reception.latches(),
                maxSegment);
        connection = opened; // the outcome may have been told already, with the same one
    }

    @Override
    public void onConnected(OuterConnection made) {
        connection = made;
        if (!isOver) {
            outcome.onConnected(this, made);
        }
    }

    @Override
    public void onFailed(String fault) {
        outcome.onFailed(fault);
    }

    /** The connection is the one that counts, and this end may speak. */
    void begin() {
        apply(session.connected(System.nanoTime()));
    }

    /** Closes the connection after what was said has been written. */
    void end() {
        isOver = true;
        tick.cancel();
        OuterConnection ending = connection;
        if (ending != null) {
            ending.close();
        }
    }

    /** Null before it is opened. */
    @Nullable
    OuterConnection connection() {
        return connection;
    }

    boolean isOver() {
        return isOver;
    }

    /** Traffic passes from now on. */
    void established(long nowNanos) {
        establishedNanos = OptionalLong.of(nowNanos);
    }

    /** Since when traffic passes; empty where it does not. */
    OptionalLong establishedNanos() {
        return establishedNanos;
    }

    /** Asks the server for a sign of life. */
    void ask() {
        apply(session.keepAlive(System.nanoTime()));
    }

    /** Says goodbye. */
    void bye() {
        isLeaving = true; // who asks for the end needs not be told of it
        apply(session.close(System.nanoTime()));
    }

    private void apply(List<SessionAction> actions) {
        for (SessionAction action : actions) {
            OuterConnection current = connection;
            if (isOver || current == null) {
                return;
            }
            if (action instanceof SessionAction.Send send) {
                say(current, send.message());
            } else if (action instanceof SessionAction.Established established) {
                events.onWelcome(this, current, established.tunnel());
            } else if (action instanceof SessionAction.Deliver deliver) {
                events.onApp(deliver.message());
            } else if (action instanceof SessionAction.Refused refused) {
                events.onRefused(refused);
            } else if (action instanceof SessionAction.PassedOver) {
                counters.unknownTypes++;
            } else if (action instanceof SessionAction.Closed closed && !isLeaving) {
                current.writer().flush();
                events.onLost(closed.detail() + behindUnknown());
            }
        }
        OuterConnection current = connection;
        if (!isOver && current != null) {
            if (!isReading) {
                current.writer().flush(); // otherwise once at the end of the read, however many answers it asks for
            }
            scheduleTick();
        }
    }

    /** What the configuration gives may not fit where the description puts it. */
    private void say(OuterConnection current, Message message) {
        try {
            current.writer().message(message);
        } catch (IllegalArgumentException | FrameTooLongException e) {
            events.onLost("cannot be said to the server: " + e.getMessage());
        }
    }

    private void scheduleTick() {
        long deadline = session.nextDeadlineNanos();
        if (deadline != SessionDriver.NO_DEADLINE) {
            tick.set(deadline);
        }
    }

    private void onTick() {
        apply(session.tick(System.nanoTime()));
        if (!isOver) {
            scheduleTick();
        }
    }

    // From the server

    @Override
    public void onHeard() {
        isReading = true;
        nowNanos = System.nanoTime();
        events.onHeard(nowNanos);
        session.heard(nowNanos);
    }

    @Override
    public void onReadComplete() {
        isReading = false;
        OuterConnection current = connection;
        if (!isOver && current != null) {
            current.writer().flush();
        }
    }

    @Override
    public void onCaptured() {
        traffic.captured();
    }

    @Override
    public void onWritable() {
        traffic.pump();
    }

    @Override
    public void onLost(String reason) {
        String awaited = awaited();
        events.onLost(
                awaited.isEmpty()
                        ? reason
                        : reason + " before its " + awaited + behindUnknown() + " (does it speak '"
                                + login.protocol().format().name() + "'?)");
    }

    /** The connection's end must be told whatever a driver does. */
    private String awaited() {
        try {
            return session.awaited();
        } catch (RuntimeException e) {
            LOG.warn("the session's driver does not tell what it waits for", e);
            return "";
        }
    }

    @Override
    public void onMessage(Message message) {
        OuterConnection current = connection;
        if (isOver || current == null) {
            return;
        }
        boolean wantsAnswer = message instanceof Message.Link || session.isQuestion(message);
        if (wantsAnswer && !current.writer().hasRoom()) {
            // Who asks faster than it reads answers gets fewer: they must not pile up here.
            counters.questionsUnanswered++;
        } else if (message instanceof Message.Link answer) {
            say(current, answer); // who has this end's address
        } else if (!session.isEstablished() || !traffic.receive(message, nowNanos)) {
            apply(session.received(message, nowNanos));
        }
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        if (admitsTraffic()) {
            traffic.downlink().packet(buffer, index, length, nowNanos);
        }
    }

    @Override
    public void onSegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength) {
        if (admitsTraffic()) {
            traffic.downlink()
                    .segment(
                            ipProtocol,
                            buffer,
                            clientAddressIndex,
                            deviceAddressIndex,
                            addressBytes,
                            segmentIndex,
                            segmentLength,
                            nowNanos);
        }
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        if (admitsTraffic()) {
            traffic.downlink().data(channel, buffer, index, length, nowNanos);
        }
    }

    @Override
    public void onUnknownType(int type) {
        counters.unknownTypes++;
        if (!session.isEstablished()) {
            unknownInLogin = OptionalInt.of(type);
        }
    }

    /** In the login it is the server's answer, whatever it says; behind it one message is lost. */
    @Override
    public void onMalformed(MalformedMessageException fault) {
        if (!isOver && !session.isEstablished()) {
            apply(session.violated(
                    "the server's answer in place of the " + awaited() + " is not laid out as described: "
                            + fault.getMessage(),
                    nowNanos));
        }
    }

    /** An answer that the description does not know may be why nothing else came. */
    private String behindUnknown() {
        return session.isEstablished() || unknownInLogin.isEmpty()
                ? ""
                : ", behind a frame of the unknown type " + Integer.toUnsignedString(unknownInLogin.getAsInt());
    }

    /** Traffic before the welcome ends the connection. */
    private boolean admitsTraffic() {
        if (isOver) {
            return false;
        }
        if (!session.isEstablished()) {
            apply(session.violated("traffic before the welcome", nowNanos));
            return false;
        }
        return true;
    }
}
