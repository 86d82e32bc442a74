package dev.tunbridge.reassembly.wire;

import java.io.ByteArrayOutputStream;
import java.util.Random;

/** Builds packets byte by byte, the slow way, and remembers what it put in them. */
final class PacketGenerator {
    private final Random random;

    int version;
    int protocol;
    int headerLength;
    int trafficClass;
    int hopLimit;
    boolean sourceRoute;
    int fragmentOffset;
    boolean moreFragments;
    byte[] source = {};
    byte[] destination = {};
    byte[] payload = {};

    PacketGenerator(long seed) {
        random = new Random(seed);
    }

    byte[] next() {
        version = random.nextBoolean() ? 4 : 6;
        protocol = new int[] {1, 6, 17, 58, 132}[random.nextInt(5)];
        trafficClass = random.nextInt(256);
        hopLimit = random.nextInt(256);
        source = bytes(version == 4 ? 4 : 16);
        destination = bytes(version == 4 ? 4 : 16);
        payload = bytes(random.nextInt(200));
        sourceRoute = false;
        fragmentOffset = random.nextInt(5) == 0 ? random.nextInt(0x1fff) * 8 : 0;
        moreFragments = random.nextInt(5) == 0;
        return version == 4 ? version4() : version6();
    }

    private byte[] version4() {
        ByteArrayOutputStream options = new ByteArrayOutputStream();
        while (random.nextInt(3) == 0 && options.size() < 20) {
            switch (random.nextInt(3)) {
                case 0 -> options.write(1);
                case 1 -> {
                    sourceRoute = true;
                    put(options, random.nextBoolean() ? 131 : 137, 7, 4, 1, 2, 3, 4);
                }
                default -> put(options, 148, 4, 0, 0);
            }
        }
        while (options.size() % 4 != 0) {
            options.write(0);
        }
        headerLength = 20 + options.size();
        int total = headerLength + payload.length;
        int fragment = (moreFragments ? 0x2000 : 0) | (fragmentOffset / 8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        put(out, 0x40 | (headerLength / 4), trafficClass, total >> 8, total, 0x12, 0x34, fragment >> 8, fragment);
        put(out, hopLimit, protocol, 0, 0);
        out.writeBytes(source);
        out.writeBytes(destination);
        out.writeBytes(options.toByteArray());
        out.writeBytes(payload);
        return out.toByteArray();
    }

    private byte[] version6() {
        boolean fragmented = fragmentOffset != 0 || moreFragments;
        ByteArrayOutputStream extensions = new ByteArrayOutputStream();
        int[] kinds = {0, 43, 60, 51};
        int count = random.nextInt(4);
        int[] chain = new int[count + (fragmented ? 1 : 0)];
        for (int i = 0; i < count; i++) {
            chain[i] = kinds[random.nextInt(kinds.length)];
        }
        if (fragmented) {
            chain[count] = 44;
        }
        for (int i = 0; i < chain.length; i++) {
            int next = i + 1 < chain.length ? chain[i + 1] : protocol;
            sourceRoute |= chain[i] == 43;
            if (chain[i] == 44) {
                put(
                        extensions,
                        next,
                        0,
                        fragmentOffset >> 8,
                        (fragmentOffset & 0xf8) | (moreFragments ? 1 : 0),
                        0,
                        0,
                        0,
                        9);
            } else if (chain[i] == 51) {
                put(extensions, next, 4);
                extensions.writeBytes(bytes(22));
            } else {
                put(extensions, next, 1);
                extensions.writeBytes(bytes(14));
            }
        }
        headerLength = 40 + extensions.size();
        int length = extensions.size() + payload.length;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        put(out, 0x60 | (trafficClass >> 4), (trafficClass & 15) << 4, 0, 0, length >> 8, length);
        put(out, chain.length > 0 ? chain[0] : protocol, hopLimit);
        out.writeBytes(source);
        out.writeBytes(destination);
        out.writeBytes(extensions.toByteArray());
        out.writeBytes(payload);
        return out.toByteArray();
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void put(ByteArrayOutputStream out, int... values) {
        for (int value : values) {
            out.write(value);
        }
    }
}
