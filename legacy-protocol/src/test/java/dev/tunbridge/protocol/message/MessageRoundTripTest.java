package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.Signals;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameTooLongException;
import dev.tunbridge.protocol.frame.Seeds;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference messages over every shipped framing that has them: the same code, the same messages. */
class MessageRoundTripTest {
    private static List<String> formats() {
        return FrameFormat.builtinNames().stream()
                .filter(name -> FrameFormat.builtin(name).type("hello").isPresent())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void everyMessageComesBack(String name) throws MalformedMessageException, UnknownHostException {
        long seed = Seeds.next();
        Random random = new Random(seed);
        Wire wire = new Wire(FrameFormat.builtin(name));
        for (int round = 0; round < 200; round++) {
            List<Message> messages = Messages.oneOfEach(random);
            assertThat(messages.stream().map(Message::getClass).distinct().count())
                    .as("every kind of message, but those of a link below IP")
                    .isEqualTo(Message.class.getPermittedSubclasses().length - 1);
            assertThat(messages)
                    .as("every type of the protocol but one of tcp and udp")
                    .hasSize(14);
            assertThat(wire.carry(messages)).as("seed %d round %d", seed, round).isEqualTo(messages);
        }
    }

    /** {@code -Dtunbridge.messages=1000000} writes a million. */
    @Test
    void aDescriptionComesToTheBytesOfTheTable() throws IOException {
        long seed = Seeds.next();
        Random random = new Random(seed);
        Protocol protocol = Protocol.builtin("reference");
        MessageCodec codec = protocol.newCodec();
        ByteBuf described = Unpooled.buffer();
        ByteBuf byHand = Unpooled.buffer();
        int messages = Integer.getInteger("tunbridge.messages", 20_000);
        try (FrameEncoder first = new FrameEncoder(protocol.format());
                FrameEncoder second = new FrameEncoder(protocol.format())) {
            for (int written = 0; written < messages; ) {
                for (Message message : Messages.oneOfEach(random)) {
                    codec.write(message, first, described.clear());
                    second.encode(
                            byHand.clear(),
                            protocol.format().type(ReferenceBytes.type(message)).orElseThrow(),
                            Unpooled.wrappedBuffer(ReferenceBytes.payload(message)));
                    if (!ByteBufUtil.equals(described, byHand)) {
                        assertThat(ByteBufUtil.hexDump(described))
                                .as("seed %d, message %d: %s", seed, written, message)
                                .isEqualTo(ByteBufUtil.hexDump(byHand));
                    }
                    written++;
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void trafficWrittenInPlaceIsTheRecordOnTheWire(String name) throws UnknownHostException {
        FrameFormat format = FrameFormat.builtin(name);
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        byte[] content = {1, 2, 3, 0x7E, 0};
        InetAddress client = InetAddress.getByName("2001:2::7");
        InetAddress device = InetAddress.getByName("2001:2::9");
        ByteBuf addresses = Unpooled.buffer().writeBytes(device.getAddress()).writeBytes(client.getAddress());
        ByteBuf inPlace = Unpooled.buffer();
        ByteBuf asRecords = Unpooled.buffer();
        try (FrameEncoder first = new FrameEncoder(format);
                FrameEncoder second = new FrameEncoder(format)) {
            codec.beginPacket(first, inPlace, 4).writeBytes(content);
            first.end();
            codec.beginSegment(first, inPlace, Message.UDP, addresses, 16, 0, 16)
                    .writeBytes(content);
            first.end();
            codec.beginData(first, inPlace, 0xFEDC).writeBytes(content);
            first.end();
            codec.write(new Message.Packet(Octets.of(content)), second, asRecords);
            codec.write(new Message.Segment(Message.UDP, client, device, Octets.of(content)), second, asRecords);
            codec.write(new Message.Data(0xFEDC, Octets.of(content)), second, asRecords);
        }
        assertThat(ByteBufUtil.hexDump(inPlace)).isEqualTo(ByteBufUtil.hexDump(asRecords));
    }

    @Test
    void overheadIsWhatStandsAroundTheTraffic() throws UnknownHostException {
        FrameFormat format = FrameFormat.builtin("reference");
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        InetAddress address = InetAddress.getByName("198.18.0.1");
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            codec.write(new Message.Packet(Octets.of(new byte[100])), encoder, out);
            assertThat(out.readableBytes()).isEqualTo(100 + codec.packetOverheadBytes());
            out.clear();
            codec.write(new Message.Segment(Message.TCP, address, address, Octets.of(new byte[100])), encoder, out);
            assertThat(out.readableBytes()).isEqualTo(100 + codec.segmentOverheadBytes(4));
            out.clear();
            codec.write(new Message.Data(7, Octets.of(new byte[100])), encoder, out);
            assertThat(out.readableBytes()).isEqualTo(100 + codec.dataOverheadBytes());
            out.clear();
            codec.write(new Message.Data(7, Octets.of(new byte[codec.maxDataBytes()])), encoder, out);
            assertThat(out.readableBytes()).isEqualTo(format.maxFrameBytes());
            out.clear();
            byte[] longest = new byte[codec.maxSegmentBytes(4)];
            codec.write(new Message.Segment(Message.TCP, address, address, Octets.of(longest)), encoder, out);
        }
        assertThat(out.readableBytes()).isEqualTo(format.maxFrameBytes());
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whatDoesNotFitLeavesNoTrace(String name) throws MalformedMessageException {
        FrameFormat format = FrameFormat.builtin(name);
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        ByteBuf out = Unpooled.buffer();
        Message next = Signals.keepAlive(7);
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            Message tooLong = new Message.Packet(Octets.of(new byte[codec.maxPacketBytes() + 1]));
            assertThatThrownBy(() -> codec.write(tooLong, encoder, out))
                    .isInstanceOf(FrameTooLongException.class)
                    .hasMessageContaining("2049");
            Message idTooLong = Signals.hello(1, Set.of(Carriage.PACKET), "x".repeat(256), Octets.EMPTY);
            assertThatThrownBy(() -> codec.write(idTooLong, encoder, out))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("hello: device-id length is 256; allowed 0 to 255");
            assertThat(out.readableBytes()).isZero();
            codec.write(next, encoder, out);
        }
        assertThat(new Wire(format).read(out)).containsExactly(next);
    }

    @Test
    void theLengthOfAnUnfinishedFrameDoesNotMatterOnceItIsAborted() throws MalformedMessageException {
        FrameFormat format = FrameFormat.builtin("reference");
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            codec.beginPacket(encoder, out, 4).writeZero(5_000);
            encoder.abort();
            assertThat(out.readableBytes()).isZero();
            codec.write(Signals.bye(3), encoder, out);
        }
        assertThat(new Wire(format).read(out)).isEqualTo(new ArrayList<>(List.of(Signals.bye(3))));
    }
}
