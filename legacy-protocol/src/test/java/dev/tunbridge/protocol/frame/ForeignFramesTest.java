package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.impl.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.stomp.DefaultStompFrame;
import io.netty.handler.codec.stomp.StompCommand;
import io.netty.handler.codec.stomp.StompContentSubframe;
import io.netty.handler.codec.stomp.StompSubframeDecoder;
import io.netty.handler.codec.stomp.StompSubframeEncoder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.jsmpp.DefaultPDUReader;
import org.jsmpp.InvalidCommandLengthException;
import org.jsmpp.bean.Command;
import org.jsmpp.util.DefaultComposer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Implementations of others read what we write, and we read what they write, however it is cut. */
class ForeignFramesTest {
    private static final int ROUNDS = 40;
    /** On both sides of what one, two and three bytes of length hold, and of what the stages of WebSocket do. */
    private static final int[] SIZES = {0, 1, 100, 124, 125, 126, 127, 128, 129, 16_383, 16_384, 65_535, 65_536, 70_000
    };

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);

    private byte[] payload() {
        int size = random.nextInt(3) == 0 ? SIZES[random.nextInt(SIZES.length)] : random.nextInt(300);
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String event(int type, byte[] payload) {
        return type + " " + HexFormat.of().formatHex(payload);
    }

    private List<String> read(FrameFormat format, byte[] stream) {
        List<String> events = Recorder.decode(format, stream, () -> 1 + random.nextInt(2_000));
        return events.stream()
                .map(event -> event.replaceFirst("^frame [0-9.]+ type ([0-9]+) fields .* payload ", "$1 "))
                .toList();
    }

    private static byte[] write(FrameFormat format, int type, List<byte[]> payloads) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            payloads.forEach(payload -> encoder.encode(out, type, Unpooled.wrappedBuffer(payload)));
        }
        return ByteBufUtil.getBytes(out);
    }

    private static byte[] outbound(ChannelHandler encoder, List<?> messages) {
        EmbeddedChannel channel = new EmbeddedChannel(encoder);
        ByteBuf all = Unpooled.buffer();
        messages.forEach(channel::writeOutbound);
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        channel.finishAndReleaseAll();
        return ByteBufUtil.getBytes(all);
    }

    private <T> List<byte[]> inbound(
            ChannelHandler decoder, byte[] stream, Class<T> kind, Function<T, byte[]> content) {
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        List<byte[]> contents = new ArrayList<>();
        for (int at = 0; at < stream.length; ) {
            int end = Math.min(stream.length, at + 1 + random.nextInt(2_000));
            channel.writeInbound(Unpooled.copiedBuffer(stream, at, end - at));
            at = end;
            for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
                if (kind.isInstance(message)) {
                    contents.add(content.apply(kind.cast(message)));
                }
            }
        }
        channel.finishAndReleaseAll();
        return contents;
    }

    private List<byte[]> payloads() {
        List<byte[]> payloads = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            payloads.add(payload());
        }
        return payloads;
    }

    private static final byte[] TOPIC = {0, 1, 't'};

    private static byte[] published(byte[] payload) {
        byte[] bytes = Arrays.copyOf(TOPIC, TOPIC.length + payload.length);
        System.arraycopy(payload, 0, bytes, TOPIC.length, payload.length);
        return bytes;
    }

    @Test
    void nettyAndWeReadEachOthersMqtt() {
        FrameFormat mqtt = FrameFormat.builtin("mqtt");
        List<byte[]> payloads = payloads();
        List<?> messages = payloads.stream()
                .map(payload -> MqttMessageBuilders.publish()
                        .topicName("t")
                        .qos(MqttQoS.AT_MOST_ONCE)
                        .payload(Unpooled.wrappedBuffer(payload))
                        .build())
                .toList();
        assertThat(read(mqtt, outbound(MqttEncoder.INSTANCE, messages)))
                .as("seed %d", seed)
                .isEqualTo(payloads.stream().map(p -> event(0x30, published(p))).toList());
        byte[] ours = write(
                mqtt, 0x30, payloads.stream().map(ForeignFramesTest::published).toList());
        assertThat(inbound(new MqttDecoder(1 << 20), ours, MqttPublishMessage.class, m -> bytesOf(m.payload())))
                .as("seed %d", seed)
                .containsExactlyElementsOf(payloads);
    }

    /** A length of four bytes that says what one could is read as well, as Netty does. */
    @Test
    void aLengthOfMoreBytesThanItNeedsIsRead() {
        FrameFormat mqtt = FrameFormat.builtin("mqtt");
        assertThat(read(mqtt, Framings.bytes("30 84 80 80 00 00 01 74 AA C0 00")))
                .containsExactly("48 000174aa", "192 ");
        assertThat(read(mqtt, Framings.bytes("30 FF FF FF FF 01")))
                .containsExactly("bad LENGTH at 0", "lost LENGTH at 0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nettyAndWeReadEachOthersWebSocketFrames(boolean isClient) {
        FrameFormat format = FrameFormat.builtin("websocket");
        List<byte[]> payloads = payloads();
        List<?> frames = payloads.stream()
                .map(payload -> new BinaryWebSocketFrame(Unpooled.wrappedBuffer(payload)))
                .toList();
        assertThat(read(format, outbound(new WebSocket13FrameEncoder(isClient), frames)))
                .as("seed %d", seed)
                .isEqualTo(payloads.stream().map(p -> event(2, p)).toList());
        WebSocketDecoderConfig config = WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(isClient)
                .allowMaskMismatch(false)
                .maxFramePayloadLength(1 << 20)
                .build();
        ByteBuf ours = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (byte[] payload : payloads) {
                ByteBuf body = encoder.begin(ours, 2);
                if (!isClient) {
                    encoder.setField(format.fieldIndex("masked").orElseThrow(), 0);
                }
                body.writeBytes(payload);
                encoder.end();
            }
        }
        assertThat(inbound(
                        new WebSocket13FrameDecoder(config),
                        ByteBufUtil.getBytes(ours),
                        BinaryWebSocketFrame.class,
                        frame -> bytesOf(frame.content())))
                .as("seed %d", seed)
                .containsExactlyElementsOf(payloads);
    }

    /** RFC 6455, section 5.7: "Hello", masked and not. */
    @Test
    void theExamplesOfWebSocketAreRead() {
        FrameFormat format = FrameFormat.builtin("websocket");
        assertThat(read(format, Framings.bytes("81 85 37 FA 21 3D 7F 9F 4D 51 58 81 05 48 65 6C 6C 6F")))
                .containsExactly("1 48656c6c6f", "1 48656c6c6f");
        assertThat(read(format, Framings.bytes("82 7E 00 7D")))
                .as("there is one way only to write a length")
                .containsExactly("bad LENGTH at 0", "lost LENGTH at 0");
    }

    /** Else somebody could make the client write bytes of his choice (RFC 6455, section 10.3). */
    @Test
    void noTwoFramesOfAConnectionOrOfTwoHaveOneKey() {
        FrameFormat format = FrameFormat.builtin("websocket");
        Set<String> keys = new HashSet<>();
        for (int connection = 0; connection < 2; connection++) {
            byte[] frames = write(format, 2, Collections.nCopies(2_000, new byte[0]));
            for (int at = 0; at < frames.length; at += 6) {
                keys.add(ByteBufUtil.hexDump(frames, at + 2, 4));
            }
        }
        // Of 4,000 numbers of 32 bits, two are equal once in 500 times; four never.
        assertThat(keys).hasSizeGreaterThan(3_996);
    }

    @Test
    void nettyAndWeReadEachOthersHttpChunks() {
        FrameFormat format = FrameFormat.builtin("http-chunks");
        List<byte[]> payloads =
                new ArrayList<>(payloads().stream().filter(p -> p.length > 0).toList());
        DefaultHttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        List<Object> messages = new ArrayList<>(List.of(response));
        payloads.forEach(payload -> messages.add(new DefaultHttpContent(Unpooled.wrappedBuffer(payload))));
        messages.add(LastHttpContent.EMPTY_LAST_CONTENT);
        byte[] theirs = outbound(new HttpResponseEncoder(), messages);
        byte[] head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(theirs).startsWith(head);
        payloads.add(new byte[0]);
        assertThat(read(format, Arrays.copyOfRange(theirs, head.length, theirs.length)))
                .as("seed %d", seed)
                .isEqualTo(payloads.stream().map(p -> event(0, p)).toList());
        byte[] chunks = write(format, 0, payloads);
        byte[] ours = Arrays.copyOf(head, head.length + chunks.length);
        System.arraycopy(chunks, 0, ours, head.length, chunks.length);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        inbound(new HttpResponseDecoder(), ours, HttpContent.class, content -> bytesOf(content.content()))
                .forEach(body::writeBytes);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        payloads.forEach(expected::writeBytes);
        assertThat(body.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
    }

    /** STOMP 1.2: a body without a length ends at the first zero, so that none holds one. */
    @Test
    void nettyAndWeReadEachOthersStomp() {
        FrameFormat stomp = FrameFormat.builtin("stomp");
        List<byte[]> bodies = payloads().stream()
                .filter(body -> body.length > 0)
                .map(ForeignFramesTest::withoutZeros)
                .toList();
        byte[] head = "SEND\ndestination:/queue/a\n\n".getBytes(StandardCharsets.US_ASCII);
        List<byte[]> frames = bodies.stream().map(body -> joined(head, body)).toList();
        List<?> messages = bodies.stream()
                .map(body -> {
                    DefaultStompFrame frame = new DefaultStompFrame(StompCommand.SEND, Unpooled.wrappedBuffer(body));
                    frame.headers().set("destination", "/queue/a");
                    return frame;
                })
                .toList();
        assertThat(read(stomp, outbound(new StompSubframeEncoder(), messages)))
                .as("seed %d", seed)
                .isEqualTo(frames.stream().map(frame -> event(0, frame)).toList());
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        bodies.forEach(expected::writeBytes);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        inbound(
                        new StompSubframeDecoder(),
                        write(stomp, 0, frames),
                        StompContentSubframe.class,
                        part -> bytesOf(part.content()))
                .forEach(read::writeBytes);
        assertThat(read.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
    }

    /** A byte in the middle of a frame is lost, or turned into its end: the frames around it come out. */
    @Test
    void damageBetweenFramesOfNettyCostsNoOther() {
        FrameFormat stomp = FrameFormat.builtin("stomp");
        byte[] body = withoutZeros(payload());
        List<DefaultStompFrame> messages = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            messages.add(new DefaultStompFrame(StompCommand.SEND, Unpooled.wrappedBuffer(body)));
        }
        byte[] stream = outbound(new StompSubframeEncoder(), messages);
        int frameBytes = stream.length / 3;
        stream[frameBytes + random.nextInt(frameBytes - 1)] = 0;
        List<String> events = read(stomp, stream);
        String whole = event(0, joined("SEND\n\n".getBytes(StandardCharsets.US_ASCII), body));
        assertThat(events).as("seed %d", seed).startsWith(whole).endsWith(whole);
    }

    private static byte[] withoutZeros(byte[] bytes) {
        byte[] text = bytes.clone();
        for (int i = 0; i < text.length; i++) {
            text[i] = text[i] == 0 ? 1 : text[i];
        }
        return text;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] bytes = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, bytes, first.length, second.length);
        return bytes;
    }

    @Test
    void theClientOfRabbitMqAndWeReadEachOthersFrames() throws IOException {
        FrameFormat amqp = FrameFormat.builtin("amqp-0-9-1");
        List<byte[]> payloads = payloads();
        ByteArrayOutputStream theirs = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(theirs);
        for (byte[] payload : payloads) {
            new Frame(3, 7, payload).writeTo(out);
        }
        out.flush();
        assertThat(read(amqp, theirs.toByteArray()))
                .as("seed %d", seed)
                .isEqualTo(payloads.stream().map(p -> event(3, p)).toList());
        DataInputStream ours = new DataInputStream(new ByteArrayInputStream(write(amqp, 3, payloads)));
        for (byte[] payload : payloads) {
            Frame frame = Frame.readFrom(ours, 1 << 20);
            assertThat(frame.type).isEqualTo(3);
            assertThat(frame.getPayload()).isEqualTo(payload);
        }
        assertThat(ours.available()).isZero();
    }

    @Test
    void jsmppAndWeReadEachOthersUnits() throws IOException, InvalidCommandLengthException {
        FrameFormat smpp = FrameFormat.builtin("smpp");
        DefaultComposer composer = new DefaultComposer();
        ByteArrayOutputStream theirs = new ByteArrayOutputStream();
        theirs.writeBytes(composer.enquireLink(1));
        theirs.writeBytes(composer.enquireLinkResp(2));
        theirs.writeBytes(composer.unbindResp(0, 3));
        theirs.writeBytes(composer.deliverSmResp(0, 4, "id"));
        assertThat(read(smpp, theirs.toByteArray()))
                .containsExactly(
                        event(0x15, new byte[0]), 0x80000015L + " ", 0x80000006L + " ", 0x80000005L + " 696400");
        List<byte[]> payloads =
                payloads().stream().filter(payload -> payload.length <= 65_536).toList();
        int submitResponse = smpp.type("submit-sm-resp").orElseThrow();
        DataInputStream ours = new DataInputStream(new ByteArrayInputStream(write(smpp, submitResponse, payloads)));
        DefaultPDUReader reader = new DefaultPDUReader();
        for (byte[] payload : payloads) {
            Command header = reader.readPDUHeader(ours);
            assertThat(header.getCommandId()).isEqualTo(0x80000004);
            byte[] unit = reader.readPDU(ours, header);
            assertThat(Arrays.copyOfRange(unit, 16, unit.length)).isEqualTo(payload);
        }
        assertThat(ours.available()).isZero();
    }

    private static byte[] bytesOf(ByteBuf content) {
        byte[] bytes = ByteBufUtil.getBytes(content);
        content.release();
        return bytes;
    }
}
