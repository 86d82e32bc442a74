package dev.tunbridge.protocol;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.PayloadType;
import dev.tunbridge.protocol.frame.Seeds;
import dev.tunbridge.protocol.frame.TypeNumber;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What the fuzz targets begin with: the descriptions that come with the bridge, the same ones a little broken, and streams of their
 * frames. {@code -Dtunbridge.seed=N} breaks them otherwise.
 */
public final class FuzzSeeds {
    private static final long SEED = 20_261_202;
    private static final int MOST_CHANGES = 4;
    private static final List<String> NUMBERS =
            List.of("0", "1", "7", "8", "16", "64", "255", "256", "2048", "65535", "65536", "2147483647", "-1");

    private final Random random = new Random(Long.getLong("tunbridge.seed", SEED));
    /** What no shipped one makes use of. */
    private static final String TYPED = """
            name: typed
            frame:
              length: {at: 0, size: 3, encoding: varint, counts: payload, max: 2000}
              payload: {at: length-end, type: {at: 0, size: 1, shift: 4, bits: 4, keep: true}}
            types: {packet: [4, 6], note: {number: 8, mask: 0xC}, other: [1, {number: 2, mask: 0xE}]}
            messages: {packet: [{bytes: content}], note: [{bytes: content}], other: [{bytes: content}]}
            session: none
            """;

    private final List<String> descriptions = Stream.concat(
                    Protocol.builtinNames().stream().map(FuzzSeeds::description), Stream.of(TYPED))
            .toList();

    /** The text of a description that comes with the bridge. */
    public static String description(String name) {
        try (InputStream in =
                Description.class.getResourceAsStream("/dev/tunbridge/protocol/frame/" + name + ".yaml")) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each description as it is, and then so many of it that are broken. */
    public List<String> descriptions(int broken) {
        List<String> all = new ArrayList<>(descriptions);
        for (String description : descriptions) {
            for (int i = 0; i < broken; i++) {
                all.add(broken(description));
            }
        }
        return all;
    }

    /** A description in which lines are lost, doubled, exchanged or another one's, and numbers and words are others. */
    public String broken(String description) {
        List<String> lines = new ArrayList<>(description.lines().toList());
        for (int changes = 1 + random.nextInt(MOST_CHANGES); changes > 0; changes--) {
            int at = random.nextInt(lines.size());
            switch (random.nextInt(6)) {
                case 0 -> lines.add(lines.get(at));
                case 1 -> lines.set(at, lines.set(random.nextInt(lines.size()), lines.get(at)));
                case 2 -> lines.add(at, line(Seeds.pick(random, descriptions)));
                case 3 -> lines.set(at, lines.get(at).replaceFirst("\\b[0-9]+\\b", Seeds.pick(random, NUMBERS)));
                case 4 -> lines.set(at, replaced(lines.get(at)));
                default -> {
                    if (lines.size() > 1) {
                        lines.remove(at);
                    }
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private String line(String description) {
        return Seeds.pick(random, description.lines().toList());
    }

    private String replaced(String line) {
        String word = Seeds.pick(random, List.of(line.split("\\W+", -1)));
        String other = Seeds.pick(
                random, List.of(line(Seeds.pick(random, descriptions)).split("\\W+", -1)));
        return word.isEmpty() ? line : line.replace(word, other);
    }

    /** Bytes of a wire on which this format is spoken: frames of its types, some of them damaged, and what is between them. */
    public byte[] stream(FrameFormat format, int frames) {
        List<Integer> types = format.types().keySet().stream()
                .sorted()
                .flatMap(name -> format.numbers(name).stream())
                .map(TypeNumber::number)
                .toList();
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int i = 0; i < frames; i++) {
                int start = out.writerIndex();
                frame(encoder, Seeds.pick(random, types), format, out);
                if (random.nextInt(8) == 0 && out.writerIndex() > start) {
                    out.setByte(start + random.nextInt(out.writerIndex() - start), random.nextInt(256));
                }
                if (random.nextInt(12) == 0) {
                    out.writeBytes(bytes(random.nextInt(12)));
                }
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    private void frame(FrameEncoder encoder, int type, FrameFormat format, ByteBuf out) {
        FrameFormat shape = format.shapeOf(type).orElse(format);
        int stripped =
                shape.typing().inPayload().map(PayloadType::strippedBytes).orElse(0);
        int most = Math.min(shape.maxPayloadBytes() - stripped, random.nextInt(4) == 0 ? 300 : 40);
        int length = Math.max(shape.minPayloadBytes() - stripped, random.nextInt(most + 1));
        try {
            encoder.encode(out, type, Unpooled.wrappedBuffer(bytes(length)));
        } catch (IllegalArgumentException e) { // it holds the byte that ends frames
            encoder.abort();
        }
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A text and bytes, as one input. */
    public static byte[] joined(String text, byte[] bytes) {
        byte[] first = text.getBytes(StandardCharsets.UTF_8);
        byte[] joined = new byte[first.length + 1 + bytes.length];
        System.arraycopy(first, 0, joined, 0, first.length);
        System.arraycopy(bytes, 0, joined, first.length + 1, bytes.length);
        return joined;
    }

    /** The text of {@link #joined}: all in front of the first 0, which no description holds. */
    public static String text(byte[] joined) {
        return new String(joined, 0, textBytes(joined), StandardCharsets.UTF_8);
    }

    /** The bytes of {@link #joined}. */
    public static byte[] bytes(byte[] joined) {
        int from = Math.min(joined.length, textBytes(joined) + 1);
        return Arrays.copyOfRange(joined, from, joined.length);
    }

    private static int textBytes(byte[] joined) {
        int length = 0;
        while (length < joined.length && joined[length] != 0) {
            length++;
        }
        return length;
    }
}
