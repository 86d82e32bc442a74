package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A relay whose services and queue only write down what they are told. */
final class RelayRig implements ServiceSide, ServerSide {
    static final int FRAME_BYTES = 2_000;
    static final int TCP = Message.TCP;
    static final int UDP = Message.UDP;

    final Relay relay;
    final List<Recorded> services = new ArrayList<>();
    final List<String> queued = new ArrayList<>();
    final List<Channel> discarded = new ArrayList<>();
    int wakes;
    long nowNanos = 1;

    RelayRig() {
        this(RelayLimits.DEFAULTS);
    }

    RelayRig(RelayLimits limits) {
        relay = new Relay(limits, open -> open.devicePort() != 23, this, this, FRAME_BYTES, nowNanos);
    }

    /** One service, and what it was told. */
    static final class Recorded implements Service {
        /** As much as its socket takes of a datagram. */
        static final int MOST_DATAGRAM_BYTES = 1_472;

        final Channel channel;
        final List<String> told = new ArrayList<>();

        Recorded(Channel channel) {
            this.channel = channel;
        }

        @Override
        public boolean write(ByteBuf buffer, int index, int length) {
            told.add("write " + length);
            return length <= MOST_DATAGRAM_BYTES;
        }

        @Override
        public void endOutput() {
            told.add("end");
        }

        @Override
        public void startReading() {
            told.add("read");
        }

        @Override
        public void stopReading() {
            told.add("pause");
        }

        @Override
        public void reset() {
            told.add("reset");
        }

        @Override
        public void close() {
            told.add("close");
        }
    }

    static RelayLimits limits(int channels, int halfOpen, int opensPerSecond) {
        return new RelayLimits(
                channels,
                halfOpen,
                opensPerSecond,
                1 << 20,
                4 << 20,
                TimeUnit.SECONDS.toNanos(10),
                TimeUnit.SECONDS.toNanos(60),
                TimeUnit.SECONDS.toNanos(60));
    }

    static Message.Open open(int number, int transport, int devicePort) {
        try {
            return new Message.Open(number, transport, devicePort, InetAddress.getByName("198.18.0.9"), 40_000);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Service connect(Channel channel) {
        Recorded service = new Recorded(channel);
        services.add(service);
        return service;
    }

    @Override
    public void wake() {
        wakes++;
    }

    @Override
    public void data(Channel channel, ByteBuf buffer, int index, int length) {
        queued.add(channel.number() + ": " + length);
    }

    @Override
    public void discard(Channel channel) {
        discarded.add(channel);
    }

    Recorded asks(int number, int transport) {
        relay.receive(open(number, transport, 80), nowNanos);
        return services.get(services.size() - 1);
    }

    /** A channel that is open, and whose client takes nothing yet. */
    Recorded opens(int number, int transport) {
        Recorded service = asks(number, transport);
        relay.connected(service.channel, nowNanos);
        says();
        return service;
    }

    void credits(int number, long bytes) {
        relay.receive(new Message.Credit(number, bytes), nowNanos);
    }

    void ends(int number) {
        relay.receive(new Message.Close(number, CloseHow.END_OF_STREAM), nowNanos);
    }

    void resets(int number) {
        relay.receive(new Message.Close(number, CloseHow.RESET), nowNanos);
    }

    void sends(int number, int length) {
        relay.data(number, Unpooled.buffer(length).writeZero(length), 0, length, nowNanos);
    }

    boolean sendsEarly(int number, int length) {
        return relay.early(number, Unpooled.buffer(length).writeZero(length), 0, length, nowNanos);
    }

    void reads(Recorded service, int length) {
        relay.read(service.channel, Unpooled.buffer(length).writeZero(length), 0, length, nowNanos);
    }

    void takes(Recorded service, long bytes) {
        relay.taken(service.channel, bytes, nowNanos);
    }

    void leaves(Recorded service, int length) {
        relay.left(service.channel, length, nowNanos);
    }

    void passes(long seconds) {
        nowNanos += TimeUnit.SECONDS.toNanos(seconds);
        relay.tick(nowNanos);
    }

    /** All that the relay has to say now. */
    List<String> says() {
        List<String> said = new ArrayList<>();
        for (Message message = relay.poll(nowNanos); message != null; message = relay.poll(nowNanos)) {
            if (message instanceof Message.Opened opened) {
                said.add("opened " + opened.channel() + " " + opened.status() + " " + opened.credit());
            } else if (message instanceof Message.Credit credit) {
                said.add("credit " + credit.channel() + " " + credit.bytes());
            } else if (message instanceof Message.Close close) {
                said.add("close " + close.channel() + " " + close.how());
            }
        }
        return said;
    }

    long misbehaved(Misbehaviour what) {
        return relay.stats().misbehaved(what);
    }

    long refused(OpenRefusal reason) {
        return relay.stats().refused(reason);
    }
}
