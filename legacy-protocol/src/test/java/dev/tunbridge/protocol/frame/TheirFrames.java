package dev.tunbridge.protocol.frame;

import com.rabbitmq.client.impl.Frame;
import io.dronefleet.mavlink.annotations.MavlinkMessageInfo;
import io.dronefleet.mavlink.common.CommonDialect;
import io.dronefleet.mavlink.protocol.MavlinkPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.stomp.DefaultStompFrame;
import io.netty.handler.codec.stomp.StompCommand;
import io.netty.handler.codec.stomp.StompSubframeEncoder;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jsmpp.util.DefaultComposer;
import org.openmuc.jmbus.MBusConnection;
import org.openmuc.jsml.transport.Transport;

/** Frames that implementations of others write, each by itself, of contents that are drawn. */
final class TheirFrames {
    private static final int MOST_BYTES = 200;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final Random random;

    TheirFrames(Random random) {
        this.random = random;
    }

    List<byte[]> of(String format, int count) throws IOException {
        if (format.equals("ft12")) {
            return ofJmbus(count);
        }
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[4 + random.nextInt(MOST_BYTES)];
            random.nextBytes(payload);
            frames.add(frame(format, payload, i));
        }
        return frames;
    }

    private byte[] frame(String format, byte[] payload, int sequence) throws IOException {
        ByteBuf content = Unpooled.wrappedBuffer(payload);
        return switch (format) {
            case "mqtt" ->
                outbound(
                        MqttEncoder.INSTANCE,
                        MqttMessageBuilders.publish()
                                .topicName("t")
                                .qos(MqttQoS.AT_MOST_ONCE)
                                .payload(content)
                                .build());
            case "websocket" ->
                outbound(new WebSocket13FrameEncoder(random.nextBoolean()), new BinaryWebSocketFrame(content));
            case "http-chunks" -> chunk(content);
            case "stomp" -> {
                for (int i = 0; i < payload.length; i++) {
                    payload[i] |= (byte) (payload[i] == 0 ? 1 : 0);
                }
                yield outbound(new StompSubframeEncoder(), new DefaultStompFrame(StompCommand.SEND, content));
            }
            case "amqp-0-9-1" -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                new Frame(3, 7, payload).writeTo(new DataOutputStream(out));
                yield out.toByteArray();
            }
            case "smpp" ->
                random.nextBoolean()
                        ? new DefaultComposer().enquireLink(sequence)
                        : new DefaultComposer().deliverSmResp(0, sequence, "id" + sequence);
            case "mavlink" -> mavlink(payload, sequence);
            case "sml" -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                new Transport().send(new DataOutputStream(out), payload);
                yield out.toByteArray();
            }
            default -> throw new IllegalArgumentException(format + " has no implementation of others here");
        };
    }

    private static byte[] outbound(ChannelHandler encoder, Object... messages) {
        EmbeddedChannel channel = new EmbeddedChannel(encoder);
        ByteBuf all = Unpooled.buffer();
        channel.writeOutbound(messages);
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        channel.finishAndReleaseAll();
        return ByteBufUtil.getBytes(all);
    }

    /** The one behind the head of a response. */
    private static byte[] chunk(ByteBuf content) {
        byte[] whole = outbound(new HttpResponseEncoder(), response(), new DefaultHttpContent(content));
        return Arrays.copyOfRange(whole, outbound(new HttpResponseEncoder(), response()).length, whole.length);
    }

    private static DefaultHttpResponse response() {
        DefaultHttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        return response;
    }

    private byte[] mavlink(byte[] payload, int sequence) {
        List<MavlinkMessageInfo> known = new ArrayList<>();
        for (Class<?> message : new CommonDialect().messageTypes()) {
            MavlinkMessageInfo of = message.getAnnotation(MavlinkMessageInfo.class);
            if (of.id() < 256) { // version 1 has no others
                known.add(of);
            }
        }
        MavlinkMessageInfo info = Seeds.pick(random, known);
        payload[payload.length - 1] |= 1; // version 2 leaves zeros at the end out
        MavlinkPacket packet = random.nextBoolean()
                ? MavlinkPacket.createMavlink1Packet(sequence, 3, 4, info.id(), info.crc(), payload)
                : MavlinkPacket.createUnsignedMavlink2Packet(sequence, 3, 4, info.id(), info.crc(), payload);
        return packet.getRawBytes();
    }

    /** It talks to a meter that acknowledges whatever it hears. */
    private List<byte[]> ofJmbus(int count) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(TIMEOUT_MILLIS);
            CompletableFuture<List<byte[]>> heard = CompletableFuture.supplyAsync(() -> acknowledge(server));
            try (MBusConnection meter = MBusConnection.newTcpBuilder(
                            server.getInetAddress().getHostAddress(), server.getLocalPort())
                    .setConnectionTimeout(TIMEOUT_MILLIS)
                    .setTimeout(TIMEOUT_MILLIS)
                    .build()) {
                for (int i = 0; i < count; i++) {
                    if (random.nextInt(3) == 0) {
                        meter.linkReset(1 + random.nextInt(200));
                    } else {
                        byte[] data = new byte[1 + random.nextInt(MOST_BYTES)];
                        random.nextBytes(data);
                        meter.write(1 + random.nextInt(200), data);
                    }
                }
            }
            return heard.join();
        }
    }

    private static List<byte[]> acknowledge(ServerSocket server) {
        List<byte[]> frames = new ArrayList<>();
        try (Socket socket = server.accept()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                int first = in.read();
                if (first < 0) {
                    return frames;
                }
                ByteArrayOutputStream frame = new ByteArrayOutputStream();
                frame.write(first);
                byte[] rest = new byte[4];
                if (first == 0x68) {
                    int length = in.readUnsignedByte();
                    frame.write(length);
                    rest = new byte[length + 4];
                }
                in.readFully(rest);
                frame.writeBytes(rest);
                frames.add(frame.toByteArray());
                socket.getOutputStream().write(0xE5);
            }
        } catch (EOFException e) {
            return frames;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
