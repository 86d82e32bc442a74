package dev.tunbridge.protocol.message;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The payloads of the reference protocol, written by hand from its table and not from its description: what a description must
 * come to. Numbers are big-endian.
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
final class ReferenceBytes {
    private static final Map<String, Integer> CARRIAGES =
            Map.of("packet", 1, "segment", 2, "socket", 4, "packet+socket", 1 | 4, "segment+socket", 2 | 4);
    private static final List<String> REASONS = List.of("", "version", "carriage", "credentials", "busy");

    private ReferenceBytes() {}

    static String type(Message message) {
        if (message instanceof Message.Signal signal) {
            return signal.name();
        }
        if (message instanceof Message.Segment segment) {
            return segment.ipProtocol() == 6 ? "tcp" : "udp";
        }
        return message.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    static byte[] payload(Message message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        if (message instanceof Message.Signal signal) {
            signal(signal.name(), signal.fields(), out);
        } else if (message instanceof Message.App app) {
            out.writeShort(app.topic());
            out.write(app.content().toByteArray());
        } else if (message instanceof Message.Packet packet) {
            out.write(packet.content().toByteArray());
        } else if (message instanceof Message.Segment segment) {
            family(segment.clientAddress(), out);
            out.write(segment.clientAddress().getAddress());
            out.write(segment.deviceAddress().getAddress());
            out.write(segment.content().toByteArray());
        } else if (message instanceof Message.Open open) {
            out.writeShort(open.channel());
            out.writeByte(open.transport());
            out.writeShort(open.devicePort());
            family(open.clientAddress(), out);
            out.write(open.clientAddress().getAddress());
            out.writeShort(open.clientPort());
        } else if (message instanceof Message.Opened opened) {
            out.writeShort(opened.channel());
            out.writeByte(opened.status().ordinal());
            out.writeInt((int) opened.credit());
        } else if (message instanceof Message.Data data) {
            out.writeShort(data.channel());
            out.write(data.content().toByteArray());
        } else if (message instanceof Message.Credit credit) {
            out.writeShort(credit.channel());
            out.writeInt((int) credit.bytes());
        } else if (message instanceof Message.Close close) {
            out.writeShort(close.channel());
            out.writeByte(close.how().ordinal());
        }
        return bytes.toByteArray();
    }

    private static void signal(String name, Map<String, Value> fields, DataOutputStream out) throws IOException {
        switch (name) {
            case "hello" -> {
                out.writeByte(number(fields, "version"));
                out.writeByte(((Value.Names) field(fields, "carriages"))
                        .names().stream().mapToInt(CARRIAGES::get).sum());
                octets(text(fields, "device-id").getBytes(StandardCharsets.UTF_8), out);
                octets(((Value.Bytes) field(fields, "token")).octets().toByteArray(), out);
            }
            case "welcome" -> {
                out.writeByte(CARRIAGES.getOrDefault(text(fields, "carriage"), 0));
                out.writeInt(number(fields, "session"));
                out.writeShort(number(fields, "mtu"));
                out.writeByte(number(fields, "prefix-length"));
                family(address(fields, "device-address"), out);
                out.write(address(fields, "device-address").getAddress());
                out.write(address(fields, "server-address").getAddress());
            }
            case "reject" -> {
                out.writeByte(REASONS.indexOf(text(fields, "reason")));
                octets(text(fields, "text").getBytes(StandardCharsets.UTF_8), out);
            }
            case "bye" -> out.writeByte(number(fields, "reason"));
            default -> out.writeInt(number(fields, "nonce"));
        }
    }

    private static Value field(Map<String, Value> fields, String name) {
        Value value = fields.get(name);
        if (value == null) {
            throw new AssertionError("no field " + name);
        }
        return value;
    }

    private static int number(Map<String, Value> fields, String name) {
        return (int) ((Value.Whole) field(fields, name)).number();
    }

    private static String text(Map<String, Value> fields, String name) {
        return ((Value.Text) field(fields, name)).text();
    }

    private static InetAddress address(Map<String, Value> fields, String name) {
        return ((Value.Address) field(fields, name)).address();
    }

    private static void family(InetAddress address, DataOutputStream out) throws IOException {
        out.writeByte(address.getAddress().length == 4 ? 4 : 6);
    }

    private static void octets(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeByte(bytes.length);
        out.write(bytes);
    }
}
