package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.UnsayableFrameException;
import dev.tunbridge.protocol.inspection.FrameDrawing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Types of many numbers, under masks, by IP version, and in the payload. */
class TypesTest {
    private static final Octets IPV4 = Octets.of((byte) 0x45, (byte) 1, (byte) 2);
    private static final Octets IPV6 = Octets.of((byte) 0x60, (byte) 1, (byte) 2);

    private static Protocol protocol(String frame, String types, String messages) {
        return Protocol.parse(
                "name: typed\nframe:\n" + frame.indent(2) + "types: " + types + "\nmessages: " + messages
                        + "\nsession: none\n",
                "typed.yaml");
    }

    /** With a type of one byte in front. */
    private static Protocol headed(String types, String messages) {
        return protocol("""
                header: [{name: type, at: 0, size: 1}]
                length: {at: 1, size: 1, max: 200}
                payload: {at: 2}
                """, types, messages);
    }

    private static final String WIRE_FRAME =
            "sync: {bytes: \"7E\"}\nlength: {at: 1, size: 2, encoding: varint, max: 200}\n";

    /** With one that stands first in the payload, behind a length that grows. */
    private static final Protocol STRIPPED = protocol(
            WIRE_FRAME + "payload: {at: length-end, type: {at: 0, size: 2}}\n",
            "{ip: {ipv4: 0x21, ipv6: 0x57}, login: 0xC021}",
            "{ip: {means: packet, layout: [{bytes: content}]}, login: [{text: name}]}");

    /** With one that is the first half of the first byte: that of an IP packet, or another. */
    private static final Protocol KEPT = protocol(
            WIRE_FRAME + "payload: {at: length-end, type: {at: 0, size: 1, shift: 4, bits: 4, keep: true}}\n",
            "{ip: [4, 6], login: 1, note: {number: 8, mask: 8}}",
            "{ip: {means: packet, layout: [{bytes: content}]}, login: [{constant: \"1F\"}, {text: name}],"
                    + " note: [{number: kind, size: 1}]}");

    private static Wire wire(Protocol protocol) {
        return new Wire(protocol.format(), protocol.newCodec());
    }

    private static List<Message> read(Protocol protocol, String hex) throws Exception {
        return wire(protocol).read(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    private static String written(Protocol protocol, Message message) {
        ByteBuf out = Unpooled.buffer();
        try (MessageCodec codec = protocol.newCodec();
                FrameEncoder encoder = codec.newEncoder()) {
            codec.write(message, encoder, out);
        }
        return ByteBufUtil.hexDump(out);
    }

    /** As the data path writes it, which knows the packet's version. */
    private static String written(Protocol protocol, Octets packet, int version) {
        ByteBuf out = Unpooled.buffer();
        try (MessageCodec codec = protocol.newCodec();
                FrameEncoder encoder = codec.newEncoder()) {
            packet.writeTo(codec.beginPacket(encoder, out, version));
            encoder.end();
        }
        return ByteBufUtil.hexDump(out);
    }

    private static Message.Signal signal(String name, String field, Value value) {
        return new Message.Signal(name, Map.of(field, value));
    }

    @Test
    void eachOfManyNumbersIsReadAndTheFirstIsWritten() throws Exception {
        Protocol protocol =
                headed("{ask: [7, 9, {number: 0x40, mask: 0xF0}], bye: 1}", "{ask: [{number: n, size: 1}], bye: []}");
        Message ask = signal("ask", "n", new Value.Whole(5));
        assertThat(read(protocol, "070105 090105 400105 4F0105 0100"))
                .containsExactly(ask, ask, ask, ask, new Message.Signal("bye", Map.of()));
        assertThat(written(protocol, ask)).isEqualTo("070105");
        Wire wire = wire(protocol);
        wire.read(Unpooled.wrappedBuffer(new byte[] {0x50, 0, 8, 0}));
        assertThat(wire.unknownTypes()).containsExactly(0x50, 8);
    }

    @Test
    void bitsThatTheMaskLeavesOutAreWrittenAsTheyStandInTheNumber() throws Exception {
        Protocol protocol = headed("{publish: {number: 0x32, mask: 0xF0}}", "{publish: [{bytes: content}]}");
        Message publish = signal("publish", "content", new Value.Bytes(Octets.of((byte) 5)));
        assertThat(written(protocol, publish)).isEqualTo("320105");
        assertThat(read(protocol, "300105 3F0105")).containsExactly(publish, publish);
    }

    /** MQTT 3.1.1, section 2.2.2: who subscribes with other flags is hung up on. */
    @Test
    void theFlagsOfMqttAreThoseOfItsPackets() {
        Protocol mqtt = Protocol.builtin("mqtt");
        Value content = new Value.Bytes(Octets.of((byte) 0));
        assertThat(written(mqtt, signal("subscribe", "content", content))).isEqualTo("820100");
        assertThat(written(mqtt, signal("pubrel", "content", content))).isEqualTo("620100");
        assertThat(written(mqtt, signal("publish", "content", content))).isEqualTo("300100");
    }

    @Test
    void anInformationFrameOfIec104IsOneWhateverItsNumber() throws Exception {
        Message information = signal("information", "content", new Value.Bytes(Octets.EMPTY));
        assertThat(read(Protocol.builtin("iec104"), "680400000000 680402000000 680401000000"))
                .containsExactly(information, information, new Message.Signal("supervisory", Map.of()));
    }

    @Test
    void pppSaysWhichVersionOfIpAPacketIs() throws Exception {
        Protocol ppp = Protocol.builtin("ppp");
        assertThat(written(ppp, IPV4, 4)).startsWith("7eff7d230021".replace("7d23", "03"));
        assertThat(written(ppp, IPV6, 6)).startsWith("7eff030057");
        assertThat(written(ppp, new Message.Packet(IPV6))).isEqualTo(written(ppp, IPV6, 6));
        assertThat(written(ppp, new Message.Packet(IPV4))).isEqualTo(written(ppp, IPV4, 4));
        assertThat(wire(ppp).carry(List.of(new Message.Packet(IPV4), new Message.Packet(IPV6))))
                .containsExactly(new Message.Packet(IPV4), new Message.Packet(IPV6));
    }

    @Test
    void segmentsGoByTheVersionOfTheirAddresses() throws Exception {
        String layout =
                "[{family: f, size: 1}, {address: client-address, of: f}, {address: device-address, of: f}, {bytes: content}]";
        Protocol protocol = headed("{tcp: {ipv4: 1, ipv6: 2}, udp: 3}", "{tcp: " + layout + ", udp: " + layout + "}");
        Message four = segment("198.18.0.1", "198.18.0.2");
        Message six = segment("2001:2::1", "2001:2::2");
        assertThat(written(protocol, four)).startsWith("01");
        assertThat(written(protocol, six)).startsWith("02");
        assertThat(wire(protocol).carry(List.of(four, six))).containsExactly(four, six);
        ByteBuf out = Unpooled.buffer();
        try (MessageCodec codec = protocol.newCodec();
                FrameEncoder encoder = codec.newEncoder()) {
            codec.beginSegment(encoder, out, Message.TCP, Unpooled.buffer().writeZero(32), 0, 16, 16);
            encoder.end();
            codec.beginSegment(encoder, out, Message.TCP, Unpooled.buffer().writeZero(32), 0, 16, 4);
            encoder.end();
        }
        assertThat(out.getByte(0)).isEqualTo((byte) 2);
        assertThat(out.getByte(2 + 33)).isEqualTo((byte) 1);
    }

    private static Message segment(String client, String device) throws Exception {
        return new Message.Segment(
                Message.TCP, InetAddress.getByName(client), InetAddress.getByName(device), Octets.of((byte) 5));
    }

    @Test
    void aTypeThatStandsFirstInThePayloadIsNoPartOfItsMessages() throws Exception {
        Message login = signal("login", "name", new Value.Text("ab"));
        assertThat(written(STRIPPED, login)).isEqualTo("7e04c0216162");
        assertThat(written(STRIPPED, IPV6, 6)).isEqualTo("7e050057600102");
        assertThat(written(STRIPPED, new Message.Packet(IPV4))).isEqualTo("7e050021450102");
        assertThat(read(STRIPPED, "7e04c0216162 7e050057600102")).containsExactly(login, new Message.Packet(IPV6));
        try (MessageCodec codec = STRIPPED.newCodec()) {
            assertThat(codec.maxPacketBytes()).isEqualTo(198);
            assertThat(codec.packetOverheadBytes()).isEqualTo(1 + 2 + 2);
        }
    }

    @Test
    void aPayloadTooShortForItsTypeIsOfNone() throws Exception {
        for (Protocol protocol : List.of(STRIPPED, KEPT)) {
            Wire wire = wire(protocol);
            assertThat(wire.read(Unpooled.wrappedBuffer(new byte[] {0x7E, 0})))
                    .as(protocol.format().name())
                    .isEmpty();
            assertThat(wire.unknownTypes()).hasSize(1);
        }
    }

    @Test
    void aTypeThatIsKeptIsWhatTheMessageSays() throws Exception {
        Message login = signal("login", "name", new Value.Text("a"));
        Message note = signal("note", "kind", new Value.Whole(0xA3));
        assertThat(written(KEPT, login)).isEqualTo("7e021f61");
        assertThat(written(KEPT, IPV6, 6)).isEqualTo("7e03600102");
        assertThat(written(KEPT, IPV4, 4)).isEqualTo("7e03450102");
        assertThat(wire(KEPT).carry(List.of(login, note, new Message.Packet(IPV6))))
                .containsExactly(login, note, new Message.Packet(IPV6));
        ByteBuf out = Unpooled.buffer();
        try (MessageCodec codec = KEPT.newCodec();
                FrameEncoder encoder = codec.newEncoder()) {
            assertThatThrownBy(() -> codec.write(signal("note", "kind", new Value.Whole(0x13)), encoder, out))
                    .isInstanceOf(UnsayableFrameException.class)
                    .hasMessage(
                            "the payload of a frame of format typed says the type 1, and the frame is one of type 8; allowed: a"
                                    + " payload that says so");
            assertThat(out.isReadable()).as("nothing was written").isFalse();
            codec.write(note, encoder, out);
        }
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("7e01a3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{a: 5, b: 5} | types.b | is 5, which is also types.a",
                "{a: {number: 0x30, mask: 0xF0}, b: 0x31} | types.b | is 49, and some number is that and 0x30 under the mask 0xF0 of types.a",
                "{a: {number: 0x30, mask: 0xF0}, b: {number: 3, mask: 0xF}} | types.b | is 0x3 under the mask 0xF, and some number is that and 0x30 under the mask 0xF0 of types.a",
                "{a: [1, 1], b: 2} | types.a | is 1, which is there twice",
                "{a: [{number: 1, mask: 1}, 3], b: 2} | types.a | is 3, which takes in 0x1 under the mask 0x1 of its own",
                "{a: [1, 256], b: 2} | types.a | is 256; allowed 0 to 255",
                "{a: {number: 1, mask: 0x100}, b: 2} | types.a | is 0x1 under the mask 0x100; allowed 0 to 255",
                "{a: {number: 1, mask: 0}, b: 2} | types.a | which leaves no bit to tell it by",
                "{a: {number: 1}, b: 2} | types.a.mask | is missing",
                "{a: {nummer: 1, mask: 1}, b: 2} | types.a.nummer | is an unknown key; the nearest is number",
                "{a: [], b: 2} | types.a | has 0 numbers; allowed 1 to 64",
                "{a: [one], b: 2} | types.a[0] | allowed: a whole number",
                "{a: {ipv4: 1, ipv6: 3}, b: 2} | types.a | goes by the version of an IP packet, and the message holds none",
                "{a: {ipv4: 1}, b: 2} | types.a.ipv6 | is missing",
                "{a: {ipv4: 1, ipv6: 2}, b: 2} | types.b | is 2, which is also types.a",
            })
    void refusesNumbersThatTellNothingOrTwoThings(String types, String key, String reason) {
        assertThatThrownBy(() -> headed(types, "{a: [], b: []}"))
                .isInstanceOfSatisfying(DescriptionException.class, e -> {
                    assertThat(e.key()).isEqualTo(key);
                    assertThat(e.line()).as("it has a place").isPositive();
                })
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{at: 1, size: 1} | 1 | [] | frame.payload.type.keep | is false, and the type is not whole bytes that stand first",
                "{at: 0, size: 1, bits: 4} | 1 | [] | frame.payload.type.keep | is false",
                "{at: 200, size: 1, keep: true} | 1 | [] | frame.payload.type.at | is 200, so that the type reaches byte 201",
                "{at: 0, size: 4} | 1 | [] | frame.payload.type.bits | is 32; allowed 1 to 31",
                "{at: 0, size: 9} | 1 | [] | frame.payload.type.size | is 9; allowed 1 to 8",
                "{at: 0, size: 1, keep: true} | 1 | [{constant: \"02\"}] | types.a | is not what the message says",
                "{at: 0, size: 1, keep: true} | 4 | {means: packet, layout: [{bytes: content}]} | types.a | or the versions of IP packets",
                "{at: 0, size: 1, shift: 4, bits: 4, keep: true} | 4 | {means: packet, layout: [{bytes: content}]} | types.a | or the versions",
            })
    void refusesATypeInThePayloadThatCannotBe(String type, String number, String layout, String key, String reason) {
        String frame = WIRE_FRAME + "payload: {at: length-end, type: " + type + "}\n";
        assertThatThrownBy(() -> protocol(frame, "{a: " + number + "}", "{a: " + layout + "}"))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).isEqualTo(key))
                .hasMessageContaining(reason);
    }

    @Test
    void checkTellsWhatIsReadAndWhatIsWritten() {
        assertThat(Protocol.builtin("mqtt").format().explain())
                .contains("type publish is 0x30 under the mask 0xF0; written is 48");
        assertThat(Protocol.builtin("ppp").format().explain())
                .contains("type ip is 33 or 87; written is the first with IPv4, the second with IPv6");
        assertThat(STRIPPED.format().explain())
                .contains(
                        "the type lies in the payload, in front of what messages are laid out of; a frame whose payload is too short"
                                + " for it is counted as an unknown type");
        assertThat(KEPT.format().explain())
                .contains("type ip is 4 or 6; written is 4")
                .anyMatch(line -> line.startsWith("the type lies in the payload, and messages are laid out with it"));
        assertThat(FrameDrawing.of(STRIPPED.format()))
                .anyMatch(line -> line.contains("| 0 to 1 of the payload ") && line.contains("laid out behind it"))
                .contains("a frame of type 33 with 8 bytes of payload: 7E 0A 00 21 65 78 61 6D 70 6C 65 21");
        assertThat(FrameDrawing.of(KEPT.format()))
                .anyMatch(
                        line -> line.contains("| 0 of the payload, bits 4 to 7 ") && line.contains("laid out with it"))
                .contains("a frame of type 1 with 8 bytes of payload: 7E 08 15 78 61 6D 70 6C 65 21");
    }
}
