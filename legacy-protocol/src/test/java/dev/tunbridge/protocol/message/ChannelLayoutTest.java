package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Seeds;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Channels as another protocol may lay them out: wider numbers, other bytes for the same words, constants between them. */
class ChannelLayoutTest {
    private static final FrameFormat FORMAT = FrameFormat.parse("""
            name: acme
            frame:
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 2, counts: payload, max: 2000}
              payload: {at: 3}
            types: {ask: 1, answer: 2, bytes: 3, more: 4, over: 5}
            """, "acme.yaml");

    private static final MessageLayouts LAYOUTS = MessageLayouts.parse(Description.read("""
            ask:
              means: open
              layout:
                - {number: transport, size: 1}
                - {number: channel, size: 4, endian: little}
                - {address: client-address, of: ipv4}
                - {number: client-port, size: 4}
                - {number: device-port, size: 4}
            answer:
              means: opened
              layout:
                - {choice: status, size: 2, names: {open: 200, refused: 403, unreachable: 404, limit: 503}}
                - {number: channel, size: 4, endian: little}
                - {number: credit, size: 8}
            bytes: {means: data, layout: [{constant: "D0"}, {number: channel, size: 4, endian: little}, {constant: "D1"}, {bytes: content}]}
            more: {means: credit, layout: [{number: bytes, size: 5}, {number: channel, size: 4, endian: little}]}
            over: {means: close, layout: [{choice: how, size: 1, names: {end-of-stream: 7, reset: 8}}, {number: channel, size: 4, endian: little}]}
            """, "acme.yaml"));

    private final MessageCodec codec = LAYOUTS.codec(FORMAT);
    private final Wire wire = new Wire(FORMAT, codec);

    @Test
    void everyWordOfAChannelComesBack() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        List<Message> messages = new ArrayList<>();
        for (int round = 0; round < 200; round++) {
            int channel = random.nextInt(1 << 16);
            byte[] address = new byte[4];
            random.nextBytes(address);
            byte[] content = new byte[random.nextInt(codec.maxDataBytes() + 1)];
            random.nextBytes(content);
            messages.add(new Message.Open(
                    channel,
                    random.nextBoolean() ? Message.TCP : Message.UDP,
                    random.nextInt(1 << 16),
                    java.net.InetAddress.getByAddress(address),
                    random.nextInt(1 << 16)));
            messages.add(new Message.Opened(
                    channel,
                    Seeds.pick(random, List.of(Message.OpenStatus.values())),
                    Integer.toUnsignedLong(random.nextInt())));
            messages.add(new Message.Data(channel, Octets.of(content)));
            messages.add(new Message.Credit(channel, Integer.toUnsignedLong(random.nextInt())));
            messages.add(new Message.Close(channel, Seeds.pick(random, List.of(Message.CloseHow.values()))));
        }
        assertThat(wire.carry(messages)).as("seed %d", seed).isEqualTo(messages);
        assertThat(codec.carriages()).containsExactly(Carriage.SOCKET);
        assertThat(codec.maxDataBytes()).isEqualTo(2_000 - 6);
        assertThat(codec.dataOverheadBytes()).isEqualTo(3 + 6);
    }

    @Test
    void bytesWrittenInPlaceAreTheRecordOnTheWire() {
        ByteBuf inPlace = Unpooled.buffer();
        ByteBuf asRecord = Unpooled.buffer();
        try (FrameEncoder first = new FrameEncoder(FORMAT);
                FrameEncoder second = new FrameEncoder(FORMAT)) {
            codec.beginData(first, inPlace, 0x1234).writeByte(5);
            first.end();
            codec.write(new Message.Data(0x1234, Octets.of((byte) 5)), second, asRecord);
        }
        assertThat(ByteBufUtil.hexDump(inPlace))
                .isEqualTo(ByteBufUtil.hexDump(asRecord))
                .isEqualTo("030007d034120000d105");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ask    | 06 00000100 C6120001 00000001 00000050 | channel at byte 1 of the payload is 65536; allowed 0 to 65535",
                "ask    | 06 00000000 C6120001 00010000 00000050 | client-port at byte 9 of the payload is 65536; allowed 0 to 65535",
                "ask    | 06 00000000 C6120001 00000001 00010000 | device-port at byte 13 of the payload is 65536; allowed 0 to 65535",
                "ask    | 01 00000000 C6120001 00000001 00000050 | transport at byte 0 of the payload is 1; allowed 6, 17",
                "answer | 00C9 00000000 0000000000000001 | status at byte 0 of the payload is 201; allowed 200 (open), 403 (refused), 404 (unreachable), 503 (limit)",
                "answer | 00C8 00000000 0000000100000000 | credit at byte 6 of the payload is 4294967296; allowed 0 to 4294967295",
                "answer | 00C8 00000000 FFFFFFFFFFFFFFFF | credit at byte 6 of the payload is -1; allowed 0 to 4294967295",
                "bytes  | D0 00000100 D1 05 | channel at byte 1 of the payload is 65536; allowed 0 to 65535",
                "bytes  | D0 00000000 D2 05 | constant at byte 5 of the payload is d2; allowed d1",
                "more   | 0100000000 00000000 | bytes at byte 0 of the payload is 4294967296; allowed 0 to 4294967295",
                "over   | 09 00000000 | how at byte 0 of the payload is 9; allowed 7 (end-of-stream), 8 (reset)",
                "over   | 07 FFFFFFFF | channel at byte 1 of the payload is 4294967295; allowed 0 to 65535",
            })
    void namesThePlaceTheValueAndWhatIsAllowed(String type, String payload, String reason) {
        byte[] bytes = HexFormat.of().parseHex(payload.replace(" ", ""));
        assertThatThrownBy(() -> wire.readPayload(type, bytes))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessage(type + ": " + reason);
    }
}
