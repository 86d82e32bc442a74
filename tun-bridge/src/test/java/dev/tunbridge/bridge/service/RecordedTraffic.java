package dev.tunbridge.bridge.service;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageLayout;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recording.PcapngWriter;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** A connection as this project's own encoder and codec write it, in segments that know nothing of frames, and as a capture file. */
final class RecordedTraffic implements AutoCloseable {
    static final int PORT = TcpPackets.SERVER.getPort();
    private static final InetSocketAddress CLIENT = TcpPackets.end("198.18.0.1", 40_000);
    private static final int MOST_PAYLOAD = 1_000;
    private static final int UDP_HEADER_BYTES = 8;
    static final int INCONSPICUOUS_BYTES = 16;
    private static final byte[] MARKS = {
        0,
        1,
        2,
        3,
        0x05,
        0x10,
        0x16,
        0x1A,
        0x1B,
        0x20,
        '*',
        0x5A,
        0x5D,
        0x5E,
        0x64,
        0x68,
        0x7D,
        0x7E,
        'a',
        'b',
        (byte) 0xA0,
        (byte) 0xA5,
        (byte) 0xC0,
        (byte) 0xD3,
        (byte) 0xDB,
        (byte) 0xDC,
        (byte) 0xDD,
        (byte) 0xE5,
        (byte) 0xFD,
        (byte) 0xFE,
        (byte) 0xFF
    };
    private static final long EPOCH_NANOS = 1_700_000_000_000_000_000L;

    /** What one frame, or one message in front of the first, must be shown as. */
    record Written(String message, int payloadBytes, boolean isFramed, long firstByte, long behindLast) {}

    /** One direction. */
    static final class Direction implements AutoCloseable {
        final ByteBuf bytes = Unpooled.buffer();
        final List<Written> written = new ArrayList<>();
        final List<String> v4Sources = new ArrayList<>();
        final List<String> v6Sources = new ArrayList<>();
        private final FrameEncoder encoder;

        private Direction(Protocol protocol) {
            encoder = new FrameEncoder(protocol.format());
        }

        @Override
        public void close() {
            encoder.close();
        }
    }

    final Direction fromClient;
    final Direction fromServer;
    private final Protocol protocol;
    private final MessageCodec codec;
    private final Random random;

    RecordedTraffic(Protocol protocol, long seed) {
        this.protocol = protocol;
        random = new Random(seed);
        codec = protocol.newCodec();
        codec.linkUp(InetAddresses.forString("198.19.0.1"), InetAddresses.forString("198.19.0.2"));
        fromClient = new Direction(protocol);
        fromServer = new Direction(protocol);
    }

    private static Value number(long value) {
        return new Value.Whole(value);
    }

    private static Value text(String value) {
        return new Value.Text(value);
    }

    private Value octets(int count) {
        return new Value.Bytes(Octets.of(randomBytes(count)));
    }

    private byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private InetAddress address(boolean isV6) {
        String address = isV6
                ? "2001:2::" + Integer.toHexString(1 + random.nextInt(0xfffe))
                : "198.19." + random.nextInt(256) + "." + random.nextInt(256);
        return InetAddresses.forString(address);
    }

    /** What both say first. */
    RecordedTraffic login() {
        if (protocol.format().name().equals("vtun")) {
            signal(fromServer, "greeting", Map.of("version", text("3.X")));
            signal(fromClient, "host", Map.of("name", text("acme")));
            signal(fromServer, "challenge", Map.of("challenge", octets(16)));
            signal(fromClient, "answer", Map.of("answer", octets(16)));
            signal(fromServer, "accepted", Map.of("options", text("K")));
        } else if (protocol.format().type("hello").isPresent()) {
            Map<String, Value> hello = Map.of(
                    "version",
                    number(1),
                    "carriages",
                    new Value.Names(Set.of("packet", "segment")),
                    "device-id",
                    text("acme"),
                    "token",
                    octets(12));
            signal(fromClient, "hello", hello);
            Map<String, Value> welcome = Map.of(
                    "carriage", text("packet"),
                    "session", number(7),
                    "mtu", number(1400),
                    "prefix-length", number(30),
                    "device-address", new Value.Address(address(false)),
                    "server-address", new Value.Address(address(false)));
            signal(fromServer, "welcome", welcome);
        }
        return this;
    }

    /** So many frames of each message that the description has, each in either direction. */
    RecordedTraffic traffic(int frames) {
        List<Runnable> kinds = new ArrayList<>();
        for (String name : new TreeSet<>(protocol.format().types().keySet())) {
            MessageLayout layout =
                    Objects.requireNonNull(protocol.messages().byName().get(name), name);
            switch (layout.meaning()) {
                case PACKET -> {
                    kinds.add(() -> packet(anyDirection(), name));
                    kinds.add(() -> packet(anyDirection(), name));
                }
                case TCP -> kinds.add(() -> segment(anyDirection(), name));
                case UDP -> kinds.add(() -> segment(anyDirection(), Message.UDP, udp(), name));
                case APP ->
                    kinds.add(() -> write(
                            anyDirection(),
                            new Message.App(random.nextInt(0xffff), Octets.of(randomBytes(random.nextInt(60)))),
                            name));
                case SIGNAL -> {
                    Set<String> fields = Set.copyOf(protocol.messages().fieldsOf(name));
                    if (fields.isEmpty()) {
                        kinds.add(() -> signal(anyDirection(), name, Map.of()));
                    } else if (fields.equals(Set.of("nonce"))) {
                        kinds.add(() -> signal(anyDirection(), name, Map.of("nonce", number(random.nextInt(9_999)))));
                    } else if (fields.equals(Set.of("content"))) {
                        kinds.add(() -> signal(anyDirection(), name, Map.of("content", signalContent(name))));
                    }
                }
                default -> {}
            }
        }
        for (int i = 0; i < frames; i++) {
            kinds.get(random.nextInt(kinds.size())).run();
        }
        return this;
    }

    private Value signalContent(String type) {
        FrameFormat format = protocol.format();
        FrameFormat shape = format.shapeOf(format.type(type).orElseThrow()).orElseThrow();
        int least = Math.max(1, shape.minPayloadBytes());
        int most = Math.min(MOST_PAYLOAD, shape.maxPayloadBytes());
        return new Value.Bytes(Octets.of(content(least + random.nextInt(most - least + 1))));
    }

    private Direction anyDirection() {
        return random.nextBoolean() ? fromClient : fromServer;
    }

    private void signal(Direction direction, String name, Map<String, Value> fields) {
        write(direction, new Message.Signal(name, fields), name);
    }

    private void packet(Direction direction, String name) {
        boolean isV6 = random.nextInt(3) == 0;
        InetAddress source = address(isV6);
        byte[] inner = ipPacket(source, address(isV6), udp());
        write(direction, new Message.Packet(Octets.of(inner)), name);
        sawSource(direction, source);
    }

    private void segment(Direction direction, String name) {
        ByteBuf tcp = Unpooled.buffer().writeShort(41_000).writeShort(41_001);
        tcp.writeInt(random.nextInt()).writeInt(0).writeByte(5 << 4).writeByte(TcpView.SYN);
        tcp.writeShort(0xffff).writeInt(0);
        segment(direction, Message.TCP, ByteBufUtil.getBytes(tcp), name);
    }

    private void segment(Direction direction, int ipProtocol, byte[] content, String name) {
        boolean isV6 = random.nextBoolean();
        InetAddress client = address(isV6);
        InetAddress device = address(isV6);
        write(direction, new Message.Segment(ipProtocol, client, device, Octets.of(content)), name);
        sawSource(direction, direction == fromServer ? client : device);
    }

    private static void sawSource(Direction direction, InetAddress source) {
        (source.getAddress().length == 4 ? direction.v4Sources : direction.v6Sources)
                .add(InetAddresses.toAddrString(source));
    }

    private byte[] udp() {
        int most = Math.min(MOST_PAYLOAD, protocol.format().maxPayloadBytes() - Ipv6Header.BYTES - UDP_HEADER_BYTES);
        int bytes = UDP_HEADER_BYTES + random.nextInt(most);
        ByteBuf udp = Unpooled.buffer().writeShort(45_000).writeShort(45_001).writeShort(bytes);
        udp.writeShort(0).writeBytes(content(bytes - UDP_HEADER_BYTES));
        return ByteBufUtil.getBytes(udp);
    }

    /** Full of what escapes and delimiters care for, and nothing that Wireshark takes for a protocol, as it does random bytes now and then. */
    private byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            boolean isRun = i > INCONSPICUOUS_BYTES && random.nextInt(4) > 0 && isOfMarkWords(content[i - 1]);
            content[i] = i < INCONSPICUOUS_BYTES ? (byte) 'x' : isRun ? content[i - 1] : mark();
        }
        return content;
    }

    /** Some marks are words of one byte. */
    private static boolean isOfMarkWords(byte value) {
        return value == 0x1B || value == 1;
    }

    private byte mark() {
        byte mark = MARKS[random.nextInt(MARKS.length)];
        return protocol.format().end().orElse(-1) == mark ? (byte) 'x' : mark;
    }

    private static byte[] ipPacket(InetAddress source, InetAddress destination, byte[] udp) {
        int size = source.getAddress().length;
        ByteBuf addresses = Unpooled.wrappedBuffer(source.getAddress(), destination.getAddress());
        ByteBuf content = Unpooled.copiedBuffer(udp);
        long sum = InternetChecksum.pseudoHeader(addresses, 0, size, size, Message.UDP, udp.length)
                + InternetChecksum.sum(content, 0, udp.length);
        content.setShort(6, InternetChecksum.complete(sum));
        int headerBytes = size == 4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        ByteBuf packet = Unpooled.buffer().writeZero(headerBytes);
        if (size == 4) {
            Ipv4Header.write(packet, 0, 0, udp.length, Message.UDP, 64, addresses, 0, size);
        } else {
            Ipv6Header.write(packet, 0, 0, udp.length, Message.UDP, 64, addresses, 0, size);
        }
        return ByteBufUtil.getBytes(packet.writeBytes(content));
    }

    private void write(Direction direction, Message message, String name) {
        int first = direction.bytes.writerIndex();
        codec.write(message, direction.encoder, direction.bytes);
        boolean isFramed = protocol.messages().isFramed(name);
        boolean sharesFlag = protocol.format().mayShareFlag() && first > 0;
        direction.written.add(new Written(
                name,
                isFramed ? payloadBytes(direction.bytes, sharesFlag ? first - 1 : first) : 0,
                isFramed,
                first,
                direction.bytes.writerIndex()));
    }

    /** Of the frame that begins there. */
    private int payloadBytes(ByteBuf bytes, int first) {
        try (FrameProbe probe = new FrameProbe(protocol.format())) {
            long answer = probe.probe(bytes, first, bytes.writerIndex());
            if (answer <= 0) {
                throw new AssertionError("our own frame is none: " + answer);
            }
            return probe.frame(bytes, first, answer).payloadLength();
        }
    }

    /** What the segments of a recording are made of. */
    interface Loss {
        boolean isLost(boolean isFromServer, long firstByte, long behindLast);
    }

    static final Loss NONE = (isFromServer, firstByte, behindLast) -> false;

    /** Writes both directions, cut anyhow, in turns. */
    Path writeTo(Path file, int mostSegmentBytes, Loss loss) throws IOException {
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            writeTo(writer, writer.addInterface("any"), PORT, mostSegmentBytes, loss);
        }
        return file;
    }

    /** The same as one connection of several in a file, to this port of the server. */
    void writeTo(PcapngWriter writer, int interfaceId, int port, int mostSegmentBytes, Loss loss) throws IOException {
        InetSocketAddress end = TcpPackets.end(TcpPackets.SERVER.getHostString(), port);
        List<byte[]> packets = new ArrayList<>();
        packets.add(from(CLIENT, end, 999).flags(TcpView.SYN).bytes());
        packets.add(from(end, CLIENT, 4_999).flags(TcpView.SYN).ack(1_000).bytes());
        packets.add(from(CLIENT, end, 1_000).ack(5_000).bytes());
        int client = 0;
        int server = 0;
        while (client < fromClient.bytes.writerIndex() || server < fromServer.bytes.writerIndex()) {
            boolean isServer = server < fromServer.bytes.writerIndex()
                    && (client == fromClient.bytes.writerIndex() || random.nextBoolean());
            Direction direction = isServer ? fromServer : fromClient;
            int at = isServer ? server : client;
            int bytes = Math.min(1 + random.nextInt(mostSegmentBytes), direction.bytes.writerIndex() - at);
            byte[] payload = ByteBufUtil.getBytes(direction.bytes, at, bytes);
            if (!loss.isLost(isServer, at, at + bytes)) {
                packets.add((isServer
                                ? from(end, CLIENT, 5_000 + at).ack(1_000 + client)
                                : from(CLIENT, end, 1_000 + at).ack(5_000 + server))
                        .payload(payload)
                        .bytes());
            }
            server += isServer ? bytes : 0;
            client += isServer ? 0 : bytes;
        }
        long now = EPOCH_NANOS;
        for (byte[] packet : packets) {
            now += 1_000_000;
            CapturedSegment segment =
                    new CapturedSegment().wrap(Unpooled.wrappedBuffer(packet), 0, packet.length, packet.length, now);
            writer.write(interfaceId, segment, now);
        }
    }

    private static TcpPackets.Builder from(InetSocketAddress source, InetSocketAddress target, int sequence) {
        return TcpPackets.between(source, target).sequence(sequence);
    }

    @Override
    public void close() {
        fromClient.close();
        fromServer.close();
    }
}
