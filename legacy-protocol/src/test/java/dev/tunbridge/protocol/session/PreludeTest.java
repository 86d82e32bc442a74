package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What lies in front of the first frame: a padded block, lines, bytes behind their number. */
class PreludeTest {
    private static final String MIXED = """
            name: mixed
            frame:
              length: {at: 0, size: 2, counts: payload, max: 2000}
              header: [{name: type, at: 2, size: 1}]
              payload: {at: 3}
            types: {ip: 0, alive: 1}
            messages:
              ip: {means: packet, layout: [{bytes: content}]}
              alive: []
              greeting: {unframed: {size: 20, pad: "00"}, layout: [{literal: "MIX v"}, {text: version, until: "0A"}]}
              name: {unframed: {until: "0A", max: 40}, layout: [{literal: "I AM "}, {text: name, charset: ascii}]}
              challenge: {unframed: {length: {size: 2}, max: 64}, layout: [{bytes: challenge, size: 8}]}
              answer: {unframed: {until: "00"}, layout: [{bytes: answer, digits: "abcdefghijklmnop"}]}
              accepted: {unframed: {until: "0A"}, layout: [{literal: "OK "}, {text: device, until: "20"}, {text: server, until: "20"}, {text: bits, until: "20"}, {text: mtu}]}
              denied: {unframed: {until: "0A"}, layout: [{literal: "NO "}, {text: why}]}
            session:
              login:
                - {from: server, message: greeting, with: {version: {any: "1.2"}}}
                - {from: client, message: name, with: {name: "${identity.device-id}"}}
                - {from: server, message: challenge, with: {challenge: {random: 8}}}
                - from: client
                  message: answer
                  with: {answer: {encrypt: Blowfish/ECB/NoPadding, key: {digest: MD5, of: ["${identity.token}"]}, of: ["${challenge.challenge}"]}}
                - from: server
                  message: accepted
                  with: {device: "${tunnel.device-address}", server: "${tunnel.server-address}", bits: "${tunnel.prefix-length}", mtu: "${tunnel.mtu}"}
                  refusal: {message: denied, with: {why: "${refusal.reason}"}}
              keepalive: {from: client, message: alive}
            """;

    private static final Protocol PROTOCOL = Protocol.parse(MIXED, "mixed.yaml");
    private static final Map<String, Value> CONFIGURED = Map.of(
            "identity.device-id", new Value.Text("pump"),
            "identity.token", new Value.Text("secret"),
            "tunnel.carriage", new Value.Text("packet"));

    /** One end with its codec: what it says is bytes, and what it hears. */
    private static class Speaker implements MessageHandler {
        private final Session session;
        private final MessageCodec codec = PROTOCOL.newCodec();
        private final FrameEncoder encoder = new FrameEncoder(PROTOCOL.format());
        private final Prelude prelude;
        private final ByteBuf unread = Unpooled.buffer();
        private final ByteBuf said = Unpooled.buffer();
        private final List<SessionAction> actions = new ArrayList<>();

        Speaker(Session session, End other) {
            this.session = session;
            prelude = PROTOCOL.newPrelude(other, codec);
        }

        static Speaker client(Map<String, Value> variables) {
            return new Speaker(
                    Session.client(PROTOCOL.session(), PROTOCOL.format(), variables, Script.STILL), End.SERVER);
        }

        static Speaker server(String token) throws Exception {
            TunnelParameters tunnel = new TunnelParameters(
                    Carriage.PACKET,
                    0,
                    1_280,
                    30,
                    java.net.InetAddress.getByName("198.19.0.1"),
                    java.net.InetAddress.getByName("198.19.0.2"));
            return new Speaker(
                    Session.server(
                            PROTOCOL.session(),
                            PROTOCOL.format(),
                            Map.of("identity.token", new Value.Text(token)),
                            said -> token.isEmpty()
                                    ? new Admission.Decision.Refused("closed", "not today")
                                    : Script.admit(tunnel),
                            Script.STILL),
                    End.CLIENT);
        }

        void begin() {
            apply(session.connected(0));
        }

        /** All in one, or a byte at a time. */
        void hear(ByteBuf bytes, int chunk) {
            while (bytes.isReadable()) {
                unread.writeBytes(bytes, Math.min(chunk, bytes.readableBytes()));
                if (!prelude.isOver()) {
                    prelude.read(unread, this);
                }
            }
        }

        private void apply(List<SessionAction> more) {
            actions.addAll(more);
            for (SessionAction action : more) {
                if (action instanceof SessionAction.Send send) {
                    codec.write(send.message(), encoder, said);
                }
            }
        }

        @Override
        public void onMessage(Message message) {
            apply(session.received(message, 0));
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {}

        @Override
        public void onSegment(int protocol, ByteBuf buffer, int client, int device, int bytes, int index, int length) {}

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {}

        @Override
        public void onUnknownType(int type) {}
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1000})
    void bothEndsPlayItInAnyChunks(int chunk) throws Exception {
        Speaker client = Speaker.client(CONFIGURED);
        Speaker server = Speaker.server("secret");
        client.begin();
        server.begin();
        for (int turn = 0; turn < 3; turn++) {
            client.hear(server.said, chunk);
            server.hear(client.said, chunk);
        }
        assertThat(client.session.isEstablished()).isTrue();
        assertThat(server.session.isEstablished()).isTrue();
        assertThat(client.prelude.isOver()).isTrue();
        assertThat(server.prelude.isOver()).isTrue();
        assertThat(client.actions)
                .last()
                .isInstanceOfSatisfying(
                        SessionAction.Established.class,
                        up -> assertThat(up.tunnel().mtu()).isEqualTo(1_280));
    }

    /** The bytes by hand; the ciphertext is what openssl makes of eight bytes 01 under the MD5 digest of "secret". */
    @Test
    void theBytesAreThoseOfTheDescription() throws Exception {
        Speaker client = Speaker.client(CONFIGURED);
        client.begin();
        client.hear(bytes("MIX v9.9\n" + "\0".repeat(11)), 1000);
        assertThat(client.said.toString(StandardCharsets.US_ASCII)).isEqualTo("I AM pump\n");
        client.said.clear();
        client.hear(Unpooled.wrappedBuffer(HexFormat.of().parseHex("00080101010101010101")), 1000);
        assertThat(client.said.toString(StandardCharsets.US_ASCII)).isEqualTo(ANSWER + "\0");
        // The first frame comes in the same read, and is left where it is.
        client.hear(bytes("OK 198.19.0.1 198.19.0.2 30 1300\n\0\1\0A"), 1000);
        assertThat(client.session.isEstablished()).isTrue();
        assertThat(client.unread.readableBytes()).isEqualTo(4);
    }

    private static final String ANSWER = "cciokicmkibdlkmp";

    @Test
    void aRefusalIsOneOfTheWordsThatMayCome() throws Exception {
        Speaker client = greeted();
        client.hear(bytes("\0\10ABCDEFGH"), 1000);
        client.hear(bytes("NO more devices\n"), 1000);
        assertThat(client.actions)
                .contains(new SessionAction.Refused("more devices", "", false))
                .last()
                .isInstanceOf(SessionAction.Closed.class);
    }

    @Test
    void theServerRefusesInTheSameWords() throws Exception {
        Speaker client = Speaker.client(CONFIGURED);
        Speaker server = Speaker.server("");
        client.begin();
        server.begin();
        client.hear(server.said, 1000);
        server.hear(client.said, 1000);
        client.hear(server.said, 1000);
        assertThat(server.said.isReadable()).isFalse();
        // A token that the server does not have gives another answer, which is a violation and no refusal.
        assertThatThrownBy(() -> {
                    server.hear(client.said, 1000);
                    throw new IllegalStateException(server.actions.toString());
                })
                .hasMessageContaining("answer.answer");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HELLO, I AM ANOTHER | greeting: constant at byte 0 of the payload is \"HELLO\"; allowed \"MIX v\"; came \"HELLO, I AM ANOTHER\\x00\"",
                "MIX v1 and no end... | greeting: version at byte 5 of the payload is not closed by 0A; came \"MIX v1 and no end...\"",
                "MIX v1#behind........ | greeting: 13 bytes too many behind byte 7; came \"MIX v1\\x0Abehind.......\"",
            })
    void whatDoesNotBeginSoIsNamed(String begins, String fault) {
        Speaker client = Speaker.client(CONFIGURED);
        client.begin();
        String block = (begins.strip() + "\0".repeat(20)).substring(0, 20).replace('#', '\n');
        assertThatThrownBy(() -> client.hear(bytes(block), 1000))
                .isInstanceOf(PreludeException.class)
                .hasMessage(fault);
    }

    @Test
    void aLineWithoutAnEndIsRefusedAtItsLimit() throws Exception {
        Speaker server = Speaker.server("secret");
        server.begin();
        server.hear(bytes("I AM " + "x".repeat(34)), 1000);
        assertThatThrownBy(() -> server.hear(bytes("x"), 1000))
                .hasMessageStartingWith("name does not end within 40 bytes; came \"I AM xxx");
    }

    @Test
    void aNumberOfBytesThatIsTooLargeIsRefusedAtOnce() throws Exception {
        Speaker client = greeted();
        assertThatThrownBy(() -> client.hear(bytes("\u00ff\u00ff"), 1000))
                .hasMessageStartingWith("challenge does not end within 64 bytes");
    }

    /** A server may echo what it was told; what comes behind the answer to its challenge is not repeated to anybody. */
    @Test
    void whatMayHoldTheTokenIsNotQuoted() throws Exception {
        Speaker client = greeted();
        client.hear(bytes("\0\10ABCDEFGH"), 1000);
        assertThatThrownBy(() -> client.hear(bytes("you said secret\n"), 1000))
                .isInstanceOf(PreludeException.class)
                .hasMessage("accepted is not as it is laid out");
    }

    /** A line of two bytes' end, whose first may stand in it alone. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 1000})
    void aLineMayEndInSeveralBytes(int chunk) {
        Protocol protocol =
                Protocol.parse(MIXED.replace("until: \"0A\", max: 40", "until: \"0D 0A\", max: 40"), "mixed.yaml");
        MessageCodec codec = protocol.newCodec();
        ByteBuf wire = Unpooled.buffer();
        codec.write(
                new Message.Signal("name", Map.of("name", new Value.Text("a\rb\r"))),
                new FrameEncoder(protocol.format()),
                wire);
        assertThat(wire.toString(StandardCharsets.US_ASCII)).isEqualTo("I AM a\rb\r\r\n");
        Prelude prelude = protocol.newPrelude(End.CLIENT, codec);
        List<Message> heard = new ArrayList<>();
        Speaker listener =
                new Speaker(
                        Session.client(PROTOCOL.session(), PROTOCOL.format(), CONFIGURED, Script.STILL), End.SERVER) {
                    @Override
                    public void onMessage(Message message) {
                        heard.add(message);
                    }
                };
        ByteBuf unread = Unpooled.buffer();
        while (wire.isReadable()) {
            assertThat(heard).isEmpty();
            unread.writeBytes(wire, Math.min(chunk, wire.readableBytes()));
            prelude.read(unread, listener);
        }
        assertThat(heard).containsExactly(new Message.Signal("name", Map.of("name", new Value.Text("a\rb\r"))));
    }

    @Test
    void whatClosesALineIsNotSaidInIt() {
        Protocol protocol = Protocol.parse(
                MIXED.replace("until: \"0A\", max: 40", "until: \"0D 0A\", max: 40")
                        .replace("{text: name, charset: ascii}", "{text: name, until: \"7C 7C\"}"),
                "mixed.yaml");
        for (String name : List.of("a||b", "a|")) { // the latter's end and what closes it begin earlier together
            ByteBuf wire = Unpooled.buffer();
            assertThatThrownBy(() -> protocol.newCodec()
                            .write(
                                    new Message.Signal("name", Map.of("name", new Value.Text(name))),
                                    new FrameEncoder(protocol.format()),
                                    wire))
                    .hasMessageContaining("holds 7C 7C, which closes it");
            assertThat(wire.readableBytes()).isZero();
        }
    }

    @Test
    void digitsThatAreNoneAreNamed() throws Exception {
        Speaker server = Speaker.server("secret");
        server.begin();
        server.hear(bytes("I AM pump\n"), 1000);
        assertThatThrownBy(() -> server.hear(bytes("abxz\0"), 1000))
                .hasMessageContaining("answer has 0x78 at its place 2; allowed the digits abcdefghijklmnop");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "keepalive: {from: client, message: alive} | keepalive: {message: name, with: {name: x}} | is \"name\", which is in no frame; allowed in the login alone",
                "message: denied, with | message: sorry, with | which does not lie in the stream as accepted does",
                "unframed: {until: \"0A\", max: 40} | unframed: {max: 40} | messages.name.unframed: has no end; allowed: one of the keys size, length, until",
                "unframed: {until: \"0A\", max: 40} | unframed: {until: \"0A\", max: 70000} | messages.name.unframed.max: is 70000; allowed 1 to 65536",
                "ip: 0, alive: 1 | ip: 0, alive: 1, name: 2 | types.name: is a message outside frames, which has no number",
                "digits: \"abcdefghijklmnop\" | digits: \"abc\" | digits: is \"abc\"; allowed: sixteen different ones",
                "encrypt: Blowfish/ECB/NoPadding | encrypt: Blowfish/CBC/NoPadding | iv: is missing, and Blowfish/CBC/NoPadding begins with one",
                "key: {digest: MD5, of: [\"${identity.token}\"]} | key: {random: 16} | key: is what the other end cannot know",
                "encrypt: Blowfish/ECB/NoPadding | encrypt: AES/GCM/NoPadding | encrypt: is \"AES/GCM/NoPadding\"; allowed ALGORITHM/MODE/PADDING",
                "unframed: {length: {size: 2}, max: 64} | unframed: {length: {size: 2}, max: 2} | max: is 2; allowed more than the 2 bytes of the length",
                "encrypt: Blowfish/ECB/NoPadding | encrypt: Rot13 | encrypt: is \"Rot13\"; allowed: a name that this Java knows, such as AES/ECB/NoPadding",
                "{literal: \"OK \"} | {literal: \"\"} | literal: has 0 bytes; allowed 1 to 256",
                "{means: packet, layout | {means: packet, unframed: {size: 4}, layout | messages.ip.unframed: is a message that means packet; allowed: the session's own",
            })
    void whatCannotBeIsToldAtLoad(String was, String is, String fault) {
        String yaml = MIXED.replace("  denied:", "  sorry: [{text: why}]\n  denied:");
        assertThat(yaml).contains(was.strip());
        assertThatThrownBy(() -> Protocol.parse(yaml.replace(was.strip(), is.strip()), "mixed.yaml"))
                .hasMessageContaining(fault.strip());
    }

    @Test
    void nothingUnframedLiesBehindAFrameOfTheSameEnd() {
        String yaml = MIXED.replace(
                "    - {from: client, message: name,",
                "    - {from: client, message: alive}\n    - {from: client, message: name,");
        assertThatThrownBy(() -> Protocol.parse(yaml, "mixed.yaml"))
                .hasMessageContaining("is \"name\", which is in no frame, behind one that is; allowed in front of it");
    }

    /** A client that has heard the first word. */
    private static Speaker greeted() {
        Speaker client = Speaker.client(CONFIGURED);
        client.begin();
        client.hear(bytes("MIX v1\n" + "\0".repeat(13)), 1000);
        return client;
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
