package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.Endian;
import io.netty.buffer.ByteBuf;

/** How far bytes of a payload reach that are no number. */
public sealed interface Extent {
    /** How many bytes there are; the reader stands on the first of them afterwards. */
    int open(PayloadReader in, String field) throws MalformedMessageException;

    /** Steps over what closes them. */
    default void close(PayloadReader in, String field) throws MalformedMessageException {}

    /** Whether other items may follow. */
    default boolean isBounded() {
        return true;
    }

    void write(String field, byte[] bytes, ByteBuf out);

    /**
     * Where the bytes stand in a stream: how many they take with all that closes or counts them, as far as that can be seen.
     *
     * @return {@link #UNKNOWN} where more must come to tell; what is told may be more than there is
     */
    long wholeBytes(ByteBuf in, int index, int limit);

    /** More bytes must come. */
    long UNKNOWN = -1;

    /** So many bytes, always; shorter ones are padded behind, and the padding is no part of them. */
    record Fixed(int bytes, int padding) implements Extent {
        /** What is shorter is refused. */
        public static final int NO_PADDING = -1;

        @Override
        public int open(PayloadReader in, String field) {
            return bytes;
        }

        @Override
        public long wholeBytes(ByteBuf in, int index, int limit) {
            return bytes;
        }

        /** How many of the bytes are no padding. */
        int trimmed(ByteBuf buffer, int index) {
            int length = bytes;
            while (padding != NO_PADDING && length > 0 && (buffer.getByte(index + length - 1) & 0xff) == padding) {
                length--;
            }
            return length;
        }

        /** Refuses bytes whose end would be taken for what fills them up. */
        void refusePadded(String field, byte[] content) {
            if (content.length > 0 && (content[content.length - 1] & 0xff) == padding) {
                throw new IllegalArgumentException(String.format(
                        "%s ends with %02X, which fills it up and would be read as no part of it; allowed: another end",
                        field, padding));
            }
        }

        @Override
        public void write(String field, byte[] content, ByteBuf out) {
            Range.check(field + " length", content.length, bytes);
            if (padding == NO_PADDING && content.length != bytes) {
                throw new IllegalArgumentException(field + " has " + content.length + " bytes; allowed " + bytes);
            }
            out.writeBytes(content);
            for (int i = content.length; i < bytes; i++) {
                out.writeByte(padding);
            }
        }
    }

    /** Their number comes first. */
    record Prefixed(int size, Endian endian) implements Extent {
        @Override
        public int open(PayloadReader in, String field) throws MalformedMessageException {
            long length = in.number(field, size, endian);
            if (length < 0 || length > in.remaining()) {
                throw in.malformed(field, "needs " + length + " bytes, but " + in.remaining() + " are left");
            }
            return (int) length;
        }

        @Override
        public long wholeBytes(ByteBuf in, int index, int limit) {
            if (limit - index < size) {
                return UNKNOWN;
            }
            long length = NumberItem.read(in, index, size, endian);
            return length < 0 || length > Integer.MAX_VALUE ? Long.MAX_VALUE : size + length;
        }

        @Override
        public void write(String field, byte[] bytes, ByteBuf out) {
            Range.check(
                    field + " length",
                    bytes.length,
                    size >= Integer.BYTES ? Integer.MAX_VALUE : (1L << (8 * size)) - 1);
            NumberItem.write(bytes.length, size, endian, out);
            out.writeBytes(bytes);
        }
    }

    /** Bytes behind them, such as a line feed, that they do not hold. */
    record Until(Octets delimiter) implements Extent {
        /** No protocol that is known closes a line with more. */
        public static final int MOST_BYTES = 4;

        @Override
        public int open(PayloadReader in, String field) throws MalformedMessageException {
            int length = in.bytesBefore(delimiter);
            if (length < 0) {
                throw in.malformed(field, "is not closed by " + delimiter.hex());
            }
            return length;
        }

        @Override
        public void close(PayloadReader in, String field) throws MalformedMessageException {
            in.take(field, delimiter.length());
        }

        @Override
        public long wholeBytes(ByteBuf in, int index, int limit) {
            int found = delimiter.indexIn(in, index, limit);
            return found < 0 ? UNKNOWN : found - index + delimiter.length();
        }

        @Override
        public void write(String field, byte[] bytes, ByteBuf out) {
            int index = out.writerIndex();
            out.writeBytes(bytes);
            delimiter.writeTo(out);
            // Also where the end of what it holds and the beginning of what closes it are one together.
            if (delimiter.indexIn(out, index, out.writerIndex()) - index != bytes.length) {
                out.writerIndex(index);
                throw new IllegalArgumentException(field + " holds " + delimiter.hex() + ", which closes it");
            }
        }
    }

    /** All that is left. */
    record Rest() implements Extent {
        @Override
        public int open(PayloadReader in, String field) {
            return in.remainingContent();
        }

        @Override
        public boolean isBounded() {
            return false;
        }

        @Override
        public long wholeBytes(ByteBuf in, int index, int limit) {
            return UNKNOWN;
        }

        @Override
        public void write(String field, byte[] bytes, ByteBuf out) {
            out.writeBytes(bytes);
        }
    }
}
