package dev.tunbridge.bridge.local;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.ServerSignals;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.TunnelParameters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server that welcomes one device after the other to virtual sockets and says what a test tells it to, on a real connection. */
final class ScriptedServer implements AutoCloseable {
    static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    private static final int SECONDS = 10;

    private final Protocol protocol = Protocol.builtin("reference");
    private final ServerSocket listener = new ServerSocket(0, 5, InetAddresses.forString("127.0.0.1"));
    private final BlockingQueue<Message> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<Socket> connections = new LinkedBlockingQueue<>();
    private @Nullable Socket connection;
    private FrameEncoder encoder;
    private MessageCodec codec;

    ScriptedServer() throws IOException {
        codec = protocol.newCodec();
        encoder = codec.newEncoder();
        Thread thread = new Thread(this::serve, "scripted-server");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    private void serve() {
        try {
            while (true) {
                Socket accepted = listener.accept();
                accepted.setTcpNoDelay(true);
                connections.add(accepted);
                Thread reader = new Thread(() -> read(accepted), "scripted-reader");
                reader.setDaemon(true);
                reader.start();
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void read(Socket socket) {
        MessageCodec reading = protocol.newCodec();
        try (FrameDecoder decoder = new FrameDecoder(protocol.format())) {
            ByteBuf bytes = Unpooled.buffer();
            byte[] chunk = new byte[64 * 1024];
            for (int read = socket.getInputStream().read(chunk);
                    read >= 0;
                    read = socket.getInputStream().read(chunk)) {
                bytes.writeBytes(chunk, 0, read);
                decoder.decode(bytes, new FrameHandler() {
                    @Override
                    public void onFrame(FrameView frame) {
                        try {
                            reading.read(frame, new Heard());
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
                });
                bytes.discardReadBytes();
            }
        } catch (IOException e) {
            // Its end.
        }
    }

    private final class Heard implements MessageHandler {
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

    /** Waits for a device, and lets it in. */
    void welcome() throws Exception {
        welcome(DEVICE);
    }

    /** The same with an address for it. */
    void welcome(InetAddress device) throws Exception {
        connection = connections.poll(SECONDS, TimeUnit.SECONDS);
        Message hello = next();
        if (!(hello instanceof Message.Signal signal) || !signal.name().equals("hello")) {
            throw new AssertionError("a hello was awaited and came " + hello);
        }
        say(ServerSignals.welcome(new TunnelParameters(
                Carriage.SOCKET,
                7,
                1400,
                30,
                device,
                device.equals(DEVICE) ? SERVER : InetAddresses.increment(device))));
    }

    void say(Message... messages) throws IOException {
        ByteBuf out = Unpooled.buffer();
        for (Message message : messages) {
            codec.write(message, encoder, out);
        }
        socket().getOutputStream().write(out.array(), 0, out.readableBytes());
    }

    /** The next message of a channel; keep-alives are left out. */
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
        return message instanceof Message.Signal signal && !signal.name().equals("hello") ? poll(millis) : message;
    }

    /** So many bytes of a channel; grants as much again, and credit that comes meanwhile is added up. */
    byte[] read(int channel, int bytes) throws Exception {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        while (whole.size() < bytes) {
            Message message = next();
            if (message instanceof Message.Data data && data.channel() == channel) {
                whole.writeBytes(data.content().toByteArray());
                say(new Message.Credit(channel, data.content().toByteArray().length));
            } else if (message instanceof Message.Credit credit) {
                credited += credit.bytes();
            } else {
                throw new AssertionError("bytes were awaited and came " + message);
            }
        }
        return whole.toByteArray();
    }

    long credited;

    Socket socket() {
        Socket current = connection;
        if (current == null) {
            throw new AssertionError("no device has come");
        }
        return current;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket left : connections) {
            left.close();
        }
        if (connection != null) {
            connection.close();
        }
    }
}
