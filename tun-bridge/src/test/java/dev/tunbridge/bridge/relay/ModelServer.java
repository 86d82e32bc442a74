package dev.tunbridge.bridge.relay;

import dev.tunbridge.bridge.relay.RelayScenario.Ending;
import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.Trace;
import dev.tunbridge.bridge.simulation.Violation;
import dev.tunbridge.bridge.simulation.VirtualTime;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The third party's end, with its clients. It holds to the rules, but where it is told to break one. */
final class ModelServer implements FrameHandler, MessageHandler {
    private static final Protocol PROTOCOL = Protocol.builtin("reference");
    private static final int UNUSED_NUMBERS = 50_000;

    private final VirtualTime time;
    private final Trace trace;
    private final Dice dice;
    private final MessageCodec codec = PROTOCOL.newCodec();
    private final FrameEncoder encoder = new FrameEncoder(PROTOCOL.format());
    private FrameDecoder decoder = new FrameDecoder(PROTOCOL.format());
    private final TreeMap<Integer, Conversation> numbers = new TreeMap<>();
    private final BitSet inUse = new BitSet();
    private final Set<Integer> spoilt = new HashSet<>();
    private final Set<Integer> unanswered = new HashSet<>();

    /** Numbers that are used again though the device has not closed them. */
    private final Set<Integer> abandoned = new HashSet<>();

    private @Nullable ModelLink down;

    ModelServer(VirtualTime time, Trace trace, Dice dice) {
        this.time = time;
        this.trace = trace;
        this.dice = dice;
    }

    void connected(ModelLink down) {
        this.down = down;
    }

    void disconnected() {
        down = null;
        decoder.close();
        decoder = new FrameDecoder(PROTOCOL.format());
        numbers.values().forEach(Conversation::lost);
        numbers.clear();
        spoilt.clear();
        inUse.clear();
        unanswered.clear();
        abandoned.clear();
    }

    void close() {
        encoder.close();
        decoder.close();
    }

    /** Numbers of which nothing was heard though something must. */
    Set<Integer> unanswered() {
        return unanswered;
    }

    boolean hasConversations() {
        return !numbers.isEmpty();
    }

    /** A client comes. */
    void open(Exchange exchange) {
        if (down == null) {
            exchange.isLost = true;
            exchange.isClientDone = true;
            return;
        }
        int number = inUse.nextClearBit(0); // the least: one that was just freed is used at once
        inUse.set(number);
        Conversation conversation = new Conversation(number, exchange);
        numbers.put(number, conversation);
        send(exchange.open(number));
        conversation.endAtOnce();
    }

    /** Clients that wait for ever lose their patience. */
    void endStalling() {
        List.copyOf(numbers.values()).stream()
                .filter(conversation -> conversation.exchange.plan.isStalling())
                .forEach(Conversation::reset);
    }

    void arrived(byte[] frame) {
        decoder.decode(Unpooled.wrappedBuffer(frame), this);
    }

    private void send(Message message) {
        ByteBuf out = Unpooled.buffer();
        codec.write(message, encoder, out);
        send(out);
    }

    private void send(ByteBuf frame) {
        ModelLink link = down;
        if (link != null) {
            link.send(ByteBufUtil.getBytes(frame));
        }
    }

    /** One client, as the server has it. */
    private final class Conversation {
        final int number;
        final Exchange exchange;
        private final RelayScenario.Plan plan;
        private final long resetAt;
        private boolean isAnswered;
        private boolean isOpen;
        private boolean isEndSaid;
        private boolean isSilent;
        private boolean isResetSaid;
        private boolean isClosedByDevice;
        private boolean isStepping;
        private boolean isReading;
        private long credit;
        private long windowLeft;
        private long unread;
        private long read;

        Conversation(int number, Exchange exchange) {
            this.number = number;
            this.exchange = exchange;
            plan = exchange.plan;
            resetAt = dice.between(0, plan.clientBytes());
            if (dice.chance(0.03)) {
                time.after(dice.below(100_000_000), this::reset);
            }
        }

        void answered(Message.Opened opened) {
            if (isAnswered) {
                throw new Violation("a second answer to the open of " + exchange);
            }
            isAnswered = true;
            if (opened.status() != Message.OpenStatus.OPEN) {
                exchange.isRefused = true;
                isClosedByDevice = true;
                isEndSaid = true;
                finish();
                return;
            }
            isOpen = true;
            exchange.isOpenForClient = true;
            credit = opened.credit();
            if (!isResetSaid) {
                grant(plan.windowBytes());
                step();
            }
        }

        private void grant(long bytes) {
            windowLeft += bytes;
            send(new Message.Credit(number, bytes));
        }

        // Down

        void step() {
            if (isStepping
                    || isSilent
                    || !isOpen
                    || isEndSaid
                    || isResetSaid
                    || (isClosedByDevice && !plan.isTcp())
                    || !isCurrent()) {
                return;
            }
            if (plan.clientEnding() == Ending.RESETS && exchange.toService.sent >= resetAt) {
                reset();
            } else if (exchange.toService.sent >= plan.clientBytes()) {
                allSent();
            } else {
                long length = plan.isTcp()
                        ? Math.min(
                                Math.min(credit, dice.between(1, codec.maxDataBytes())),
                                plan.clientBytes() - exchange.toService.sent)
                        : dice.between(Exchange.LEAST_DATAGRAM_BYTES, codec.maxDataBytes());
                if (length == 0 || length > credit) {
                    return; // until there is credit
                }
                data((int) length);
                isStepping = true;
                time.after(1 + length * VirtualTime.SECOND / plan.clientSendsPerSecond(), () -> {
                    isStepping = false;
                    step();
                });
            }
        }

        private void data(int length) {
            credit -= length;
            ByteBuf frame = Unpooled.buffer(length + 16);
            ByteBuf payload = codec.beginData(encoder, frame, number);
            if (plan.isTcp()) {
                exchange.toService.fill(payload, length);
            } else {
                exchange.toService.datagram(payload, length);
            }
            encoder.end();
            send(frame);
        }

        /** A client that has nothing to send may say so before the service has answered. */
        void endAtOnce() {
            if (plan.isTcp()
                    && plan.clientBytes() == 0
                    && plan.clientEnding() == Ending.WHEN_SENT
                    && dice.chance(0.5)) {
                end();
            }
        }

        private void allSent() {
            boolean isDue = plan.clientEnding() != Ending.AFTER_THE_OTHER || isClosedByDevice;
            if (isDue && plan.isTcp()) {
                end();
            } else if (isDue && !isStepping) {
                isStepping = true; // answers may still come
                time.after(100_000_000, () -> {
                    if (isCurrent() && !isResetSaid && !isEndSaid) {
                        end();
                    }
                });
            }
        }

        private void end() {
            isEndSaid = true;
            exchange.toService.isEndSent = true;
            send(new Message.Close(number, CloseHow.END_OF_STREAM));
            finish();
        }

        void reset() {
            if (isCurrent() && !isResetSaid) {
                isResetSaid = true;
                exchange.hasClientReset = true;
                send(new Message.Close(number, CloseHow.RESET));
                finish();
            }
        }

        // Up

        void receive(ByteBuf buffer, int index, int length) {
            if (!isAnswered) {
                return; // of an old channel
            }
            if (isClosedByDevice) {
                throw new Violation("bytes came from the device behind its close of " + exchange);
            }
            if (length > windowLeft) {
                throw new Violation(
                        "the device sent " + length + " bytes of " + exchange + ", more than allowed: " + windowLeft);
            }
            windowLeft -= length;
            if (isResetSaid) {
                return;
            }
            if (plan.isTcp()) {
                exchange.toClient.get(buffer, index, length);
                unread += length;
                read();
            } else {
                exchange.toClient.getDatagram(buffer, index, length);
                grant(length);
            }
        }

        private void read() {
            if (isReading || unread == 0 || plan.clientReadsPerSecond() == 0) {
                return;
            }
            isReading = true;
            long some = Math.min(unread, dice.between(1, 8 << 10));
            time.after(1 + some * VirtualTime.SECOND / plan.clientReadsPerSecond(), () -> {
                isReading = false;
                unread -= some;
                read += some;
                if (isCurrent()
                        && !isClosedByDevice
                        && !isResetSaid
                        && (read * 4 >= plan.windowBytes() || windowLeft == 0)) {
                    grant(read);
                    read = 0;
                }
                read();
            });
        }

        void closed(CloseHow how) {
            if (!isAnswered) {
                return; // an old channel's
            }
            if (how == CloseHow.RESET) {
                isClosedByDevice = true;
                exchange.wasClientReset |= !isResetSaid;
                if (!isEndSaid && !isResetSaid) {
                    isResetSaid = true;
                    send(new Message.Close(number, CloseHow.RESET));
                }
            } else {
                if (isClosedByDevice) {
                    throw new Violation("the device has ended twice in " + exchange);
                }
                isClosedByDevice = true;
                if (!isResetSaid) {
                    exchange.toClient.end();
                }
                if (!plan.isTcp() && !isEndSaid && !isResetSaid) {
                    end();
                }
                step();
            }
            finish();
        }

        void credited(long bytes) {
            if (isAnswered) {
                credit += bytes;
                step();
            }
        }

        /** The number is free as soon as both have closed, and answered it is in any case. */
        private void finish() {
            if (isAnswered && isClosedByDevice && (isEndSaid || isResetSaid) && isCurrent()) {
                exchange.isClientDone = true;
                numbers.remove(number);
                inUse.clear(number);
            }
        }

        void lost() {
            exchange.isLost = true;
            exchange.isClientDone = true;
        }

        private boolean isCurrent() {
            return numbers.get(number) == this;
        }

        /** Whatever it does from here on is against the rules. */
        void spoil() {
            exchange.hasBrokenRules = true;
            time.after(20 * VirtualTime.SECOND, this::reset);
        }
    }

    @Override
    public void onFrame(FrameView frame) {
        try {
            codec.read(frame, this);
        } catch (MalformedMessageException e) {
            throw new Violation(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void onMessage(Message message) {
        trace.add(time, () -> "device: " + message);
        if (message instanceof Message.Opened opened) {
            Conversation conversation = numbers.get(opened.channel());
            unanswered.remove(opened.channel());
            if (conversation != null) {
                conversation.answered(opened);
            } else if (!spoilt.contains(opened.channel())) {
                throw new Violation("an answer to no open: " + opened);
            } else if (opened.status() == Message.OpenStatus.OPEN) {
                send(new Message.Close(opened.channel(), CloseHow.RESET));
            }
        } else if (message instanceof Message.Credit credit) {
            Conversation conversation = numbers.get(credit.channel());
            if (conversation != null) {
                conversation.credited(credit.bytes());
            }
        } else if (message instanceof Message.Close close) {
            unanswered.remove(close.channel());
            Conversation conversation = numbers.get(close.channel());
            if (conversation != null) {
                conversation.closed(close.how());
            }
        } else {
            throw new Violation("what only a server may say: " + message);
        }
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        trace.add(time, () -> "device: data " + channel + " " + length);
        Conversation conversation = numbers.get(channel);
        if (conversation != null) {
            conversation.receive(buffer, index, length);
        } else if (!spoilt.contains(channel) && !abandoned.contains(channel)) {
            throw new Violation("data of the device for number " + channel + ", which it has closed");
        }
    }

    // What must not be

    /** Breaks one rule. New exchanges that it takes are drawn by the caller. */
    void breakRule(java.util.function.Supplier<Exchange> newExchange) {
        if (down == null) {
            return;
        }
        switch (dice.below(9)) {
            case 0 ->
                with(c -> c.plan.isTcp() && c.isOpen && !c.isEndSaid && !c.isResetSaid, c -> {
                    c.spoil();
                    for (long over = c.credit; over >= 0; over -= 2_000) {
                        c.data((int) Math.min(2_000, over + 1));
                    }
                    c.isSilent = true;
                });
            case 1 ->
                with(c -> c.plan.isTcp() && c.isEndSaid && !c.isClosedByDevice, c -> {
                    c.spoil();
                    c.data(10);
                });
            case 2 -> {
                int number = UNUSED_NUMBERS + dice.below(100);
                if (spoilt.add(number)) { // of one number it is said once
                    unanswered.add(number);
                }
                ByteBuf frame = Unpooled.buffer();
                codec.write(
                        new Message.Data(number, dev.tunbridge.protocol.message.Octets.of((byte) 1)), encoder, frame);
                send(frame);
            }
            case 3 ->
                with(c -> true, c -> {
                    Exchange other = newExchange.get();
                    other.hasBrokenRules = true;
                    other.isClientDone = true;
                    c.exchange.hasBrokenRules = true;
                    c.exchange.isClientDone = true;
                    numbers.remove(c.number);
                    spoilt.add(c.number);
                    unanswered.add(c.number);
                    send(other.open(c.number));
                });
            case 4 -> {
                int opens = dice.between(100, 1_000);
                for (int i = 0; i < opens; i++) {
                    open(newExchange.get());
                }
            }
            case 5 ->
                with(c -> c.isOpen && !c.isResetSaid, c -> {
                    for (int i = 0; i < 50; i++) {
                        c.grant(0xFFFF_FFFFL);
                    }
                });
            case 6 -> {
                send(new Message.Opened(dice.below(1 << 16), Message.OpenStatus.OPEN, 5));
                send(new Message.Close(UNUSED_NUMBERS + dice.below(100), CloseHow.RESET));
                send(new Message.Credit(UNUSED_NUMBERS + dice.below(100), 5));
            }
            case 7 ->
                with(
                        c -> c.plan.isTcp() && c.isEndSaid && !c.isClosedByDevice,
                        c -> send(new Message.Close(c.number, CloseHow.END_OF_STREAM)));
            default ->
                with(c -> c.plan.isTcp() && c.isOpen && !c.isResetSaid, c -> {
                    c.exchange.hasBrokenRules = true;
                    c.exchange.isClientDone = true;
                    send(new Message.Close(c.number, CloseHow.RESET));
                    numbers.remove(c.number);
                    inUse.clear(c.number);
                    abandoned.add(c.number);
                    open(newExchange.get()); // most often of the same number
                });
        }
    }

    private void with(Predicate<Conversation> which, java.util.function.Consumer<Conversation> action) {
        List<Conversation> found =
                new ArrayList<>(numbers.values().stream().filter(which).toList());
        if (!found.isEmpty()) {
            Conversation one = found.get(dice.below(found.size()));
            trace.add(time, () -> "a rule is broken in " + one.exchange);
            action.accept(one);
        }
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        throw new Violation("bad frame " + reason);
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        throw new Violation("skipped");
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        throw new Violation("a packet");
    }

    @Override
    public void onSegment(int ipProtocol, ByteBuf buffer, int client, int device, int address, int index, int length) {
        throw new Violation("a segment");
    }

    @Override
    public void onUnknownType(int type) {
        throw new Violation("type " + type);
    }
}
