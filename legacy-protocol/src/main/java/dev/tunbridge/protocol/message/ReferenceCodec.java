package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.Message.App;
import dev.tunbridge.protocol.message.Message.Bye;
import dev.tunbridge.protocol.message.Message.Close;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.Credit;
import dev.tunbridge.protocol.message.Message.Data;
import dev.tunbridge.protocol.message.Message.Hello;
import dev.tunbridge.protocol.message.Message.KeepAlive;
import dev.tunbridge.protocol.message.Message.KeepAliveAck;
import dev.tunbridge.protocol.message.Message.Open;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.protocol.message.Message.Opened;
import dev.tunbridge.protocol.message.Message.Packet;
import dev.tunbridge.protocol.message.Message.Reject;
import dev.tunbridge.protocol.message.Message.Segment;
import dev.tunbridge.protocol.message.Message.Welcome;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Set;

/**
 * The messages of the reference protocol. Numbers are big-endian.
 *
 * <pre>
 *   hello          version u8 | carriages u8 | length u8, device id | length u8, token
 *   welcome        carriage u8 | session u32 | inner MTU u16 | prefix u8 | family u8 | device | server
 *   reject         reason u8 | length u8, text
 *   keepalive(-ack) nonce u32
 *   bye            reason u8
 *   app            topic u16 | bytes
 *   packet         IP packet
 *   tcp, udp       family u8 | client address | device address | segment
 *   open           channel u16 | transport u8 | device port u16 | family u8 | client address | client port u16
 *   opened         channel u16 | status u8 | credit u32
 *   data           channel u16 | bytes
 *   credit         channel u16 | bytes u32
 *   close          channel u16 | how u8
 * </pre>
 */
final class ReferenceCodec implements MessageCodec {
    /** No type has this number: a type field has at most 31 bits. */
    private static final int ABSENT = -1;

    private static final ReferenceType[] TYPES = ReferenceType.values();

    private final FrameFormat format;
    /** The types in the order of {@link #TYPES}, and the same by type. */
    private final int[] numbers = new int[TYPES.length];

    private final EnumMap<ReferenceType, Integer> numberOf = new EnumMap<>(ReferenceType.class);
    private final PayloadReader reader = new PayloadReader();

    private final int overheadBytes;

    ReferenceCodec(FrameFormat format) {
        this.format = format;
        this.overheadBytes = format.overheadBytes();
        for (int i = 0; i < TYPES.length; i++) {
            numbers[i] = format.type(TYPES[i].key()).orElse(ABSENT);
            numberOf.put(TYPES[i], numbers[i]);
        }
    }

    @Override
    public Set<Carriage> carriages() {
        EnumSet<Carriage> carriages = EnumSet.noneOf(Carriage.class);
        if (has(ReferenceType.PACKET)) {
            carriages.add(Carriage.PACKET);
        }
        if (has(ReferenceType.TCP) && has(ReferenceType.UDP)) {
            carriages.add(Carriage.SEGMENT);
        }
        if (has(ReferenceType.OPEN) && has(ReferenceType.OPENED) && has(ReferenceType.DATA)) {
            carriages.add(Carriage.SOCKET);
        }
        return carriages;
    }

    private boolean has(ReferenceType type) {
        return format.type(type.key()).isPresent();
    }

    @Override
    public void read(FrameView frame, MessageHandler handler) throws MalformedMessageException {
        int number = frame.type();
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] == number) {
                read(TYPES[i], frame, handler);
                return;
            }
        }
        handler.onUnknownType(number);
    }

    private void read(ReferenceType type, FrameView frame, MessageHandler handler) throws MalformedMessageException {
        ByteBuf buffer = frame.buffer();
        PayloadReader in = reader.wrap(type, buffer, frame.payloadIndex(), frame.payloadLength());
        switch (type) {
            case PACKET -> handler.onPacket(buffer, in.index(), in.remaining());
            case TCP -> readSegment(Message.TCP, buffer, in, handler);
            case UDP -> readSegment(Message.UDP, buffer, in, handler);
            case DATA -> handler.onData(in.u16("channel"), buffer, in.index(), in.remaining());
            default -> handler.onMessage(readRecord(type, in));
        }
    }

    private static void readSegment(int ipProtocol, ByteBuf buffer, PayloadReader in, MessageHandler handler)
            throws MalformedMessageException {
        int addressBytes = in.addressBytes("family");
        int client = in.take("client address", addressBytes);
        int device = in.take("device address", addressBytes);
        handler.onSegment(ipProtocol, buffer, client, device, addressBytes, in.index(), in.remaining());
    }

    private static Message readRecord(ReferenceType type, PayloadReader in) throws MalformedMessageException {
        Message message = switch (type) {
            case HELLO ->
                new Hello(
                        in.u8("version"),
                        Carriage.ofBits(in.u8("carriage")),
                        in.shortText("device id"),
                        in.shortOctets("token"));
            case WELCOME -> readWelcome(in);
            case REJECT -> new Reject(readReason(in), in.shortText("text"));
            case KEEPALIVE -> new KeepAlive(in.u32("nonce"));
            case KEEPALIVE_ACK -> new KeepAliveAck(in.u32("nonce"));
            case BYE -> new Bye(in.u8("reason"));
            case APP -> new App(in.u16("topic"), in.rest());
            case OPEN -> readOpen(in);
            case OPENED -> new Opened(in.u16("channel"), readStatus(in), in.u32("credit"));
            case CREDIT -> new Credit(in.u16("channel"), in.u32("bytes"));
            case CLOSE -> new Close(in.u16("channel"), readHow(in));
            case PACKET, TCP, UDP, DATA -> throw new IllegalArgumentException(type + " has no record to read");
        };
        in.finish();
        return message;
    }

    private static Welcome readWelcome(PayloadReader in) throws MalformedMessageException {
        int bit = in.u8("carriage");
        Carriage carriage =
                Carriage.ofBit(bit).orElseThrow(() -> in.malformed("carriage", "is " + bit + "; allowed 1, 2, 4"));
        long session = in.u32("session");
        int innerMtu = in.u16("inner MTU");
        int prefixLength = in.u8("prefix length");
        int addressBytes = in.addressBytes("address family");
        if (prefixLength > 8 * addressBytes) {
            throw in.malformed("prefix length", "is " + prefixLength + "; allowed 0 to " + 8 * addressBytes);
        }
        InetAddress device = in.address("device address", addressBytes);
        return new Welcome(
                carriage, session, innerMtu, prefixLength, device, in.address("server address", addressBytes));
    }

    private static RejectReason readReason(PayloadReader in) throws MalformedMessageException {
        int code = in.u8("reason");
        return RejectReason.ofCode(code).orElseThrow(() -> in.malformed("reason", "is " + code + "; allowed 1 to 4"));
    }

    private static Open readOpen(PayloadReader in) throws MalformedMessageException {
        int channel = in.u16("channel");
        int transport = in.u8("transport");
        if (transport != Message.TCP && transport != Message.UDP) {
            throw in.malformed("transport", "is " + transport + "; allowed 6, 17");
        }
        int devicePort = in.u16("device port");
        InetAddress client = in.address("client address", in.addressBytes("family"));
        return new Open(channel, transport, devicePort, client, in.u16("client port"));
    }

    private static OpenStatus readStatus(PayloadReader in) throws MalformedMessageException {
        int code = in.u8("status");
        for (OpenStatus status : OpenStatus.values()) {
            if (status.code() == code) {
                return status;
            }
        }
        throw in.malformed("status", "is " + code + "; allowed 0 to 3");
    }

    private static CloseHow readHow(PayloadReader in) throws MalformedMessageException {
        int code = in.u8("how");
        for (CloseHow how : CloseHow.values()) {
            if (how.code() == code) {
                return how;
            }
        }
        throw in.malformed("how", "is " + code + "; allowed 0, 1");
    }

    @Override
    public void write(Message message, FrameEncoder encoder, ByteBuf out) {
        try {
            writeFrame(message, encoder, out);
        } finally {
            // Nothing is left to take back once the frame has ended.
            encoder.abort();
        }
    }

    private void writeFrame(Message message, FrameEncoder encoder, ByteBuf out) {
        // Java 17 has no switch over types.
        if (message instanceof Hello hello) {
            PayloadWriter.hello(hello, begin(ReferenceType.HELLO, encoder, out));
        } else if (message instanceof Welcome welcome) {
            PayloadWriter.welcome(welcome, begin(ReferenceType.WELCOME, encoder, out));
        } else if (message instanceof Reject reject) {
            PayloadWriter.reject(reject, begin(ReferenceType.REJECT, encoder, out));
        } else if (message instanceof KeepAlive keepAlive) {
            begin(ReferenceType.KEEPALIVE, encoder, out).writeInt((int) keepAlive.nonce());
        } else if (message instanceof KeepAliveAck ack) {
            begin(ReferenceType.KEEPALIVE_ACK, encoder, out).writeInt((int) ack.nonce());
        } else if (message instanceof Bye bye) {
            begin(ReferenceType.BYE, encoder, out).writeByte(bye.reason());
        } else if (message instanceof App app) {
            app.content().writeTo(begin(ReferenceType.APP, encoder, out).writeShort(app.topic()));
        } else if (message instanceof Packet packet) {
            packet.content().writeTo(beginPacket(encoder, out));
        } else if (message instanceof Segment segment) {
            PayloadWriter.segment(segment, begin(segmentType(segment.ipProtocol()), encoder, out));
        } else if (message instanceof Open open) {
            PayloadWriter.open(open, begin(ReferenceType.OPEN, encoder, out));
        } else if (message instanceof Opened opened) {
            begin(ReferenceType.OPENED, encoder, out)
                    .writeShort(opened.channel())
                    .writeByte(opened.status().code())
                    .writeInt((int) opened.credit());
        } else if (message instanceof Data data) {
            data.content().writeTo(begin(ReferenceType.DATA, encoder, out).writeShort(data.channel()));
        } else if (message instanceof Credit credit) {
            begin(ReferenceType.CREDIT, encoder, out)
                    .writeShort(credit.channel())
                    .writeInt((int) credit.bytes());
        } else if (message instanceof Close close) {
            begin(ReferenceType.CLOSE, encoder, out)
                    .writeShort(close.channel())
                    .writeByte(close.how().code());
        }
        encoder.end();
    }

    private static ReferenceType segmentType(int ipProtocol) {
        return switch (ipProtocol) {
            case Message.TCP -> ReferenceType.TCP;
            case Message.UDP -> ReferenceType.UDP;
            default -> throw new IllegalArgumentException("IP protocol " + ipProtocol + "; allowed 6, 17");
        };
    }

    @Override
    public ByteBuf beginPacket(FrameEncoder encoder, ByteBuf out) {
        return begin(ReferenceType.PACKET, encoder, out);
    }

    @Override
    public ByteBuf beginSegment(
            FrameEncoder encoder,
            ByteBuf out,
            int ipProtocol,
            ByteBuf addresses,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes) {
        ByteBuf payload = begin(segmentType(ipProtocol), encoder, out);
        payload.writeByte(addressBytes == 4 ? 4 : 6);
        payload.writeBytes(addresses, clientAddressIndex, addressBytes);
        payload.writeBytes(addresses, deviceAddressIndex, addressBytes);
        return payload;
    }

    @Override
    public int packetOverheadBytes() {
        return overheadBytes;
    }

    @Override
    public int segmentOverheadBytes(int addressBytes) {
        return overheadBytes + segmentHeadBytes(addressBytes);
    }

    @Override
    public int maxPacketBytes() {
        return format.maxPayloadBytes();
    }

    @Override
    public int maxSegmentBytes(int addressBytes) {
        return format.maxPayloadBytes() - segmentHeadBytes(addressBytes);
    }

    private static int segmentHeadBytes(int addressBytes) {
        return 1 + 2 * addressBytes;
    }

    private ByteBuf begin(ReferenceType type, FrameEncoder encoder, ByteBuf out) {
        Integer number = numberOf.get(type);
        if (number == null || number == ABSENT) {
            throw new IllegalArgumentException("the format " + format.name() + " has no type " + type.key());
        }
        return encoder.begin(out, number);
    }
}
