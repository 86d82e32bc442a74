package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.Optional;

/** Bytes, or what they spell. */
public record BytesItem(String name, Extent extent, Optional<Notation> notation) implements LayoutItem {

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
        return notation.isEmpty() ? new Value.Bytes(octets) : notation.get().read(name, octets.toByteArray());
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        byte[] bytes = notation.isEmpty()
                ? LayoutItem.require(fields, name, Value.Bytes.class).octets().toByteArray()
                : notation.get().write(name, fields);
        if (extent instanceof Extent.Fixed fixed) {
            fixed.refusePadded(name, bytes);
        }
        extent.write(name, bytes, out);
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return extent instanceof Extent.Fixed fixed ? fixed.bytes() : VARIABLE;
    }
}
