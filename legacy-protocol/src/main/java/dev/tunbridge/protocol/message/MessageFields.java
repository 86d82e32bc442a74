package dev.tunbridge.protocol.message;

import java.util.Map;

/** What the bridge's own messages say, field by field. */
final class MessageFields {
    private MessageFields() {}

    static Meaning meaning(Message message) {
        // Java 17 has no switch over types.
        if (message instanceof Message.App) {
            return Meaning.APP;
        } else if (message instanceof Message.Packet || message instanceof Message.Link) {
            return Meaning.PACKET;
        } else if (message instanceof Message.Segment segment) {
            return segment(segment.ipProtocol());
        } else if (message instanceof Message.Open) {
            return Meaning.OPEN;
        } else if (message instanceof Message.Opened) {
            return Meaning.OPENED;
        } else if (message instanceof Message.Data) {
            return Meaning.DATA;
        } else if (message instanceof Message.Credit) {
            return Meaning.CREDIT;
        } else if (message instanceof Message.Close) {
            return Meaning.CLOSE;
        }
        return Meaning.SIGNAL;
    }

    static Meaning segment(int ipProtocol) {
        return switch (ipProtocol) {
            case Message.TCP -> Meaning.TCP;
            case Message.UDP -> Meaning.UDP;
            default -> throw new IllegalArgumentException("IP protocol " + ipProtocol + "; allowed 6, 17");
        };
    }

    static Map<String, Value> of(Message message) {
        if (message instanceof Message.App app) {
            return Map.of("topic", number(app.topic()), "content", bytes(app.content()));
        } else if (message instanceof Message.Packet packet) {
            return Map.of("content", bytes(packet.content()));
        } else if (message instanceof Message.Segment segment) {
            return Map.of(
                    "client-address", new Value.Address(segment.clientAddress()),
                    "device-address", new Value.Address(segment.deviceAddress()),
                    "content", bytes(segment.content()));
        } else if (message instanceof Message.Open open) {
            return Map.of(
                    "channel", number(open.channel()),
                    "transport", number(open.transport()),
                    "device-port", number(open.devicePort()),
                    "client-address", new Value.Address(open.clientAddress()),
                    "client-port", number(open.clientPort()));
        } else if (message instanceof Message.Opened opened) {
            return Map.of(
                    "channel", number(opened.channel()),
                    "status", new Value.Text(opened.status().key()),
                    "credit", number(opened.credit()));
        } else if (message instanceof Message.Data data) {
            return Map.of("channel", number(data.channel()), "content", bytes(data.content()));
        } else if (message instanceof Message.Credit credit) {
            return Map.of("channel", number(credit.channel()), "bytes", number(credit.bytes()));
        } else if (message instanceof Message.Close close) {
            return Map.of(
                    "channel",
                    number(close.channel()),
                    "how",
                    new Value.Text(close.how().key()));
        } else if (message instanceof Message.Signal signal) {
            return signal.fields();
        }
        throw new IllegalArgumentException("no fields are known of " + message);
    }

    private static Value number(long number) {
        return new Value.Whole(number);
    }

    private static Value bytes(Octets octets) {
        return new Value.Bytes(octets);
    }
}
