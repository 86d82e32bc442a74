package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Map;
import java.util.Optional;

/** Opaque bytes, or text. */
record BytesItem(String name, Extent extent, Optional<Charset> charset) implements LayoutItem {

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        int length = extent.open(in, name);
        int index = in.take(name, length);
        slots.indexes[slot] = index;
        slots.lengths[slot] = extent instanceof Extent.Fixed fixed ? fixed.trimmed(in.buffer(), index) : length;
        extent.close(in, name);
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) throws MalformedMessageException {
        Octets octets = Octets.copyOf(buffer, slots.indexes[slot], slots.lengths[slot]);
        if (charset.isEmpty()) {
            return new Value.Bytes(octets);
        }
        try {
            return new Value.Text(charset.get()
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new MalformedMessageException(
                    name + " is not " + charset.get().name());
        }
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        extent.write(name, bytes(fields), out);
    }

    private byte[] bytes(Map<String, Value> fields) {
        if (charset.isEmpty()) {
            return LayoutItem.require(fields, name, Value.Bytes.class).octets().toByteArray();
        }
        String text = LayoutItem.require(fields, name, Value.Text.class).text();
        try {
            ByteBuffer encoded = charset.get().newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    name + " cannot be written in " + charset.get().name(), e);
        }
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return extent instanceof Extent.Fixed fixed ? fixed.bytes() : VARIABLE;
    }
}
