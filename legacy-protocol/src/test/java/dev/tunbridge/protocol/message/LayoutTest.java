package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layouts unlike those of the reference protocol. */
class LayoutTest {
    private static final FrameFormat FORMAT = FrameFormat.parse("""
            name: small
            frame:
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 2, max: 2000}
              payload: {at: 3}
            types: {login: 1, ip: 2, tcp: 3, udp: 4, note: 5}
            """, "small.yaml");

    private static final String LAYOUTS = """
            login:
              - {constant: "CA FE"}
              - {number: version, size: 2, endian: little, most: 9}
              - {text: name, size: 8, charset: ascii, pad: "00"}
              - {choice: mode, size: 1, names: {slow: 0, fast: 7}}
              - {flags: wants, size: 2, endian: little, names: {echo: 1, compression: 0x100}}
              - {address: gateway, of: ipv4}
              - {text: greeting, until: "0A"}
              - {bytes: nonce, length: {size: 2, endian: little}}
              - {number: signed, size: 8}
            ip: {means: packet, layout: [{constant: "45 54"}, {bytes: content}]}
            tcp: [{constant: "01"}, {family: kind, size: 2, endian: little, ipv4: 0x800, ipv6: 0x86DD},
                  {address: device-address, of: kind}, {address: client-address, of: kind}, {bytes: content}]
            udp: [{address: client-address, of: ipv6}, {constant: "00 00"}, {address: device-address, of: ipv6}, {bytes: content}]
            note: {means: app, layout: [{number: topic, size: 1}, {bytes: content}]}
            """;

    private final MessageCodec codec =
            MessageLayouts.parse(Description.read(LAYOUTS, "layouts.yaml")).codec(FORMAT);

    private final Wire wire = new Wire(FORMAT, codec);

    private static Message.Signal login() throws Exception {
        return new Message.Signal(
                "login",
                Map.of(
                        "version", new Value.Whole(3),
                        "name", new Value.Text("pump"),
                        "mode", new Value.Text("fast"),
                        "wants", new Value.Names(Set.of("compression")),
                        "gateway", new Value.Address(InetAddress.getByName("198.18.0.1")),
                        "greeting", new Value.Text("grüß dich"),
                        "nonce", new Value.Bytes(Octets.of((byte) 1, (byte) 2, (byte) 3)),
                        "signed", new Value.Whole(-2)));
    }

    @Test
    void everyKindOfItemStandsWhereItsLayoutSays() throws Exception {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(FORMAT)) {
            codec.write(login(), encoder, out);
        }
        assertThat(ByteBufUtil.hexDump(out, 3, out.readableBytes() - 3))
                .isEqualTo("cafe" + "0300" + "70756d7000000000" + "07" + "0001" + "c6120001"
                        + "6772c3bcc39f20646963680a" + "0300010203" + "fffffffffffffffe");
        assertThat(wire.read(out)).containsExactly(login());
    }

    @Test
    void aTextThatEndsWithWhatFillsItUpIsRefused() throws Exception {
        Map<String, Value> fields = new HashMap<>(login().fields());
        fields.put("name", new Value.Text("pump\0"));
        assertThatThrownBy(() -> wire.carry(List.of(new Message.Signal("login", fields))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "login: name ends with 00, which fills it up and would be read as no part of it; allowed: another end");
        fields.put("name", new Value.Text("a\0b"));
        Message inside = new Message.Signal("login", fields);
        assertThat(wire.carry(List.of(inside))).containsExactly(inside);
    }

    @Test
    void trafficComesBackWhateverStandsInFrontOfIt() throws Exception {
        List<Message> messages = List.of(
                new Message.Packet(Octets.of((byte) 9, (byte) 8)),
                segment(Message.TCP, "198.18.0.1", "198.18.0.2"),
                segment(Message.TCP, "2001:2::1", "2001:2::2"),
                segment(Message.UDP, "2001:2::1", "2001:2::2"),
                new Message.App(255, Octets.of((byte) 1)));
        assertThat(wire.carry(messages)).isEqualTo(messages);
        assertThat(codec.carriages()).containsExactlyInAnyOrder(Carriage.PACKET, Carriage.SEGMENT);
        assertThat(codec.maxPacketBytes()).isEqualTo(1_998);
        assertThat(codec.packetOverheadBytes()).isEqualTo(5);
        assertThat(codec.maxSegmentBytes(16)).as("the larger head of the two").isEqualTo(2_000 - 35);
        assertThat(codec.maxAppBytes()).isEqualTo(1_999);
    }

    private static Message segment(int ipProtocol, String client, String device) throws Exception {
        return new Message.Segment(
                ipProtocol, InetAddress.getByName(client), InetAddress.getByName(device), Octets.of((byte) 5));
    }

    @Test
    void anAddressOfAFamilyThatTheLayoutLacksIsRefused() {
        assertThatThrownBy(() -> wire.carry(List.of(segment(Message.UDP, "198.18.0.1", "198.18.0.2"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("client-address is of 4 bytes; allowed 16");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "login | CAFF                 | constant at byte 0 of the payload is caff; allowed cafe",
                "login | CAFE0A00             | version at byte 2 of the payload is 10; allowed 0 to 9",
                "login | CAFE030070756D70     | name at byte 4 of the payload needs 8 bytes, but 4 are left",
                "ip    | 4555                 | constant",
                "tcp   | 01 0900              | kind at byte 1 of the payload is 9; allowed 2048, 34525",
                "tcp   | 01 0008 C6120001 C6  | client-address at byte 7 of the payload needs 4 bytes",
                "tcp   | 02 0008 C6120001 C6120002 | constant",
            })
    void namesTheItemAtFault(String type, String payload, String reason) {
        byte[] bytes = HexFormat.of().parseHex(payload.replace(" ", ""));
        assertThatThrownBy(() -> wire.readPayload(type, bytes))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageStartingWith(type + ": ")
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x: [{number: n, size: 9}]                                  | size     | is 9; allowed 1 to 8",
                "x: [{number: n, size: 1, most: 256}]                       | most     | allowed within 0 to 255",
                "x: [{numbr: n, size: 1}]                                   | x        | is an unknown key; the nearest is number; allowed",
                "x: [{number: n, size: 1}, {bytes: n, size: 1}]             | bytes    | which another item is named",
                "x: [{bytes: a}, {number: b, size: 1}]                      | x        | follows a, which takes all that is left",
                "x: [{choice: c, size: 1, names: {a: 1, b: 1}}]             | b        | has another name already",
                "x: [{choice: c, size: 1, names: {}}]                       | names    | is empty",
                "x: [{bytes: b, until: ''}]                                 | until    | is empty; allowed: the bytes that close it",
                "x: [{bytes: b, size: 4, pad: '00 00'}]                     | pad      | allowed: one byte as two hexadecimal digits",
                "x: [{address: a, of: f}, {family: f, size: 1}]             | of       | or the name of a family in front of it",
                "x: [{family: f, size: 1}]                                  | family   | no address is of it",
                "x: [{text: t, charset: ebcdic}]                            | charset  | allowed utf-8, ascii, latin-1",
                "x: [{bytes: b, until: '00 01 02 03 04'}]                   | until    | up to 4 bytes",
                "packet: [{number: n, size: 1}, {bytes: content}]           | packet   | has the field n; a message that means packet has content",
                "packet: [{constant: '01'}]                                 | packet   | lacks the field content",
                "packet: [{bytes: content, length: {size: 1}}]              | packet   | of the wrong kind; allowed bytes: all that is left",
                "tcp: [{bytes: client-address, size: 4}, {address: device-address, of: ipv4}, {bytes: content}] | tcp | allowed address",
                "close: [{number: channel, size: 2}, {number: how, size: 1}] | close   | allowed choice",
                "close: [{number: channel, size: 2}, {flags: how, size: 1, names: {reset: 1}}] | close | allowed choice",
                "close: [{number: channel, size: 2}, {choice: how, size: 1, names: {abort: 1}}] | close | names \"abort\" in how; allowed end-of-stream, reset",
                "opened: [{number: channel, size: 2}, {choice: status, size: 1, names: {ok: 0}}, {number: credit, size: 4}] | opened | names \"ok\" in status; allowed open, refused, unreachable, limit",
                "tcp: [{address: client-address, of: ipv4}, {address: device-address, of: ipv6}, {bytes: content}] | tcp | addresses of two families",
                "x: {means: nothing, layout: []}                            | means    | allowed packet",
            })
    void refusesWhatCannotWork(String yaml, String key, String reason) {
        assertThatThrownBy(() -> MessageLayouts.parse(Description.read(yaml, "acme.yaml")))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).contains(key))
                .hasMessageContaining(reason);
    }

    @Test
    void aSegmentWhoseAddressesAreOfTwoFamiliesIsMalformed() {
        MessageCodec families =
                MessageLayouts.parse(Description.read("""
                        tcp: [{family: f, size: 1}, {address: client-address, of: f},
                              {family: g, size: 1}, {address: device-address, of: g}, {bytes: content}]
                        login: []
                        ip: []
                        udp: {means: signal, layout: []}
                        note: []
                        """, "acme.yaml")).codec(FORMAT);
        byte[] payload = new byte[30];
        payload[0] = 4;
        payload[5] = 6;
        assertThatThrownBy(() -> new Wire(FORMAT, families).readPayload("tcp", payload))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("device-address")
                .hasMessageContaining("is of another family than client-address");
    }

    @Test
    void aTypeThatIsNotLaidOutIsRefused() {
        MessageLayouts layouts = MessageLayouts.parse(Description.read("login: [{number: n, size: 1}]", "acme.yaml"));
        assertThatThrownBy(() -> layouts.codec(FORMAT))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("is no message that is laid out; allowed login");
    }
}
