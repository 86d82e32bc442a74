package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All channels of one outer connection, and of those that follow it. Whoever drives it tells what the server says, what happens at the
 * services and what time it is; the relay tells by {@link ServiceSide}, {@link Service} and {@link ServerSide} what to do, and answers the
 * server by {@link #poll}. One thread; times are monotonic, in nanoseconds.
 *
 * <p>Numbers. The server gives them, and a number is free again when both ends have closed it: each has said END or RESET. An end that hears
 * of a reset answers with one, unless it has closed already. Each open gets one answer, and until then nothing of that number counts.
 * So no word of an old channel can be taken for one of a new channel, even where closes cross.
 */
public final class Relay {
    /** Until one is known: a mobile path's. */
    private static final long FIRST_ROUND_TRIP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** What services take is looked at in turns; in shorter rounds a turn's burst would pass for a rate. */
    private static final long LEAST_ROUND_TRIP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final RelayLimits limits;
    private final ServiceSide services;
    private final ServerSide server;
    private final RelayCounters counters = new RelayCounters();
    private final SharedBytes shared;
    private final OpenRules openRules;
    private final Downward downward;
    private final Upward upward;
    private final ChannelTable channels = new ChannelTable();
    private final Announcements announcements = new Announcements();
    private final Deque<Channel> talking = new ArrayDeque<>();
    private long roundTripNanos = FIRST_ROUND_TRIP_NANOS;
    private boolean isEarlySafe = true;

    /** @param frameBytes the most of a channel's bytes that a frame holds */
    public Relay(
            RelayLimits limits,
            Admission admission,
            ServiceSide services,
            ServerSide server,
            int frameBytes,
            long nowNanos) {
        if (frameBytes < 1) {
            throw new IllegalArgumentException("frameBytes is " + frameBytes + "; allowed from 1 on");
        }
        this.limits = limits;
        this.services = services;
        this.server = server;
        shared = new SharedBytes(limits);
        openRules = new OpenRules(limits, admission, channels, nowNanos);
        downward = new Downward(limits, shared, counters);
        upward = new Upward(limits, frameBytes, shared, counters, server);
    }

    // The server

    /** An open, credit or close, in the order of the stream. */
    public void receive(Message message, long nowNanos) {
        if (message instanceof Message.Open open) {
            open(open, nowNanos);
        } else if (message instanceof Message.Credit credit) {
            credit(credit);
        } else if (message instanceof Message.Close close) {
            close(close, nowNanos);
        } else if (message instanceof Message.Opened) {
            counters.misbehaved(Misbehaviour.WRONG_WAY);
        } else {
            throw new IllegalArgumentException(message + " is not of a channel; allowed open, opened, credit, close");
        }
    }

    private void open(Message.Open open, long nowNanos) {
        int number = open.channel();
        counters.opens++;
        Channel inUse = channels.of(number);
        if (inUse != null) {
            counters.misbehaved(Misbehaviour.NUMBER_IN_USE);
            boolean isAnswered = inUse.isOpened;
            service(inUse).reset();
            forget(inUse);
            if (isAnswered) {
                announcements.close(number, CloseHow.RESET);
            } else {
                counters.refused(OpenRefusal.MISBEHAVIOUR); // the one answer is that of both
            }
            refuse(number, OpenRefusal.MISBEHAVIOUR);
            return;
        }
        if (announcements.isAnswerDue(number)) {
            counters.misbehaved(Misbehaviour.NUMBER_IN_USE);
            counters.refused(OpenRefusal.MISBEHAVIOUR);
            return;
        }
        if (announcements.isCloseDue(number)) {
            counters.misbehaved(Misbehaviour.NUMBER_TOO_EARLY);
            isEarlySafe = false;
        }
        announcements.opened(number);
        OpenRefusal refusal = openRules.refusal(open, nowNanos);
        if (refusal != null) {
            refuse(number, refusal);
            return;
        }
        CreditWindow window = downward.window(open.transport() == Message.TCP, nowNanos);
        Channel channel = new Channel(open, window, nowNanos);
        channels.add(channel);
        channel.service = services.connect(channel);
    }

    private void credit(Message.Credit credit) {
        Channel channel = channels.of(credit.channel());
        if (channel == null) {
            counters.late++;
            return;
        }
        upward.credit(channel, credit.bytes());
        upward.update(channel, service(channel));
    }

    private void close(Message.Close close, long nowNanos) {
        Channel channel = channels.of(close.channel());
        if (channel == null) { // never answered, or two ends would answer each other for ever
            counters.late++;
        } else if (!channel.isTcp() || close.how() == CloseHow.RESET) {
            closeWhole(channel, close.how());
        } else if (channel.hasServerEnded) {
            counters.misbehaved(Misbehaviour.END_TWICE);
        } else {
            downward.ended(channel);
            if (channel.isConnected) {
                service(channel).endOutput();
            }
            finish(channel, nowNanos);
        }
    }

    private void closeWhole(Channel channel, CloseHow how) {
        if (how == CloseHow.RESET) {
            counters.resetsByServer++;
            service(channel).reset();
        } else {
            service(channel).close();
        }
        boolean isOpened = channel.isOpened;
        boolean isEndSaid = channel.isEndSaid;
        forget(channel);
        if (!isOpened) {
            refuse(channel.number(), OpenRefusal.GIVEN_UP);
        } else if (!isEndSaid) {
            announcements.answer(channel.number(), how);
            server.wake();
        }
    }

    /** Bytes of a channel, or one datagram, in the order of the stream. */
    public void data(int number, ByteBuf buffer, int index, int length, long nowNanos) {
        Channel channel = channels.of(number);
        if (channel == null) {
            dataWithoutChannel(number);
        } else if (!channel.isTcp()) {
            if (channel.isOpened && downward.hasCredit(channel, length)) {
                datagram(channel, buffer, index, length, nowNanos);
            } else {
                counters.misbehaved(Misbehaviour.DATAGRAM_OVERRUN);
            }
        } else if (channel.hasServerEnded) {
            breakOff(channel, Misbehaviour.DATA_AFTER_END);
        } else if (!downward.hasCredit(channel, length)) {
            breakOff(channel, Misbehaviour.CREDIT_OVERRUN);
        } else {
            downward.received(channel, length);
            service(channel).write(buffer, index, length);
        }
    }

    private void dataWithoutChannel(int number) {
        if (announcements.isClosed(number)) {
            counters.late++;
            return;
        }
        counters.misbehaved(Misbehaviour.UNKNOWN_CHANNEL);
        announcements.close(number, CloseHow.RESET);
        server.wake();
    }

    private void breakOff(Channel channel, Misbehaviour what) {
        counters.misbehaved(what);
        service(channel).reset();
        resetTowardsServer(channel, OpenRefusal.MISBEHAVIOUR);
    }

    private void datagram(Channel channel, ByteBuf buffer, int index, int length, long nowNanos) {
        downward.received(channel, length);
        downward.taken(channel, length, roundTripNanos, nowNanos);
        channel.activeNanos = nowNanos;
        if (!service(channel).write(buffer, index, length)) {
            counters.datagramsUndelivered++;
        }
        talkIfCreditIsDue(channel);
    }

    /**
     * Bytes of a channel from beyond a hole in the outer stream. Only a datagram of a channel that is open can go: TCP's wait for the stream,
     * since what is missing may be theirs. No other channel can have got the number within the hole, since this end has not closed it. True
     * is a promise: the same frame must not come by {@link #data} too when the stream has reached it, and what keeps it is whoever
     * swallows frames that went early.
     */
    public boolean early(int number, ByteBuf buffer, int index, int length, long nowNanos) {
        Channel channel = channels.of(number);
        if (channel == null
                || channel.isTcp()
                || !channel.isOpened
                || !isEarlySafe
                || !downward.hasCredit(channel, length)) {
            return false;
        }
        counters.early++;
        datagram(channel, buffer, index, length, nowNanos);
        return true;
    }

    /** The next word for the server, or null. Only who can send it at once may ask. */
    public @Nullable Message poll(long nowNanos) {
        Message announcement = announcements.poll();
        if (announcement != null) {
            return announcement;
        }
        for (Channel channel = talking.poll(); channel != null; channel = talking.poll()) {
            channel.isTalking = false;
            Message message = say(channel, nowNanos);
            if (message != null) {
                return message;
            }
        }
        return null;
    }

    private @Nullable Message say(Channel channel, long nowNanos) {
        if (!channel.isOpened) {
            counters.opened++;
            channel.isOpened = true;
            channel.activeNanos = nowNanos;
            long credit = downward.grant(channel);
            upward.update(channel, service(channel));
            talkIfEndIsDue(channel);
            return new Message.Opened(channel.number(), OpenStatus.OPEN, credit);
        }
        long credit = downward.grant(channel);
        if (credit > 0) {
            talkIfEndIsDue(channel);
            return new Message.Credit(channel.number(), credit);
        }
        if (channel.isEndDue()) {
            channel.isEndSaid = true;
            finish(channel, nowNanos);
            return new Message.Close(channel.number(), CloseHow.END_OF_STREAM);
        }
        return null;
    }

    /** A frame of the channel, or a datagram, has left the queue towards the server. */
    public void left(Channel channel, int length, long nowNanos) {
        if (channel.isClosed) {
            return;
        }
        upward.left(channel, length);
        channel.activeNanos = nowNanos;
        upward.update(channel, service(channel));
        talkIfEndIsDue(channel);
    }

    /** A datagram was dropped in the queue: its credit is still there. */
    public void dropped(Channel channel, int length, long nowNanos) {
        if (channel.isTcp()) {
            throw new IllegalArgumentException(length + " bytes of " + channel + " were dropped; allowed only of udp");
        }
        if (!channel.isClosed) {
            counters.datagramsDropped++;
            upward.credit(channel, length);
            left(channel, length, nowNanos);
        }
    }

    // The services

    /** The service has accepted the connection. */
    public void connected(Channel channel, long nowNanos) {
        if (channel.isClosed) {
            return;
        }
        channels.connected(channel);
        channel.activeNanos = nowNanos;
        if (channel.hasServerEnded) {
            service(channel).endOutput();
        }
        talk(channel);
    }

    /** There is no connection to the service, and the {@link Service} is forgotten. */
    public void connectFailed(Channel channel, OpenRefusal reason) {
        if (!channel.isClosed) {
            resetTowardsServer(channel, reason);
        }
    }

    /**
     * How many bytes may be read of the service now; to be asked before each read. Where other channels have taken the room since reading
     * began it is 0, and reading is stopped from within this call.
     */
    public int readableBytes(Channel channel) {
        int readable = upward.readableBytes(channel);
        if (readable == 0 && channel.isReading) {
            upward.update(channel, service(channel));
        }
        return readable;
    }

    /**
     * The service has sent bytes, or one datagram, which is dropped where there is no room for it.
     *
     * @param buffer the caller's, valid during the call
     * @throws IllegalArgumentException if it is more of a stream than {@link #readableBytes} has allowed
     */
    public void read(Channel channel, ByteBuf buffer, int index, int length, long nowNanos) {
        if (channel.isClosed) {
            return;
        }
        channel.activeNanos = nowNanos;
        if (channel.isTcp()) {
            upward.stream(channel, buffer, index, length);
        } else {
            upward.datagram(channel, buffer, index, length);
        }
        upward.update(channel, service(channel));
    }

    /** The service sends no more: a FIN behind all that was read. */
    public void ended(Channel channel) {
        if (!channel.isClosed) {
            channel.hasServiceEnded = true;
            channel.isReading = false;
            talkIfEndIsDue(channel);
        }
    }

    /** The connection to the service is broken, and the {@link Service} is forgotten. */
    public void failed(Channel channel) {
        if (!channel.isClosed) {
            counters.resetsByService++;
            resetTowardsServer(channel, OpenRefusal.SERVICE_REFUSED);
        }
    }

    /** The service's TCP has acknowledged so many more of the bytes that were written. */
    public void taken(Channel channel, long bytes, long nowNanos) {
        if (channel.isClosed) {
            return;
        }
        if (bytes < 0 || bytes > channel.window.untakenBytes()) {
            throw new IllegalArgumentException("taken is " + bytes + " of " + channel + "; allowed 0 to "
                    + channel.window.untakenBytes() + ", what was written and not taken");
        }
        downward.taken(channel, bytes, roundTripNanos, nowNanos);
        channel.activeNanos = nowNanos;
        if (!channel.isOverForServer()) {
            talkIfCreditIsDue(channel);
        } else if (channel.window.untakenBytes() == 0) {
            service(channel).close();
            forget(channel);
        }
    }

    // Time, and the connection

    /** To be called at least once a second: ends what has waited too long. */
    public void tick(long nowNanos) {
        for (int slot = channels.size() - 1; slot >= 0; slot--) {
            Channel channel = channels.at(slot);
            long quietNanos = nowNanos - channel.activeNanos;
            if (channel.isAwaitingService()) {
                if (nowNanos - channel.openedNanos >= limits.connectNanos()) {
                    service(channel).reset();
                    resetTowardsServer(channel, OpenRefusal.CONNECT_TIMEOUT);
                }
            } else if (!channel.isTcp()) {
                if (channel.isOpened && quietNanos >= limits.idleNanos()) {
                    counters.idleEnds++;
                    service(channel).close();
                    forget(channel);
                    announcements.close(channel.number(), CloseHow.END_OF_STREAM);
                    server.wake();
                }
            } else if (channel.isOverForServer() && quietNanos >= limits.drainNanos()) {
                counters.drainsGivenUp++;
                service(channel).reset();
                forget(channel);
            }
        }
    }

    /** The round trip of the outer connection, as often as it changes. */
    public void roundTrip(long nanos) {
        roundTripNanos = Math.max(LEAST_ROUND_TRIP_NANOS, nanos);
    }

    /** The outer connection is lost: every channel that the server knows is reset, and the next connection begins with none. */
    public void disconnected() {
        for (int slot = channels.size() - 1; slot >= 0; slot--) {
            Channel channel = channels.at(slot);
            if (!channel.isOverForServer()) {
                service(channel).reset();
                forget(channel);
            }
        }
        announcements.clear();
        isEarlySafe = true;
    }

    /** Nobody serves any more: channels that the server knows are reset, and those that only drain are left to the kernel. */
    public void close() {
        disconnected();
        for (int slot = channels.size() - 1; slot >= 0; slot--) {
            Channel channel = channels.at(slot);
            service(channel).close();
            forget(channel);
        }
    }

    public RelayStats stats() {
        return counters.snapshot(now());
    }

    RelayStats.Now now() {
        return new RelayStats.Now(channels.size(), channels.halfOpen(), shared.heldBytes());
    }

    // Within

    private void resetTowardsServer(Channel channel, OpenRefusal ifNotOpened) {
        boolean isOpened = channel.isOpened;
        boolean isOver = channel.isOverForServer();
        forget(channel);
        if (!isOpened) {
            refuse(channel.number(), ifNotOpened);
        } else if (!isOver) {
            announcements.close(channel.number(), CloseHow.RESET);
            server.wake();
        }
    }

    private void refuse(int number, OpenRefusal reason) {
        counters.refused(reason);
        announcements.refuse(number, reason.status());
        server.wake();
    }

    /** Both have ended: the number is free, and the channel is gone as soon as the service has everything. */
    private void finish(Channel channel, long nowNanos) {
        if (!channel.isOverForServer()) {
            return;
        }
        channels.freeNumber(channel);
        channel.activeNanos = nowNanos;
        if (channel.window.untakenBytes() == 0) {
            service(channel).close();
            forget(channel);
        }
    }

    private void forget(Channel channel) {
        upward.discard(channel);
        downward.discard(channel);
        if (channel.isTalking) {
            talking.remove(channel);
            channel.isTalking = false;
        }
        channels.close(channel);
    }

    private void talkIfCreditIsDue(Channel channel) {
        if (channel.isOpened && downward.dueBytes(channel) > 0) {
            talk(channel);
        }
    }

    private void talkIfEndIsDue(Channel channel) {
        if (channel.isEndDue()) {
            talk(channel);
        }
    }

    private void talk(Channel channel) {
        if (!channel.isTalking) {
            channel.isTalking = true;
            talking.add(channel);
            server.wake();
        }
    }

    private static Service service(Channel channel) {
        Service service = channel.service;
        if (service == null) {
            throw new IllegalStateException(channel + " has no service; ServiceSide.connect must not call back");
        }
        return service;
    }
}
