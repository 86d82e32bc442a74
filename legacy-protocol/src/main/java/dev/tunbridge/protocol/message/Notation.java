package dev.tunbridge.protocol.message;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Map;

/** What bytes of a payload stand for, where they are no value by themselves. */
public sealed interface Notation {
    Value read(String field, byte[] written) throws MalformedMessageException;

    /**
     * As it is written.
     *
     * @throws IllegalArgumentException where the value is missing or cannot be written so
     */
    byte[] write(String field, Map<String, Value> fields);

    /** Text. */
    record InCharset(Charset charset) implements Notation {
        @Override
        public Value read(String field, byte[] written) throws MalformedMessageException {
            try {
                return new Value.Text(
                        charset.newDecoder().decode(ByteBuffer.wrap(written)).toString());
            } catch (CharacterCodingException e) {
                throw new MalformedMessageException(field + " is not " + charset.name());
            }
        }

        @Override
        public byte[] write(String field, Map<String, Value> fields) {
            String text = LayoutItem.require(fields, field, Value.Text.class).text();
            try {
                ByteBuffer encoded = charset.newEncoder().encode(CharBuffer.wrap(text));
                byte[] bytes = new byte[encoded.remaining()];
                encoded.get(bytes);
                return bytes;
            } catch (CharacterCodingException e) {
                throw new IllegalArgumentException(field + " cannot be written in " + charset.name(), e);
            }
        }
    }

    /** Bytes, each as two digits of sixteen, the upper half first. */
    record InDigits(String digits) implements Notation {
        static final int BASE = 16;

        @Override
        public Value read(String field, byte[] written) throws MalformedMessageException {
            if (written.length % 2 != 0) {
                throw new MalformedMessageException(
                        field + " has " + written.length + " digits; allowed two for each byte");
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int i = 0; i < written.length; i += 2) {
                bytes.write(BASE * digit(field, written, i) + digit(field, written, i + 1));
            }
            return new Value.Bytes(Octets.of(bytes.toByteArray()));
        }

        private int digit(String field, byte[] written, int at) throws MalformedMessageException {
            int digit = digits.indexOf(written[at]);
            if (digit < 0) {
                throw new MalformedMessageException(String.format(
                        "%s has 0x%02X at its place %d; allowed the digits %s", field, written[at] & 0xff, at, digits));
            }
            return digit;
        }

        @Override
        public byte[] write(String field, Map<String, Value> fields) {
            byte[] bytes = LayoutItem.require(fields, field, Value.Bytes.class)
                    .octets()
                    .toByteArray();
            byte[] written = new byte[2 * bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                written[2 * i] = (byte) digits.charAt((bytes[i] & 0xff) / BASE);
                written[2 * i + 1] = (byte) digits.charAt((bytes[i] & 0xff) % BASE);
            }
            return written;
        }
    }
}
