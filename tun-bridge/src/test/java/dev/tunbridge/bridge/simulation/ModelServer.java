package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.HeaderField;
import dev.tunbridge.protocol.frame.TypeTable;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionAction;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The third party: puts what its clients send into frames, with messages of its own between them, and writes them to its socket. */
final class ModelServer {
    /** One of them is no type of the format; where neither fits into the field, or there is none, nothing is unknown. */
    private static final List<Integer> UNKNOWN_TYPES = List.of(0x7a, 9);

    /** What waits in the socket; a server stops reading from its clients then. */
    private static final int MOST_UNSENT_BYTES = 200_000;

    private final VirtualTime time;
    private final Dice dice;
    private final Scenario scenario;
    private final Scenario.Traffic traffic;
    private final SentStream stream;
    private final InnerPackets packets;
    private final ModelTcpSender socket;
    private final FramePort port;
    private final FrameEncoder encoder;
    private final MessageCodec codec;
    private final Session session;
    private final OptionalInt unknownType;
    private final EmbeddedFrames embedded;
    private final List<InnerFlow> flows = new ArrayList<>();
    private final List<InnerFlow> datagramFlows = new ArrayList<>();
    private final List<InnerTcp> connections = new ArrayList<>();
    /** What is asked of the device below IP, where there is such a link. */
    private Optional<Message> link = Optional.empty();

    private int messages;
    private int flowSerial;
    private boolean finished;

    ModelServer(
            VirtualTime time,
            Dice dice,
            Scenario scenario,
            SentStream stream,
            InnerPackets packets,
            ModelTcpSender socket) {
        this.time = time;
        this.dice = dice;
        this.scenario = scenario;
        this.traffic = scenario.traffic();
        this.stream = stream;
        this.packets = packets;
        this.socket = socket;
        FrameFormat format = scenario.format();
        codec = scenario.protocol().newCodec();
        encoder = new FrameEncoder(format);
        port = new FramePort(scenario.carriage(), packets, encoder, codec);
        session = SimulatedSession.server(scenario, packets, dice.split());
        unknownType = UNKNOWN_TYPES.stream()
                .filter(type -> isUnknown(format, type))
                .mapToInt(type -> type)
                .findFirst();
        embedded = new EmbeddedFrames(dice.split(), scenario.carriage(), packets, format, codec);
        for (int i = 0; i < traffic.udpFlows(); i++) {
            datagramFlows.add(newFlow(Message.UDP));
        }
        for (int i = 0; i < traffic.tcpFlows(); i++) {
            connections.add(newConnection());
        }
    }

    private static boolean isUnknown(FrameFormat format, int type) {
        boolean fits = format.fields().stream()
                .anyMatch(field -> field.name().equals(HeaderField.TYPE)
                        && type >>> field.bits().bits() == 0);
        return fits && new TypeTable(format).name(type).isEmpty();
    }

    /** The connection is there. */
    void connected() {
        apply(session.connected(time.nowNanos()));
    }

    /** The device has said something; tells whether there was an answer. */
    boolean heard(Message message) {
        int before = stream.length();
        if (!(message instanceof Message.Link)) {
            apply(session.received(message, time.nowNanos()));
        }
        return stream.length() > before;
    }

    private void apply(List<SessionAction> actions) {
        for (SessionAction action : actions) {
            if (action instanceof SessionAction.Send send) {
                message(send.message());
            } else if (action instanceof SessionAction.Established) {
                start();
            } else {
                throw new Violation("the server's session goes on with " + action);
            }
        }
        if (!actions.isEmpty()) {
            socket.written();
        }
    }

    /** The login is over. */
    private void start() {
        if (scenario.carriage() == Carriage.PACKET) {
            codec.linkUp(packets.tunnelServer(), packets.device()).ifPresent(question -> {
                link = Optional.of(question);
                link();
            });
        }
        write();
    }

    private void link() {
        link.ifPresent(question -> {
            int start = stream.length();
            port.message(question, stream.buffer());
            stream.append(new SentFrame.Builder(SentFrame.Kind.LINK), start);
        });
    }

    void stop() {
        finished = true;
    }

    void close() {
        port.close();
        embedded.close();
    }

    private void write() {
        if (finished || stream.length() >= traffic.streamBytes()) {
            finished = true;
            socket.written();
            return;
        }
        if (socket.unsentBytes() < MOST_UNSENT_BYTES) {
            int frames = dice.between(1, traffic.burstFrames());
            for (int i = 0; i < frames; i++) {
                frame();
                if (!traffic.batches()) {
                    socket.written();
                }
            }
            socket.written();
        }
        time.after(1 + dice.exponential(traffic.meanGapNanos()), this::write);
    }

    private void frame() {
        if (dice.chance(traffic.oddities())) {
            oddity();
            return;
        }
        int kinds = 2 * datagramFlows.size() + 3 * connections.size() + 1;
        int draw = dice.below(kinds);
        if (draw < 2 * datagramFlows.size()) {
            datagram(datagramFlows.get(draw / 2));
        } else if (draw < kinds - 1) {
            segment((draw - 2 * datagramFlows.size()) / 3);
        } else if (scenario.carriage() == Carriage.PACKET && (codec.maxAppBytes() == 0 || dice.chance(0.5))) {
            InnerFlow flow = new InnerFlow(flowSerial++, 1, dice.below(InnerPackets.clients()), dice.below(1 << 16), 0);
            packet(SentFrame.Kind.ICMP, flow, packets.icmp(flow, messages, payload(dice.below(100))));
            if (dice.chance(0.2)) {
                link();
                apply(session.keepAlive(time.nowNanos()));
            }
        } else if (dice.chance(0.8)) {
            byte[] content = payload(dice.chance(0.9) ? dice.below(200) : dice.below(1_500));
            message(new Message.App(dice.below(1 << 16), Octets.of(content)));
        } else {
            apply(session.keepAlive(time.nowNanos()));
        }
    }

    private void datagram(InnerFlow flow) {
        // Over IPv4 a sender may leave the checksum out (RFC 768); then nothing shows that the packet is whole.
        boolean withoutChecksum = packets.addressBytes() == 4 && dice.chance(0.1);
        byte[] packet = packets.udp(flow, datagram(), withoutChecksum);
        SentFrame.Builder frame =
                new SentFrame.Builder(SentFrame.Kind.UDP).flow(flow).packet(packet);
        write(withoutChecksum ? frame.unchecked() : frame, flow, packet);
    }

    private void segment(int index) {
        InnerTcp connection = connections.get(index);
        if (connection.isClosed()) {
            boolean reusesPorts = dice.chance(0.2);
            connection = reusesPorts ? new InnerTcp(connection.flow, dice.split(), packets) : newConnection();
            connections.set(index, connection);
        }
        int most = Math.min(1_460, port.maxPacketBytes() - connection.headerBytes());
        byte[] payload = payload(dice.chance(0.5) ? most : dice.between(1, most));
        InnerTcp.Segment segment = connection.next(payload);
        SentFrame.Builder frame = new SentFrame.Builder(SentFrame.Kind.TCP)
                .flow(connection.flow)
                .packet(segment.packet())
                .tcp(segment.sequence(), segment.sequenceLength(), segment.flags());
        write(frame, connection.flow, segment.packet());
    }

    /** What the device must not get, or not early. */
    private void oddity() {
        InnerFlow flow = datagramFlows.isEmpty() ? newFlow(Message.UDP) : datagramFlows.get(0);
        byte[] packet = packets.udp(flow, payload(dice.between(1, 300)), false);
        switch (dice.below(4)) {
            case 0 -> {
                packet[packet.length - 1] ^= 0x40;
                write(
                        new SentFrame.Builder(SentFrame.Kind.UDP)
                                .flow(flow)
                                .packet(packet)
                                .unchecked(),
                        flow,
                        packet);
            }
            case 1 -> {
                if (scenario.carriage() == Carriage.PACKET) {
                    packets.misdirect(packet);
                    write(
                            new SentFrame.Builder(SentFrame.Kind.UDP)
                                    .flow(flow)
                                    .packet(packet)
                                    .refused(),
                            flow,
                            packet);
                }
            }
            case 2 -> {
                if (scenario.carriage() == Carriage.PACKET && packets.addressBytes() == 4) {
                    byte[] fragment = packets.fragment(flow, dice.below(1 << 16), payload(64));
                    write(
                            new SentFrame.Builder(SentFrame.Kind.FRAGMENT)
                                    .flow(flow)
                                    .packet(fragment),
                            flow,
                            fragment);
                }
            }
            default -> {
                byte[] unknown = payload(dice.below(60));
                unknownType.ifPresent(type -> {
                    int start = stream.length();
                    port.unknown(type, unknown, stream.buffer());
                    stream.append(new SentFrame.Builder(SentFrame.Kind.UNKNOWN), start);
                });
            }
        }
    }

    private void packet(SentFrame.Kind kind, InnerFlow flow, byte[] packet) {
        write(new SentFrame.Builder(kind).flow(flow).packet(packet), flow, packet);
    }

    private void write(SentFrame.Builder frame, InnerFlow flow, byte[] packet) {
        int start = stream.length();
        port.packet(flow, packet, stream.buffer());
        stream.append(frame, start);
    }

    private void message(Message message) {
        int start = stream.length();
        port.message(message, stream.buffer());
        if (message instanceof Message.Signal signal
                && !scenario.protocol().messages().isFramed(signal.name())) {
            stream.appendUnframed(message);
        } else {
            stream.append(new SentFrame.Builder(SentFrame.Kind.MESSAGE).message(message), start);
        }
        messages++;
    }

    private byte[] datagram() {
        int most = port.maxPacketBytes() - packets.ipHeaderBytes() - 8;
        int percent = dice.below(100);
        int length = percent < 40 ? dice.below(60) : percent < 70 ? dice.below(600) : percent < 97 ? 1_200 : most;
        return payload(Math.min(length, most));
    }

    private byte[] payload(int length) {
        byte[] payload = new byte[length];
        dice.fill(payload, 0, length);
        if (dice.chance(traffic.embeds())) {
            embedded.spoil(payload, traffic.embedsKnownFlows() ? flows : List.of());
        }
        return payload;
    }

    private InnerTcp newConnection() {
        return new InnerTcp(newFlow(Message.TCP), dice.split(), packets);
    }

    private InnerFlow newFlow(int protocol) {
        int serial = flowSerial++;
        InnerFlow flow = new InnerFlow(
                serial, protocol, dice.below(InnerPackets.clients()), 10_000 + serial, 80 + dice.below(20));
        flows.add(flow);
        return flow;
    }

    /** A number that grows with what has been written, to tell messages apart. */
    int messages() {
        return messages;
    }

    ByteBuf buffer() {
        return stream.buffer();
    }
}
