package dev.tunbridge.protocol.message;

import java.net.InetAddress;
import java.util.Set;

/** What one end says to the other. Values of fields are in their range when the record exists. */
public sealed interface Message {

    /** The device introduces itself. */
    record Hello(int version, Set<Carriage> carriages, String deviceId, Octets token) implements Message {
        /** The version of the protocol that this bridge speaks. */
        public static final int VERSION = 1;

        public Hello {
            Range.u8("version", version);
            carriages = Set.copyOf(carriages);
        }

        /** The token stays out of logs. */
        @Override
        public String toString() {
            return "Hello[version=" + version + ", carriages=" + carriages + ", deviceId=" + deviceId + ", token of "
                    + token.length() + " bytes]";
        }
    }

    /** The server accepts, and says how the tunnel is addressed. */
    record Welcome(
            Carriage carriage,
            long session,
            int innerMtu,
            int prefixLength,
            InetAddress deviceAddress,
            InetAddress serverAddress)
            implements Message {
        public Welcome {
            Range.u32("session", session);
            Range.u16("innerMtu", innerMtu);
            if (deviceAddress.getClass() != serverAddress.getClass()) {
                throw new IllegalArgumentException(
                        "addresses of two families: " + deviceAddress + " and " + serverAddress);
            }
            Range.check("prefixLength", prefixLength, 8L * deviceAddress.getAddress().length);
        }
    }

    /** The server refuses. */
    record Reject(RejectReason reason, String text) implements Message {}

    /** Asks for a sign of life. */
    record KeepAlive(long nonce) implements Message {
        public KeepAlive {
            Range.u32("nonce", nonce);
        }
    }

    /** Answers a keep-alive with its nonce. */
    record KeepAliveAck(long nonce) implements Message {
        public KeepAliveAck {
            Range.u32("nonce", nonce);
        }
    }

    /** Ends the session in order. */
    record Bye(int reason) implements Message {
        public Bye {
            Range.u8("reason", reason);
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
        OPEN(0),
        REFUSED(1),
        UNREACHABLE(2),
        LIMIT(3);

        private final int code;

        OpenStatus(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    /** How a channel ends. */
    enum CloseHow {
        END_OF_STREAM(0),
        RESET(1);

        private final int code;

        CloseHow(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    /** IP protocol numbers (IANA). */
    int TCP = 6;

    int UDP = 17;
}
