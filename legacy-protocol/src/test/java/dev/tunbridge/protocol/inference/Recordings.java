package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.HeaderField;
import dev.tunbridge.protocol.frame.Seeds;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;

/** Writes what a bridge's peer may say: frames of a format with payloads like those of real traffic. */
final class Recordings {
    /** What the frames hold. */
    enum Content {
        /** IP packets and nothing else, in frames of one type. */
        PACKETS,
        /** Frames of every type, of which some hold packets, others text, small numbers, zeros or ciphertext. */
        MIXED
    }

    private static final String PROSE =
            "GET /index.html HTTP/1.1\r\nHost: meter.example\r\nAccept: text/html, */*\r\n\r\n";

    private static final List<String> LINES = List.of(
            "GPGGA,",
            "GPRMC,",
            "GPGSV,3,1,",
            "SEND|destination:/queue/a|content-length:",
            "MESSAGE|subscription:0|message-id:",
            "ERROR|message:");

    private final FrameFormat format;
    private final Random random;
    private final List<Integer> types;

    private Recordings(FrameFormat format, long seed) {
        this.format = format;
        random = new Random(seed);
        types = new ArrayList<>(format.types().values());
        Collections.sort(types);
    }

    static byte[] of(FrameFormat format, Content content, int frames, long seed) {
        return new Recordings(format, seed).write(content, frames);
    }

    private byte[] write(Content content, int frames) {
        ByteBuf out = Unpooled.buffer();
        int packetType = packetType();
        boolean isVtun = format.name().equals("vtun");
        boolean isEthernet = format.name().equals("qemu");
        // Nothing else is ever between such marks or behind such lengths.
        boolean holdsPackets = isEthernet || format.name().equals("slip");
        IdentityHashMap<FrameFormat, FrameEncoder> encoders = new IdentityHashMap<>();
        try {
            for (int i = 0; i < frames; i++) {
                boolean isPacket = content == Content.PACKETS || random.nextInt(6) < (isVtun ? 5 : 2);
                int type = isPacket ? packetType : types.get(random.nextInt(types.size()));
                // Between two vtund all but packets are empty.
                byte[] payload = isPacket ? packet() : isVtun ? new byte[0] : holdsPackets ? packet() : other();
                payload = format.end().isPresent() ? line() : payload;
                FrameFormat shape = anyShape(type);
                payload = isEthernet ? ethernet(payload) : fitted(payload, shape);
                encoders.computeIfAbsent(shape, FrameEncoder::new).encode(out, type, Unpooled.wrappedBuffer(payload));
            }
        } finally {
            encoders.values().forEach(FrameEncoder::close);
        }
        return ByteBufUtil.getBytes(out);
    }

    /** Of those in which a frame of this type may be. */
    private FrameFormat anyShape(int type) {
        List<FrameFormat> shapes =
                format.shapes().stream().filter(shape -> holds(shape, type)).toList();
        return shapes.isEmpty() ? format : Seeds.pick(random, shapes);
    }

    private static boolean holds(FrameFormat shape, int type) {
        return shape.fieldIndex(HeaderField.TYPE).stream()
                .mapToObj(index -> shape.fields().get(index).bits())
                .findFirst()
                .map(bits -> type >>> bits.bits() == 0)
                .orElse(shape.onlyType() == type);
    }

    private int packetType() {
        for (String name : List.of("packet", "ip")) {
            if (format.types().containsKey(name)) {
                return format.types().get(name);
            }
        }
        // Of shapes the one that holds most.
        return types.stream()
                .max(Comparator.comparingInt(type -> format.maxPayloadBytes(type)))
                .orElseThrow();
    }

    /** Of some shapes, frames have all the same size. */
    private byte[] fitted(byte[] payload, FrameFormat shape) {
        return format.shapes().isEmpty()
                ? payload
                : Arrays.copyOf(
                        payload, Math.max(shape.minPayloadBytes(), Math.min(payload.length, shape.maxPayloadBytes())));
    }

    /** What frames hold that end with a byte: words and numbers, and of some kinds anything but that byte. */
    private byte[] line() {
        StringBuilder text = new StringBuilder(LINES.get(random.nextInt(LINES.size())));
        for (int words = random.nextInt(12); words > 0; words--) {
            text.append(random.nextInt(5) == 0 ? "" : random.nextInt(100_000)).append(',');
        }
        byte[] line = text.toString().getBytes(StandardCharsets.US_ASCII);
        byte[] any = random.nextInt(4) == 0 ? content(random.nextInt(most(300) - line.length)) : new byte[0];
        for (int i = 0; i < any.length; i++) {
            any[i] = any[i] == (byte) format.end().orElseThrow() ? (byte) 'x' : any[i];
        }
        byte[] all = Arrays.copyOf(line, line.length + any.length);
        System.arraycopy(any, 0, all, line.length, any.length);
        return all;
    }

    private int most(int wanted) {
        return Math.min(wanted, format.maxPayloadBytes());
    }

    /** Most are short or full, as those of TCP are. */
    byte[] packet() {
        boolean isSix = random.nextInt(4) == 0;
        int header = isSix ? 60 : 40;
        int length = switch (random.nextInt(3)) {
            case 0 -> header;
            case 1 -> most(1_400);
            default -> header + random.nextInt(Math.max(1, most(1_400) - header));
        };
        byte[] packet = content(Math.max(header, Math.min(length, format.maxPayloadBytes())));
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        if (isSix) {
            buffer.setInt(0, 0x6000_0000)
                    .setShort(4, packet.length - 40)
                    .setByte(6, 6)
                    .setByte(7, 64);
            buffer.setLong(8, 0x2001_0002_0000_0000L)
                    .setLong(16, 7)
                    .setLong(24, 0x2001_0002_0000_0000L)
                    .setLong(32, 9);
        } else {
            buffer.setShort(0, 0x4500).setShort(2, packet.length).setShort(4, random.nextInt(1 << 16));
            buffer.setShort(6, 0x4000).setByte(8, 64).setByte(9, 6).setShort(10, random.nextInt(1 << 16));
            buffer.setInt(12, 0xC612_0001).setInt(16, 0xC612_0002);
        }
        int tcp = header - 20;
        buffer.setShort(tcp, 40_000 + random.nextInt(3)).setShort(tcp + 2, 443).setInt(tcp + 4, random.nextInt());
        buffer.setInt(tcp + 8, random.nextInt()).setByte(tcp + 12, 0x50).setByte(tcp + 13, 0x10);
        return packet;
    }

    private byte[] ethernet(byte[] packet) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeInt(0x5254_0012).writeShort(0x3456).writeInt(0x9A55_9A55).writeShort(0x9A55);
        frame.writeShort(packet[0] >>> 4 == 4 ? 0x0800 : 0x86DD).writeBytes(packet);
        return ByteBufUtil.getBytes(frame);
    }

    private byte[] other() {
        int length = random.nextInt(3) == 0 ? random.nextInt(most(1_400) + 1) : random.nextInt(most(24) + 1);
        return content(length);
    }

    private byte[] content(int length) {
        byte[] bytes = new byte[length];
        switch (random.nextInt(4)) {
            case 0 -> {
                byte[] prose = PROSE.getBytes(StandardCharsets.US_ASCII);
                for (int i = 0; i < length; i++) {
                    bytes[i] = prose[i % prose.length];
                }
            }
            case 1 -> {
                for (int i = 0; i < length; i += 4) {
                    bytes[i] = (byte) random.nextInt(6);
                }
            }
            case 2 -> {
                // Zeros, as padding has them.
            }
            default -> random.nextBytes(bytes);
        }
        return bytes;
    }
}
