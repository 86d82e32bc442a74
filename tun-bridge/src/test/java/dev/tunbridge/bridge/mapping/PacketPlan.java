package dev.tunbridge.bridge.mapping;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/**
 * A packet without its addresses: built with some, then with others, it is what a sender with those would have sent, every checksum
 * computed from nothing. The slow model of what rewriting must come to.
 */
final class PacketPlan {
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int DCCP = 33;
    static final int ESP = 50;
    static final int ICMPV6 = 58;
    static final int UDP_LITE = 136;

    private static final int FRAGMENT_HEADER = 44;
    private static final int DESTINATION_OPTIONS = 60;

    /** What is in the packet. */
    enum Kind {
        TCP,
        UDP,
        UDP_WITHOUT_CHECKSUM,
        ECHO,
        ERROR,
        OTHER
    }

    private final Random random;
    private final long seed;
    final int addressBytes;
    final Kind kind;
    private final boolean isFragmented;

    PacketPlan(long seed) {
        this.seed = seed;
        random = new Random(seed);
        addressBytes = random.nextBoolean() ? 4 : 16;
        kind = Kind.values()[random.nextInt(Kind.values().length)];
        // No sender fragments an error: it quotes no more than fits (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 c).
        isFragmented = random.nextInt(6) == 0 && kind != Kind.ERROR;
    }

    /** What the addresses are, of the packet and of one that an error quotes. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Addresses(byte[] source, byte[] destination, byte[] quotedSource, byte[] quotedDestination) {}

    byte[] build(Addresses addresses) {
        random.setSeed(seed);
        random.nextLong(); // else the first draws decide what the constructor's did
        byte[] transport = kind == Kind.ERROR ? error(addresses) : plain(kind, addresses);
        int protocol = protocol(kind);
        if (!isFragmented) {
            return ip(addresses.source, addresses.destination, protocol, transport, 0, false);
        }
        // The first part has the transport header, the second only what follows.
        int cut = Math.min(transport.length, (24 + random.nextInt(40)) / 8 * 8);
        if (random.nextBoolean() || cut == transport.length) {
            return ip(addresses.source, addresses.destination, protocol, Arrays.copyOf(transport, cut), 0, true);
        }
        byte[] rest = Arrays.copyOfRange(transport, cut, transport.length);
        return ip(addresses.source, addresses.destination, protocol, rest, cut, false);
    }

    private int protocol(Kind of) {
        return switch (of) {
            case TCP -> TCP;
            case UDP, UDP_WITHOUT_CHECKSUM -> UDP;
            case ECHO, ERROR -> addressBytes == 4 ? ICMP : ICMPV6;
            case OTHER -> otherProtocol;
        };
    }

    private int otherProtocol;

    private byte[] plain(Kind of, Addresses addresses) {
        return plain(of, addresses.source, addresses.destination);
    }

    private byte[] plain(Kind of, byte[] source, byte[] destination) {
        byte[] payload = new byte[random.nextInt(random.nextInt(10) == 0 ? 1_300 : 60)];
        random.nextBytes(payload);
        return switch (of) {
            case TCP -> tcp(source, destination, payload);
            case UDP, UDP_WITHOUT_CHECKSUM -> {
                byte[] header = new byte[8];
                random.nextBytes(header);
                put(header, 4, 8 + payload.length);
                put(header, 6, 0);
                byte[] datagram = join(header, payload);
                boolean isSummed = of == Kind.UDP || addressBytes == 16;
                if (isSummed) {
                    int sum = checksum(join(pseudo(source, destination, UDP, datagram.length), datagram));
                    put(datagram, 6, sum == 0 ? 0xffff : sum);
                }
                yield datagram;
            }
            case ECHO -> {
                byte[] message = join(new byte[] {(byte) (addressBytes == 4 ? 8 : 128), 0, 0, 0, 1, 2, 3, 4}, payload);
                put(message, 2, icmpChecksum(source, destination, message));
                yield message;
            }
            default -> other(source, destination, payload);
        };
    }

    private byte[] tcp(byte[] source, byte[] destination, byte[] payload) {
        byte[] header = new byte[20 + 4 * random.nextInt(11)];
        random.nextBytes(header);
        header[12] = (byte) ((header.length / 4) << 4);
        put(header, 16, 0);
        byte[] segment = join(header, payload);
        put(segment, 16, checksum(join(pseudo(source, destination, TCP, segment.length), segment)));
        return segment;
    }

    private byte[] other(byte[] source, byte[] destination, byte[] payload) {
        int[] protocols = {UDP_LITE, DCCP, ESP};
        otherProtocol = protocols[random.nextInt(protocols.length)];
        byte[] header = new byte[12];
        random.nextBytes(header);
        byte[] message = join(header, payload);
        if (otherProtocol != ESP) {
            put(message, 6, 0);
            put(message, 6, checksum(join(pseudo(source, destination, otherProtocol, message.length), message)));
        }
        return message;
    }

    private byte[] error(Addresses addresses) {
        Kind quotedKind = random.nextInt(4) == 0 ? Kind.ECHO : random.nextBoolean() ? Kind.TCP : Kind.UDP;
        boolean isLater = random.nextInt(8) == 0;
        // A later fragment has nothing in it that depends on addresses.
        byte[] inside = isLater
                ? new byte[random.nextInt(60)]
                : plain(quotedKind, addresses.quotedSource, addresses.quotedDestination);
        byte[] quoted = ip(
                addresses.quotedSource,
                addresses.quotedDestination,
                protocol(quotedKind),
                inside,
                isLater ? 64 : 0,
                false);
        int least = addressBytes == 4 ? 20 : 40;
        // At a whole word: of a checksum that is there by half nobody knows what it becomes.
        byte[] cut = Arrays.copyOf(quoted, Math.max(least, random.nextInt(quoted.length + 1) & ~1));
        byte type = (byte) (addressBytes == 4 ? new int[] {3, 11, 12}[random.nextInt(3)] : 1 + random.nextInt(4));
        byte[] message = join(new byte[] {type, 1, 0, 0, 0, 0, 5, 0}, cut);
        put(message, 2, icmpChecksum(addresses.source, addresses.destination, message));
        return message;
    }

    private int icmpChecksum(byte[] source, byte[] destination, byte[] message) {
        return checksum(
                addressBytes == 4 ? message : join(pseudo(source, destination, ICMPV6, message.length), message));
    }

    private byte[] ip(byte[] source, byte[] destination, int protocol, byte[] payload, int offset, boolean more) {
        if (addressBytes == 4) {
            byte[] header = new byte[20 + 4 * random.nextInt(3)];
            Arrays.fill(header, (byte) 1); // no-ops as options
            header[0] = (byte) (0x40 | header.length / 4);
            put(header, 2, header.length + payload.length);
            put(header, 4, random.nextInt(0x10000));
            put(header, 6, offset / 8 | (more ? 0x2000 : 0));
            header[9] = (byte) protocol;
            System.arraycopy(source, 0, header, 12, 4);
            System.arraycopy(destination, 0, header, 16, 4);
            put(header, 10, 0);
            put(header, 10, checksum(header));
            return join(header, payload);
        }
        byte[] extensions = new byte[0];
        int next = protocol;
        if (offset > 0 || more || random.nextInt(10) == 0) {
            byte[] fragment = {(byte) next, 0, 0, 0, 9, 9, 9, 9};
            put(fragment, 2, offset | (more ? 1 : 0));
            extensions = fragment;
            next = FRAGMENT_HEADER;
        }
        if (random.nextInt(6) == 0) {
            extensions = join(new byte[] {(byte) next, 0, 1, 4, 0, 0, 0, 0}, extensions);
            next = DESTINATION_OPTIONS;
        }
        byte[] header = new byte[40];
        header[0] = 0x60;
        put(header, 4, extensions.length + payload.length);
        header[6] = (byte) next;
        header[7] = 64;
        System.arraycopy(source, 0, header, 8, 16);
        System.arraycopy(destination, 0, header, 24, 16);
        return join(join(header, extensions), payload);
    }

    private static byte[] pseudo(byte[] source, byte[] destination, int protocol, int length) {
        byte[] rest = new byte[4];
        put(rest, 0, length);
        put(rest, 2, protocol);
        return join(join(source, destination), rest);
    }

    /** RFC 1071, word by word. */
    static int checksum(byte[] bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length; i += 2) {
            int word = (bytes[i] & 0xff) << 8 | (i + 1 < bytes.length ? bytes[i + 1] & 0xff : 0);
            sum += word;
            if (sum > 0xffff) {
                sum -= 0xffff;
            }
        }
        return ~sum & 0xffff;
    }

    private static void put(byte[] bytes, int at, int word) {
        bytes[at] = (byte) (word >>> 8);
        bytes[at + 1] = (byte) word;
    }

    private static byte[] join(byte[] a, byte[] b) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.writeBytes(a);
        joined.writeBytes(b);
        return joined.toByteArray();
    }
}
