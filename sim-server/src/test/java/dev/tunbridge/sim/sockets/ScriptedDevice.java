package dev.tunbridge.sim.sockets;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.sim.lab.LabNamespace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A device that offers virtual sockets, on a real connection, and says of each channel what a test tells it to. */
final class ScriptedDevice implements AutoCloseable {
    static final long PLENTY = 1L << 30;
    private static final int SECONDS = 10;

    /** The most content of a frame. */
    static final int FRAME_BYTES = 2046;

    private final Protocol protocol = Protocol.builtin("reference");
    private final MessageCodec codec = protocol.newCodec();
    private final FrameEncoder encoder = codec.newEncoder();
    private final BlockingQueue<Message> heard = new LinkedBlockingQueue<>();
    private final Socket connection = new Socket();

    /** What may be sent on the channel that was opened last. */
    long credited;

    /** Connects from the host, and is welcomed. */
    static ScriptedDevice connect(LabNamespace host, InetSocketAddress server) throws Exception {
        ScriptedDevice device = new ScriptedDevice();
        host.call(() -> {
            device.connection.connect(server, SECONDS * 1000);
            return device;
        });
        device.connection.setTcpNoDelay(true);
        Thread reader = new Thread(device::hear, "scripted-device");
        reader.setDaemon(true);
        reader.start();
        device.say(new Message.Signal(
                "hello",
                Map.of(
                        "version", new Value.Whole(1),
                        "carriages", new Value.Names(Set.of("socket")),
                        "device-id", new Value.Text("scripted"),
                        "token", new Value.Text(""))));
        Message welcome = device.heard.poll(SECONDS, TimeUnit.SECONDS);
        if (!(welcome instanceof Message.Signal signal) || !signal.name().equals("welcome")) {
            throw new AssertionError("a welcome was awaited and came " + welcome);
        }
        return device;
    }

    private void hear() {
        MessageCodec reading = protocol.newCodec();
        try (FrameDecoder decoder = new FrameDecoder(protocol.format())) {
            ByteBuf bytes = Unpooled.buffer();
            byte[] chunk = new byte[64 * 1024];
            for (int read = connection.getInputStream().read(chunk);
                    read >= 0;
                    read = connection.getInputStream().read(chunk)) {
                bytes.writeBytes(chunk, 0, read);
                decoder.decode(bytes, new Frames(reading));
                bytes.discardReadBytes();
            }
        } catch (IOException e) {
            // Its end.
        }
    }

    private final class Frames implements FrameHandler, MessageHandler {
        private final MessageCodec reading;

        Frames(MessageCodec reading) {
            this.reading = reading;
        }

        @Override
        public void onFrame(FrameView frame) {
            try {
                reading.read(frame, this);
            } catch (MalformedMessageException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void onBadFrame(BadFrame reason, long offset) {
            throw new IllegalStateException(reason + " at " + offset);
        }

        @Override
        public void onSkipped(long from, long to) {
            throw new IllegalStateException("no frame at " + from);
        }

        @Override
        public void onMessage(Message message) {
            heard.add(message);
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            throw new IllegalStateException("a packet");
        }

        @Override
        public void onSegment(int p, ByteBuf buffer, int c, int d, int a, int index, int length) {
            throw new IllegalStateException("a segment");
        }

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {
            heard.add(new Message.Data(channel, Octets.of(ByteBufUtil.getBytes(buffer, index, length))));
        }

        @Override
        public void onUnknownType(int type) {
            throw new IllegalStateException("type " + type);
        }
    }

    void say(Message... messages) throws IOException {
        ByteBuf out = Unpooled.buffer();
        for (Message message : messages) {
            codec.write(message, encoder, out);
        }
        connection.getOutputStream().write(out.array(), 0, out.readableBytes());
    }

    /** The next message of a channel; those of the session are left out. */
    Message next() throws InterruptedException {
        Message message = poll(SECONDS * 1000);
        if (message == null) {
            throw new AssertionError("nothing came within " + SECONDS + " s");
        }
        return message;
    }

    /** The next, or null. */
    @Nullable
    Message poll(long millis) throws InterruptedException {
        Message message = heard.poll(millis, TimeUnit.MILLISECONDS);
        return message instanceof Message.Signal ? poll(millis) : message;
    }

    /** The next, and the first credit that comes right behind. */
    Message.Open nextOpen() throws InterruptedException {
        Message message = next();
        if (!(message instanceof Message.Open open)) {
            throw new AssertionError("an open was awaited and came " + message);
        }
        Message first = next();
        if (!(first instanceof Message.Credit granted) || granted.channel() != open.channel()) {
            throw new AssertionError("credit was awaited and came " + first);
        }
        credited = granted.bytes();
        return open;
    }

    /** Answers {@code open}. */
    void accept(int channel, long credit) throws Exception {
        say(new Message.Opened(channel, OpenStatus.OPEN, credit));
    }

    /** So many bytes of a channel. */
    byte[] read(int channel, int bytes) throws Exception {
        return exchange(channel, new byte[0], bytes);
    }

    /** Sends bytes as far as there is credit, and waits for more. */
    void write(int channel, byte[] bytes) throws Exception {
        exchange(channel, bytes, 0);
    }

    /** Both at once; all that comes meanwhile is of this channel. */
    byte[] exchange(int channel, byte[] out, int inBytes) throws Exception {
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        int sent = 0;
        while (sent < out.length || in.size() < inBytes) {
            while (sent < out.length && credited > 0) {
                int piece = (int) Math.min(Math.min(out.length - sent, FRAME_BYTES), credited);
                say(data(channel, Arrays.copyOfRange(out, sent, sent + piece)));
                credited -= piece;
                sent += piece;
            }
            if (sent == out.length && in.size() >= inBytes) {
                break;
            }
            Message message = next();
            if (message instanceof Message.Data data && data.channel() == channel) {
                in.writeBytes(data.content().toByteArray());
            } else if (message instanceof Message.Credit credit && credit.channel() == channel) {
                credited += credit.bytes();
            } else {
                throw new AssertionError("bytes or credit of channel " + channel + " were awaited and came " + message);
            }
        }
        return in.toByteArray();
    }

    static Message.Data data(int channel, byte[] bytes) {
        return new Message.Data(channel, Octets.of(bytes));
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
