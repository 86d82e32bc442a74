package dev.tunbridge.protocol.message;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What one end says to the other. Values of fields are in their range when the record exists. */
public sealed interface Message {

    /**
     * A message of the session itself, as the description lays it out: login, keep-alive, farewell. Only the names stand in logs, because
     * values may be secret.
     *
     * @param name of the type, as {@code types} has it
     */
    record Signal(String name, Map<String, Value> fields) implements Message {
        public Signal {
            fields = Map.copyOf(fields);
        }

        @Override
        public String toString() {
            return name + fields.keySet().stream().sorted().toList();
        }
    }

    /** A message of the application itself. */
    record App(int topic, Octets content) implements Message {
        public App {
            Range.u16("topic", topic);
        }
    }

    /** A whole IP packet. */
    record Packet(Octets content) implements Message {}

    /**
     * A whole frame of the link that the protocol's packets lie in, such as Ethernet: a question of who has which address, or the answer.
     * To be sent as it is.
     */
    record Link(Octets frame) implements Message {}

    /** A TCP segment or UDP datagram, from its header on. */
    record Segment(int ipProtocol, InetAddress clientAddress, InetAddress deviceAddress, Octets content)
            implements Message {
        public Segment {
            if (ipProtocol != TCP && ipProtocol != UDP) {
                throw new IllegalArgumentException("ipProtocol is " + ipProtocol + "; allowed 6, 17");
            }
            if (clientAddress.getClass() != deviceAddress.getClass()) {
                throw new IllegalArgumentException(
                        "addresses of two families: " + clientAddress + " and " + deviceAddress);
            }
        }
    }

    /** The server asks for a connection to a service of the device. */
    record Open(int channel, int transport, int devicePort, InetAddress clientAddress, int clientPort)
            implements Message {
        public Open {
            Range.u16("channel", channel);
            if (transport != TCP && transport != UDP) {
                throw new IllegalArgumentException("transport is " + transport + "; allowed 6, 17");
            }
            Range.u16("devicePort", devicePort);
            Range.u16("clientPort", clientPort);
        }
    }

    /** The device answers an {@link Open}. */
    record Opened(int channel, OpenStatus status, long credit) implements Message {
        public Opened {
            Range.u16("channel", channel);
            Range.u32("credit", credit);
        }
    }

    /** Bytes of a channel; for UDP one datagram. */
    record Data(int channel, Octets content) implements Message {
        public Data {
            Range.u16("channel", channel);
        }
    }

    /** The receiver of a channel can take so many more bytes. */
    record Credit(int channel, long bytes) implements Message {
        public Credit {
            Range.u16("channel", channel);
            Range.u32("bytes", bytes);
        }
    }

    /** Ends a channel, or this direction of it. */
    record Close(int channel, CloseHow how) implements Message {
        public Close {
            Range.u16("channel", channel);
        }
    }

    /** What became of an {@link Open}. */
    enum OpenStatus {
        OPEN,
        REFUSED,
        UNREACHABLE,
        LIMIT;

        /** As descriptions name it. */
        String key() {
            return Message.key(this);
        }

        static List<String> keys() {
            return Arrays.stream(values()).map(OpenStatus::key).toList();
        }

        static OpenStatus of(String key) {
            return Message.ofKey(key, values());
        }
    }

    /** How a channel ends. */
    enum CloseHow {
        END_OF_STREAM,
        RESET;

        /** As descriptions name it. */
        String key() {
            return Message.key(this);
        }

        static List<String> keys() {
            return Arrays.stream(values()).map(CloseHow::key).toList();
        }

        static CloseHow of(String key) {
            return Message.ofKey(key, values());
        }
    }

    private static String key(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static <E extends Enum<E>> E ofKey(String key, E[] constants) {
        for (E constant : constants) {
            if (key(constant).equals(key)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("is " + key + "; allowed "
                + Arrays.stream(constants).map(Message::key).toList());
    }

    /** IP protocol numbers (IANA). */
    int TCP = 6;

    int UDP = 17;
}
