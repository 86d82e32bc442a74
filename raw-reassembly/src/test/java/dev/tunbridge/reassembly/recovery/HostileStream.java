package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import java.util.TreeSet;

/**
 * A stream of valid frames whose payloads a client has chosen to mislead: with frames of the very format in them, chains that end
 * exactly where the true frame does, and frames that begin in one payload and end in a later one.
 */
final class HostileStream {
    private static final int TRIES = 300;

    final byte[] bytes;
    /** Where the true frames begin; the end of the stream too. */
    final TreeSet<Integer> boundaries = new TreeSet<>();

    private final FrameFormat format;
    private final Random random;
    private final int overhead;
    private final int maxPayload;

    /** A false frame that has begun in a payload and is to end in a later one; −1 if there is none. */
    private int openStart = -1;

    private int openPayloadBytes;

    HostileStream(FrameFormat format, Random random, int atLeastBytes) {
        this.format = format;
        this.random = random;
        overhead = format.overheadBytes();
        maxPayload = format.maxPayloadBytes();
        ByteBuf out = Unpooled.buffer();
        boundaries.add(0);
        try (FrameEncoder encoder = new FrameEncoder(format);
                FrameProbe probe = new FrameProbe(format)) {
            while (out.writerIndex() < atLeastBytes) {
                write(out, encoder, probe);
                boundaries.add(out.writerIndex());
            }
        }
        bytes = ByteBufUtil.getBytes(out);
    }

    private void write(ByteBuf out, FrameEncoder encoder, FrameProbe probe) {
        int start = out.writerIndex();
        byte[] payload =
                new byte[random.nextInt(random.nextInt(4) == 0 ? maxPayload + 1 : Math.min(maxPayload, 60) + 1)];
        boolean isClosing = openStart >= 0 && close(out, payload);
        if (!isClosing) {
            switch (random.nextInt(6)) {
                case 0 -> random.nextBytes(payload);
                case 1 -> marks(payload);
                case 2, 3 -> embed(payload, 0);
                case 4 -> open(out, payload);
                default -> {
                    endWithTheFrame(out, encoder, probe, payload);
                    return;
                }
            }
        }
        encoder.encode(out, type(), Unpooled.wrappedBuffer(payload));
        if (isClosing) {
            openStart = -1;
        } else if (openStart >= 0 && openStart < start) {
            openStart = -1; // it was to end here, and could not
        }
    }

    private int type() {
        return random.nextInt(256);
    }

    private void marks(byte[] payload) {
        int[] marks = {0xa5, 0x5a, 0x10, 0x02, 0x03, 0x00, 0x01, 0x05, 0x0d, 0xff};
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) marks[random.nextInt(marks.length)];
        }
    }

    /** Whole valid frames, from the index to the end of the payload as far as they fit. */
    private void embed(byte[] payload, int from) {
        int at = from + random.nextInt(Math.min(4, payload.length - from + 1));
        while (payload.length - at >= overhead) {
            int room = payload.length - at - overhead;
            byte[] frame = frame(new byte[random.nextInt(3) == 0 ? room : random.nextInt(room + 1)]);
            if (frame.length > payload.length - at) {
                return; // escapes have made it longer
            }
            System.arraycopy(frame, 0, payload, at, frame.length);
            at += frame.length;
        }
    }

    private byte[] frame(byte[] payload) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            encoder.encode(out, 1, Unpooled.wrappedBuffer(payload));
        }
        return ByteBufUtil.getBytes(out);
    }

    /** Puts a header at the end of the payload whose frame is to end in the next one. */
    private void open(ByteBuf out, byte[] payload) {
        int payloadAt = payloadAt();
        if (maxPayload <= overhead + 2 || payload.length < payloadAt) {
            embed(payload, 0);
            return;
        }
        int falsePayload = overhead + 1 + random.nextInt(maxPayload - overhead - 1);
        byte[] header = frame(new byte[falsePayload]);
        int at = payload.length - payloadAt;
        System.arraycopy(header, 0, payload, at, payloadAt);
        openStart = out.writerIndex() + payloadAt + at;
        openPayloadBytes = falsePayload;
    }

    /** Ends the false frame in this payload, and lets frames follow it; false if it does not end in it. */
    private boolean close(ByteBuf out, byte[] payload) {
        int payloadStart = out.writerIndex() + payloadAt();
        int falseEnd = openStart + payloadAt() + openPayloadBytes;
        int tail = overhead - payloadAt();
        int inPayload = falseEnd - payloadStart;
        if (inPayload < 0 || inPayload + tail > payload.length) {
            return false;
        }
        random.nextBytes(payload);
        embed(payload, inPayload + tail);
        // What stands between is known: the rest of the payload before, its tail, and the next header, which counts up.
        byte[] between = new byte[openPayloadBytes];
        byte[] next = frame(payload);
        ByteBuf assumed = Unpooled.buffer().writeBytes(out).writeBytes(next);
        out.readerIndex(0);
        assumed.getBytes(openStart + payloadAt(), between);
        byte[] whole = frame(between);
        System.arraycopy(whole, whole.length - tail, payload, inPayload, tail);
        return true;
    }

    /** Seeks a payload whose last embedded frame covers the tail of the true one, and is valid with it. */
    private void endWithTheFrame(ByteBuf out, FrameEncoder encoder, FrameProbe probe, byte[] payload) {
        int start = out.writerIndex();
        int type = type();
        int headerAt = payload.length - payloadAt() - random.nextInt(Math.max(1, payload.length - payloadAt() + 1));
        int falsePayload = payload.length - headerAt - payloadAt();
        if (headerAt < 0 || falsePayload < 0) {
            encoder.encode(out, type, Unpooled.wrappedBuffer(payload));
            return;
        }
        for (int i = 0; i < TRIES; i++) {
            random.nextBytes(payload);
            embed(payload, 0);
            System.arraycopy(frame(new byte[falsePayload]), 0, payload, headerAt, payloadAt());
            out.writerIndex(start);
            encoder.encode(out, type, Unpooled.wrappedBuffer(payload));
            int at = start + payloadAt() + headerAt;
            if (probe.probe(out, at, out.writerIndex()) == out.writerIndex() - at) {
                return;
            }
        }
    }

    /** Only an estimate where the format escapes: what is built on it is then no frame, and harmless. */
    private int payloadAt() {
        return format.payloadAt();
    }
}
