package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.protocol.FuzzSeeds;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Arbitrary layouts, and arbitrary bytes for the messages in them; how to fuzz is in CONTRIBUTING. */
class LayoutFuzzTest {
    private static final FrameFormat FORMAT = FrameFormat.parse("""
            name: small
            frame:
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 3, max: 70000}
              payload: {at: 4}
            types: {ours: 1}
            """, "small.yaml");

    private static final int MADE = 300;
    private static final int MOST_PAYLOAD_BYTES = 60_000;

    /** Layouts of the shipped descriptions are met as types of theirs; those made here have one item of each kind. */
    static Stream<byte[]> layouts() {
        Random random = new Random(Long.getLong("tunbridge.seed", 1));
        List<byte[]> inputs = new ArrayList<>();
        for (int i = 0; i < MADE; i++) {
            byte[] payload = new byte[random.nextInt(60)];
            switch (i % 3) {
                case 0 -> random.nextBytes(payload);
                case 1 -> Arrays.fill(payload, (byte) random.nextInt(5));
                default -> {
                    for (int at = 0; at < payload.length; at++) {
                        payload[at] = (byte) "0aA\n\0\4".charAt(random.nextInt(6));
                    }
                }
            }
            inputs.add(FuzzSeeds.joined(new MadeLayout(random).text(), payload));
        }
        for (String name : List.of("reference", "vtun", "qemu", "slip")) {
            Protocol.builtin(name).messages().byName().keySet().forEach(type -> {
                byte[] payload = new byte[50];
                random.nextBytes(payload);
                inputs.add(FuzzSeeds.joined(layoutOf(name, type), payload));
            });
        }
        return inputs.stream();
    }

    /** The lines of a shipped description from the message's name on, to the next one. */
    private static String layoutOf(String name, String type) {
        StringBuilder text = new StringBuilder();
        boolean isIt = false;
        for (String line : FuzzSeeds.description(name).lines().toList()) {
            if (line.matches(" {2}[a-z-]+:.*")) {
                isIt = line.startsWith("  " + type + ":") && !line.contains("from:");
            } else if (!line.startsWith("    ")) {
                isIt = false;
            }
            if (isIt) {
                text.append(line.substring(2).replaceFirst("^" + type + ":", "ours:"))
                        .append('\n');
            }
        }
        return text.toString();
    }

    /** A message is malformed, or what was read is read the same when it is written again. */
    @MethodSource("layouts")
    @FuzzTest(maxDuration = "10m")
    void readsWhatItWritesOfWhatItRead(byte[] input) {
        MessageLayouts layouts;
        MessageCodec codec;
        boolean isFramed;
        try {
            layouts = MessageLayouts.parse(Description.read(FuzzSeeds.text(input), "fuzz"));
            isFramed = layouts.isFramed("ours");
            if (!layouts.byName().containsKey("ours")) {
                return;
            }
            codec = isFramed
                    ? layouts.codec(FORMAT)
                    : layouts.codec(Protocol.builtin("slip").format());
        } catch (DescriptionException e) {
            assertThat(e.getMessage()).containsAnyOf("fuzz", "small", "slip");
            return;
        }
        byte[] payload = FuzzSeeds.bytes(input);
        if (isFramed && payload.length <= MOST_PAYLOAD_BYTES) {
            framed(layouts, codec, payload);
        } else if (!isFramed) {
            unframed(codec, payload);
        }
    }

    private static void framed(MessageLayouts layouts, MessageCodec codec, byte[] payload) {
        List<Message> read;
        Wire wire = new Wire(FORMAT, codec);
        codec.linkUp(address(1), address(2));
        try {
            read = wire.readPayload("ours", payload);
        } catch (MalformedMessageException e) {
            assertThat(e).hasMessageContaining("ours");
            return;
        }
        if (read.isEmpty() || read.get(0) instanceof Message.Link) {
            return; // the link's own business
        }
        MessageCodec other = layouts.codec(FORMAT);
        other.linkUp(address(2), address(1));
        ByteBuf again = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(FORMAT)) {
            read.forEach(message -> other.write(message, encoder, again));
        }
        try {
            assertThat(new Wire(FORMAT, codec, true).read(again.duplicate())).isEqualTo(read);
            assertThat(new Wire(FORMAT, codec).read(again)).isEqualTo(read);
        } catch (MalformedMessageException e) {
            throw new AssertionError(read + " is not read again", e);
        }
    }

    private static void unframed(MessageCodec codec, byte[] bytes) {
        Reading whole = read(codec, bytes, Math.max(1, bytes.length));
        assertThat(read(codec, bytes, 1)).isEqualTo(whole);
        if (!whole.messages().isEmpty()) {
            ByteBuf again = Unpooled.buffer();
            try (FrameEncoder encoder = new FrameEncoder(FORMAT)) {
                codec.write(whole.messages().get(0), encoder, again);
            }
            byte[] written = ByteBufUtil.getBytes(again);
            assertThat(read(codec, written, written.length)).isEqualTo(new Reading(whole.messages(), written.length));
        }
    }

    /**
     * What came of bytes in front of the first frame.
     *
     * @param messages one, or none
     * @param behind how many bytes that took; 0 where more must come, -1 where they are none
     */
    private record Reading(List<Message> messages, int behind) {}

    private static Reading read(MessageCodec codec, byte[] bytes, int pieceBytes) {
        Wire wire = new Wire(FORMAT, codec);
        ByteBuf in = Unpooled.buffer();
        for (int at = 0; at < bytes.length; at += pieceBytes) {
            in.writeBytes(bytes, at, Math.min(pieceBytes, bytes.length - at));
            try {
                if (codec.readUnframed(List.of("ours"), in, wire)) {
                    return new Reading(wire.received(), in.readerIndex());
                }
                assertThat(in.readerIndex())
                        .as("nothing is read of what is not whole")
                        .isZero();
            } catch (MalformedMessageException e) {
                return new Reading(List.of(), -1);
            }
        }
        return new Reading(List.of(), 0);
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {(byte) 198, 18, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
