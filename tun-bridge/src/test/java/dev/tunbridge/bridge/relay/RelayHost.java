package dev.tunbridge.bridge.relay;

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
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What drives the relay: the in-order lane with its decoder, the early lane, a queue in turns, and the services. Keeps books of its own of what is
 * granted, held and queued.
 */
final class RelayHost implements ServiceSide, ServerSide, FrameHandler, MessageHandler {
    private static final Protocol PROTOCOL = Protocol.builtin("reference");

    private static final int STEPS_PER_AUDIT = 29;

    private final VirtualTime time;
    private final RelayScenario scenario;
    private final RelayMutation mutation;
    private final Trace trace;
    private final Dice dice;
    private final IntFunction<Exchange> exchanges;
    private final MessageCodec codec = PROTOCOL.newCodec();
    private final FrameEncoder encoder = new FrameEncoder(PROTOCOL.format());
    private final Relay relay;
    private final Map<Channel, Deque<byte[]>> queue = new LinkedHashMap<>();
    private final Map<Channel, Long> granted = new LinkedHashMap<>();
    private final Set<ModelService> services = new HashSet<>();
    private final Deque<Held> behindHole = new ArrayDeque<>();
    private final FrameDecoder early = new FrameDecoder(PROTOCOL.format());
    private final ByteBuf incoming = Unpooled.buffer();
    private FrameDecoder decoder = new FrameDecoder(PROTOCOL.format());
    private @Nullable ModelLink up;
    private boolean isPumping;
    private boolean isHole;
    private boolean isEarly;
    private boolean wentEarly;
    private int connection;
    private long steps;
    long wentEarlyCount;
    long peakBytes;

    /** A frame behind a hole. */
    private record Held(ByteBuf frame, boolean isDelivered) {}

    RelayHost(
            VirtualTime time,
            RelayScenario scenario,
            RelayMutation mutation,
            Trace trace,
            Dice dice,
            IntFunction<Exchange> exchanges) {
        this.time = time;
        this.scenario = scenario;
        this.mutation = mutation;
        this.trace = trace;
        this.dice = dice;
        this.exchanges = exchanges;
        relay = new Relay(scenario.limits(), open -> true, this, this, codec.maxDataBytes(), time.nowNanos());
        relay.roundTrip(2 * scenario.delayNanos());
    }

    Relay relay() {
        return relay;
    }

    private boolean strikes(RelayMutation wanted) {
        return mutation == wanted && dice.chance(0.1);
    }

    // The outer connection

    void connected(ModelLink up) {
        this.up = up;
        wake();
    }

    /** The connection breaks in the middle of a frame. */
    void disconnected(byte[] nextFrame) {
        feed(nextFrame, nextFrame.length == 0 ? 0 : dice.below(nextFrame.length));
        decoder.close();
        incoming.clear();
        decoder = new FrameDecoder(PROTOCOL.format());
        behindHole.clear();
        isHole = false;
        up = null;
        connection++;
        relay.disconnected();
        if (!queue.isEmpty()) {
            throw new Violation("the queue still has bytes of " + queue.keySet());
        }
        verify();
    }

    /** A frame has come; perhaps what was in front of it has not. */
    void arrived(byte[] frame) {
        if (!isHole && dice.chance(scenario.holes())) {
            isHole = true;
            int of = connection;
            time.after(2 * scenario.delayNanos() + dice.below(50_000_000), () -> {
                if (of == connection) {
                    fillHole();
                }
            });
            behindHole.add(new Held(Unpooled.wrappedBuffer(frame), false));
        } else if (isHole) {
            behindHole.add(new Held(Unpooled.wrappedBuffer(frame), goesEarly(frame)));
        } else {
            feed(frame, frame.length);
        }
        verify();
    }

    private boolean goesEarly(byte[] frame) {
        isEarly = true;
        wentEarly = false;
        early.decode(Unpooled.wrappedBuffer(frame), this);
        isEarly = false;
        if (wentEarly) {
            wentEarlyCount++;
        }
        return wentEarly;
    }

    private void fillHole() {
        isHole = false;
        for (Held held = behindHole.poll(); held != null; held = behindHole.poll()) {
            if (!held.isDelivered() || strikes(RelayMutation.FORGETS_WHAT_WENT_EARLY)) {
                feed(held.frame().array(), held.frame().readableBytes());
            }
        }
        verify();
    }

    private void feed(byte[] frame, int length) {
        int middle = length == 0 ? 0 : dice.below(length);
        decoder.decode(incoming.writeBytes(frame, 0, middle), this);
        decoder.decode(incoming.writeBytes(frame, middle, length - middle), this);
        incoming.discardReadBytes();
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
        if (!isEarly) {
            trace.add(time, () -> "server: " + message);
            relay.receive(message, time.nowNanos());
        }
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        trace.add(time, () -> "server: data " + channel + " " + length + (isEarly ? " past a hole" : ""));
        if (isEarly) {
            wentEarly = relay.early(channel, buffer, index, length, time.nowNanos());
        } else {
            relay.data(channel, buffer, index, length, time.nowNanos());
        }
    }

    // The way up

    @Override
    public void wake() {
        if (!isPumping) {
            isPumping = true;
            time.after(0, this::pump);
        }
    }

    private void pump() {
        isPumping = false;
        ModelLink link = up;
        if (link == null) {
            return;
        }
        byte[] frame = next();
        if (frame.length > 0) {
            isPumping = true;
            time.at(link.send(frame), this::pump);
        }
        verify();
    }

    private byte[] next() {
        for (Message message = relay.poll(time.nowNanos()); message != null; message = relay.poll(time.nowNanos())) {
            Message said = message;
            trace.add(time, () -> "relay: " + said);
            Message changed = mutated(message);
            if (changed != null) {
                return encoded(changed);
            }
        }
        return queue.isEmpty()
                ? new byte[0]
                : nextData(queue.keySet().iterator().next());
    }

    /** The next frame of the channel whose turn it is. */
    private byte[] nextData(Channel channel) {
        Deque<byte[]> frames = queue.getOrDefault(channel, new ArrayDeque<>());
        byte[] content = strikes(RelayMutation.OVERTAKES) ? frames.removeLast() : frames.remove();
        queue.remove(channel);
        if (!frames.isEmpty()) {
            queue.put(channel, frames); // behind the others
        }
        if (!channel.isTcp() && dice.chance(scenario.queueDrops())) {
            relay.dropped(channel, content.length, time.nowNanos());
            return next();
        }
        byte[] frame = encoded(channel, content);
        relay.left(channel, content.length, time.nowNanos());
        trace.add(time, () -> "relay: data " + channel.number() + " " + content.length);
        return frame;
    }

    private @Nullable Message mutated(Message message) {
        if (message instanceof Message.Credit credit) {
            if (strikes(RelayMutation.GRANTS_TWICE)) {
                account(credit.channel(), credit.bytes());
                return new Message.Credit(credit.channel(), 2 * credit.bytes());
            }
            account(credit.channel(), credit.bytes());
            if (strikes(RelayMutation.LOSES_CREDIT)) {
                return null;
            }
        } else if (message instanceof Message.Opened opened && opened.credit() > 0) {
            account(opened.channel(), opened.credit());
        } else if (message instanceof Message.Close && strikes(RelayMutation.LOSES_A_CLOSE)) {
            return null;
        }
        return message;
    }

    /** Credit goes out to the channel of that number which the server knows. */
    private void account(int number, long bytes) {
        for (Map.Entry<Channel, Long> entry : granted.entrySet()) {
            Channel channel = entry.getKey();
            if (channel.number() == number && channel.state() != ChannelState.DRAINING && channel.isTcp()) {
                entry.setValue(entry.getValue() + bytes);
            }
        }
    }

    private byte[] encoded(Message message) {
        ByteBuf out = Unpooled.buffer();
        codec.write(message, encoder, out);
        return ByteBufUtil.getBytes(out);
    }

    private byte[] encoded(Channel channel, byte[] content) {
        ByteBuf out = Unpooled.buffer(content.length + 16);
        codec.beginData(encoder, out, channel.number()).writeBytes(content);
        encoder.end();
        return ByteBufUtil.getBytes(out);
    }

    @Override
    public void data(Channel channel, ByteBuf buffer, int index, int length) {
        queue.computeIfAbsent(channel, first -> new ArrayDeque<>()).add(ByteBufUtil.getBytes(buffer, index, length));
        wake();
    }

    @Override
    public void discard(Channel channel) {
        queue.remove(channel);
    }

    // The services

    @Override
    public Service connect(Channel channel) {
        Exchange exchange = exchanges.apply(Exchange.key(channel));
        trace.add(time, () -> "connect " + exchange);
        ModelService service = new ModelService(this, exchange, channel, time, dice.split());
        services.add(service);
        granted.put(channel, 0L);
        return switch (mutation) {
            case WRITES_TWICE, LOSES_A_WRITE, FORGETS_AN_END, FORGETS_A_RESET -> new Unsound(service);
            default -> service;
        };
    }

    void taken(Channel channel, long bytes) {
        granted.computeIfPresent(channel, (same, before) -> before - bytes);
        relay.taken(channel, bytes, time.nowNanos());
        if (strikes(RelayMutation.TAKES_TWICE)) {
            relay.taken(channel, bytes, time.nowNanos());
        }
        verify();
    }

    void over(ModelService service) {
        services.remove(service);
    }

    Set<ModelService> services() {
        return Set.copyOf(services);
    }

    void close() {
        early.close();
        encoder.close();
        decoder.close();
    }

    /** Nothing is above its bound: by the relay's books at every step, by the host's own at every so many. */
    void verify() {
        RelayStats.Now now = relay.now();
        bound("all bytes", now.heldBytes(), scenario.limits().totalBytes());
        bound("channels", now.channels(), scenario.limits().channels());
        bound("half-open connections", now.halfOpen(), scenario.limits().halfOpen());
        if (steps++ % STEPS_PER_AUDIT == 0) {
            audit(now);
        }
    }

    private void audit(RelayStats.Now now) {
        granted.keySet().removeIf(channel -> channel.state() == ChannelState.CLOSED);
        long sum = 0;
        for (Map.Entry<Channel, Long> entry : granted.entrySet()) {
            // Credit that the server will not use any more is none.
            sum += entry.getKey().hasServerEnded ? 0 : entry.getValue();
            bound("credit of " + entry.getKey(), entry.getKey().hasServerEnded ? 0 : entry.getValue(), channelBytes());
        }
        for (ModelService service : services) {
            bound("waiting for " + service, service.untakenBytes(), channelBytes());
        }
        for (Map.Entry<Channel, Deque<byte[]>> entry : queue.entrySet()) {
            long bytes = entry.getValue().stream()
                    .mapToLong(frame -> frame.length + RelayLimits.FRAME_OVERHEAD_BYTES)
                    .sum();
            bound("queue of " + entry.getKey(), bytes, channelBytes());
            sum += bytes;
        }
        for (Map.Entry<Channel, Long> entry : granted.entrySet()) {
            sum += entry.getKey().hasServerEnded ? entry.getKey().window.untakenBytes() : 0;
        }
        bound("all bytes", sum, scenario.limits().totalBytes());
        peakBytes = Math.max(peakBytes, sum);
        if (now.heldBytes() != sum) {
            throw new Violation(
                    "the relay says it holds " + now.heldBytes() + ", more than allowed or less than it does: " + sum);
        }
        if (services.size() < now.channels()) {
            throw new Violation("channels without a service: " + now + ", " + services.size());
        }
    }

    private long channelBytes() {
        return Math.max(scenario.limits().channelBytes(), RelayLimits.OWN_BYTES);
    }

    private static void bound(String what, long value, long most) {
        if (value > most) {
            throw new Violation(what + " is " + value + ", more than allowed: " + most);
        }
    }

    /** A service's connection that does not do all that it is told. */
    private final class Unsound implements Service {
        private final ModelService service;

        Unsound(ModelService service) {
            this.service = service;
        }

        @Override
        public boolean write(ByteBuf buffer, int index, int length) {
            boolean isTaken = strikes(RelayMutation.LOSES_A_WRITE) || service.write(buffer, index, length);
            if (strikes(RelayMutation.WRITES_TWICE)) {
                service.write(buffer, index, length);
            }
            return isTaken;
        }

        @Override
        public void endOutput() {
            if (!strikes(RelayMutation.FORGETS_AN_END)) {
                service.endOutput();
            }
        }

        @Override
        public void startReading() {
            service.startReading();
        }

        @Override
        public void stopReading() {
            service.stopReading();
        }

        @Override
        public void reset() {
            if (!strikes(RelayMutation.FORGETS_A_RESET)) {
                service.reset();
            }
        }

        @Override
        public void close() {
            service.close();
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
