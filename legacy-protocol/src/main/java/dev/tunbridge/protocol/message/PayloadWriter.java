package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/** Appends the messages of more than a few numbers; {@link ReferenceCodec} has the drawing. */
final class PayloadWriter {
    private PayloadWriter() {}

    static void hello(Message.Hello hello, ByteBuf out) {
        out.writeByte(hello.version());
        out.writeByte(Carriage.bitsOf(hello.carriages()));
        shortBytes("device id", hello.deviceId().getBytes(StandardCharsets.UTF_8), out);
        shortBytes("token", hello.token().toByteArray(), out);
    }

    static void welcome(Message.Welcome welcome, ByteBuf out) {
        out.writeByte(welcome.carriage().bit());
        out.writeInt((int) welcome.session());
        out.writeShort(welcome.innerMtu());
        out.writeByte(welcome.prefixLength());
        family(welcome.deviceAddress(), out);
        out.writeBytes(welcome.deviceAddress().getAddress());
        out.writeBytes(welcome.serverAddress().getAddress());
    }

    static void reject(Message.Reject reject, ByteBuf out) {
        out.writeByte(reject.reason().code());
        shortBytes("text", reject.text().getBytes(StandardCharsets.UTF_8), out);
    }

    static void segment(Message.Segment segment, ByteBuf out) {
        family(segment.clientAddress(), out);
        out.writeBytes(segment.clientAddress().getAddress());
        out.writeBytes(segment.deviceAddress().getAddress());
        segment.content().writeTo(out);
    }

    static void open(Message.Open open, ByteBuf out) {
        out.writeShort(open.channel());
        out.writeByte(open.transport());
        out.writeShort(open.devicePort());
        family(open.clientAddress(), out);
        out.writeBytes(open.clientAddress().getAddress());
        out.writeShort(open.clientPort());
    }

    private static void family(InetAddress address, ByteBuf out) {
        out.writeByte(address.getAddress().length == 4 ? 4 : 6);
    }

    private static void shortBytes(String field, byte[] bytes, ByteBuf out) {
        Range.check(field + " length", bytes.length, 255);
        out.writeByte(bytes.length);
        out.writeBytes(bytes);
    }
}
