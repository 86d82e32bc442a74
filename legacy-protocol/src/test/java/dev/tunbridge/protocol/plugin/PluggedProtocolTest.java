package dev.tunbridge.protocol.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.dissector.Dissector;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameTooLongException;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptions that ask for code: what becomes of payloads, of sessions, and of mistakes. */
class PluggedProtocolTest {
    private static final Plugins PLUGINS = Plugins.of(PluggedProtocolTest.class.getClassLoader());
    private static final int MOST = 200;
    private static final Surroundings STILL = new Surroundings() {
        @Override
        public long unixMillis() {
            return 0;
        }

        @Override
        public byte[] randomBytes(int count) {
            return new byte[count];
        }
    };

    private static Protocol acme(String frame, String more) {
        return Protocol.parse("""
                name: acme
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  %s
                types: {packet: 1, note: 2}
                messages:
                  packet: {means: packet, layout: [{constant: "4C"}, {bytes: content}]}
                  note: [{text: words}]
                  greeting: {unframed: {until: "0A"}, layout: [{text: words}]}
                %s
                """.formatted(frame, more), "acme.yaml", PLUGINS);
    }

    private static final String LENGTH = "length: {at: 1, size: 2, max: 200}\n  payload: {at: 3}";
    private static final String SLIP = "payload: {at: 1, max: 200}\n  escape: slip";

    private static MessageCodec codec(Protocol protocol) {
        return protocol.newCodec(End.CLIENT, Map.of(), STILL);
    }

    /** What came, as it was written. */
    private static final class Heard implements FrameHandler, MessageHandler {
        final List<Message> messages = new ArrayList<>();
        private final MessageCodec codec;
        private final boolean isPeek;
        int malformed;

        Heard(MessageCodec codec, boolean isPeek) {
            this.codec = codec;
            this.isPeek = isPeek;
        }

        @Override
        public void onFrame(FrameView frame) {
            try {
                if (isPeek) {
                    codec.peek(frame, this);
                } else {
                    codec.read(frame, this);
                }
            } catch (MalformedMessageException e) {
                malformed++;
            }
        }

        @Override
        public void onBadFrame(BadFrame reason, long offset) {
            throw new AssertionError(reason + " at " + offset);
        }

        @Override
        public void onSkipped(long fromOffset, long toOffset) {}

        @Override
        public void onMessage(Message message) {
            messages.add(message);
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            messages.add(new Message.Packet(Octets.copyOf(buffer, index, length)));
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf buffer,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {}

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {}

        @Override
        public void onUnknownType(int type) {}
    }

    private static List<Message> some(Random random) {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] content = new byte[1 + random.nextInt(MOST - 1 - 1 - StretchFactory.GROWTH)];
            random.nextBytes(content);
            messages.add(
                    random.nextInt(4) == 0
                            ? new Message.Signal("note", Map.of("words", new Value.Text("note " + i)))
                            : new Message.Packet(Octets.of(content)));
        }
        return messages;
    }

    private static ByteBuf written(Protocol protocol, List<Message> messages) {
        ByteBuf out = Unpooled.buffer();
        MessageCodec codec = codec(protocol);
        try (FrameEncoder encoder = codec.newEncoder()) {
            messages.forEach(message -> codec.write(message, encoder, out));
        }
        codec.close();
        return out;
    }

    @ParameterizedTest
    @CsvSource({"length, stretch", "length, counting", "slip, stretch", "slip, counting"})
    void whatIsMappedToTheWireIsMappedBack(String framing, String mapper) {
        String with = mapper.equals("counting") ? ", with: {counts: yes}" : "";
        Protocol protocol =
                acme(framing.equals("slip") ? SLIP : LENGTH, "session: none\nmapper: {name: stretch" + with + "}");
        List<Message> messages = some(new Random(7));
        ByteBuf bytes = written(protocol, messages);
        ByteBuf asDescribed = written(acme(framing.equals("slip") ? SLIP : LENGTH, "session: none"), messages);
        assertThat(bytes.readableBytes()).isGreaterThan(asDescribed.readableBytes());
        MessageCodec codec = codec(protocol);
        Heard heard = new Heard(codec, false);
        try (FrameDecoder decoder = new FrameDecoder(protocol.format())) {
            decoder.decode(bytes, heard);
        }
        assertThat(heard.messages).isEqualTo(messages);
        assertThat(heard.malformed).isZero();
        codec.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onlyWhatHangsOnNothingBeforeItIsPeekedAt(boolean isStateful) {
        Protocol protocol =
                acme(LENGTH, "session: none\nmapper: {name: stretch" + (isStateful ? ", with: {counts: yes}}" : "}"));
        List<Message> messages = some(new Random(8));
        MessageCodec codec = codec(protocol);
        Heard heard = new Heard(codec, true);
        try (FrameDecoder decoder = new FrameDecoder(protocol.format())) {
            decoder.decode(written(protocol, messages), heard);
        }
        List<Message> notes =
                messages.stream().filter(Message.Signal.class::isInstance).toList();
        assertThat(heard.messages).isEqualTo(isStateful ? notes : messages);
        assertThat(heard.malformed).isEqualTo(isStateful ? messages.size() - notes.size() : 0);
        codec.close();
    }

    @Test
    void roomIsWhatTheMapperLeaves() {
        MessageCodec described = acme(LENGTH, "session: none").newCodec();
        MessageCodec mapped =
                acme(LENGTH, "session: none\nmapper: {name: stretch}").newCodec();
        assertThat(mapped.maxPacketBytes()).isEqualTo(described.maxPacketBytes() - StretchFactory.GROWTH);
        assertThat(mapped.packetOverheadBytes()).isEqualTo(described.packetOverheadBytes() + StretchFactory.GROWTH);
    }

    @Test
    void aPacketThatGrowsTooLongOrThrowsLeavesNothingBehind() {
        Protocol protocol = acme(LENGTH, "session: none\nmapper: {name: stretch}");
        MessageCodec codec = codec(protocol);
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = codec.newEncoder()) {
            codec.write(new Message.Packet(Octets.of((byte) 1)), encoder, out);
            byte[] before = ByteBufUtil.getBytes(out);
            Message tooLong = new Message.Packet(Octets.of(new byte[MOST - 1]));
            assertThatThrownBy(() -> codec.write(tooLong, encoder, out)).isInstanceOf(FrameTooLongException.class);
            assertThat(ByteBufUtil.getBytes(out)).isEqualTo(before);
            encoder.begin(out, 1).writeByte(0xEE);
            assertThatThrownBy(encoder::end).hasMessage("begins with 0xEE");
            assertThat(ByteBufUtil.getBytes(out)).isEqualTo(before);
            codec.write(new Message.Packet(Octets.of((byte) 1)), encoder, out);
            assertThat(out.readableBytes()).isEqualTo(2 * before.length);
        }
        codec.close();
    }

    @Test
    void aDriverTakesThePlaceOfTheSession() {
        Protocol protocol = acme(LENGTH, "session: {driver: eager}");
        assertThat(protocol.given()).containsExactly("tunnel.mtu");
        assertThat(protocol.newPrelude(End.SERVER, codec(protocol)).isOver()).isFalse();
        assertThat(protocol.newPrelude(End.CLIENT, codec(protocol)).isOver()).isTrue();
        assertThat(protocol.newSession(Map.of(), STILL).isEstablished()).isFalse();
    }

    @Test
    void aMapperHearsWhatTheConfigurationSays() {
        Protocol protocol = acme(LENGTH, "session: none\nmapper: {name: stretch}");
        Map<String, Value> wrong = Map.of("identity.token", new Value.Text("wrong"));
        assertThatThrownBy(() -> protocol.newCodec(End.CLIENT, wrong, STILL))
                .isInstanceOf(DescriptionException.class)
                .hasMessageMatching(
                        "(?s)acme.yaml:\\d+:\\d+: mapper.name: is \"stretch\", which cannot use this configuration:"
                                + " identity.token is wrong; allowed: any other\\n.*mapper: \\{name: stretch}.*");
    }

    @Test
    void noDissectorReadsWhatAMapperHasChanged() {
        Protocol protocol = acme(LENGTH, "session: none\nmapper: {name: stretch}");
        assertThatThrownBy(() -> Dissector.of(protocol, 7_000))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("mapper: is stretch, which no dissector can be written for");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mapper: {name: strech}|mapper.name|is \"strech\"; allowed: stretch (a plugin's JAR is loaded by",
                "mapper: {nam: stretch}|mapper.nam|is an unknown key; the nearest is name; allowed name, with",
                "mapper: stretch|mapper|",
                "mapper: {name: stretch, with: {count: 1}}|mapper.with|has the keys [count]; allowed: counts",
                "mapper: {name: stretch, with: {counts: [1]}}|mapper.with.counts|allowed: text or a number",
                "session: {driver: lazy}|session.driver|is \"lazy\"; allowed: eager (a plugin's JAR is loaded by",
                "session: {driver: eager, login: []}|session.login|is an unknown key; allowed driver, with",
                "session: {driver: eager, with: {a: 1}}|session.with|takes none of [a]",
            })
    void aMistakeIsToldWithItsPlace(String more, String key, String reason) {
        String whole = more.startsWith("session") ? more : "session: none\n" + more;
        assertThatThrownBy(() -> acme(LENGTH, whole))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("acme.yaml")
                .hasMessageContaining(key + ":")
                .hasMessageContaining(reason == null ? "" : reason);
    }

    @Test
    void withoutPluginsNoneIsAllowed() {
        assertThatThrownBy(() -> Protocol.parse("""
                name: acme
                frame: {length: {at: 0, size: 2, max: 200}, payload: {at: 2}}
                types: {packet: 0}
                messages: {packet: {means: packet, layout: [{bytes: content}]}}
                session: {driver: ppp}
                """, "acme.yaml"))
                .hasMessageContaining("allowed: none, as there is no such plugin");
    }
}
