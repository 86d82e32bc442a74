package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.Map;

/**
 * Some bytes of a payload: how they are read, and written. Immutable; what was read of a message lies in {@link Slots}, one for
 * each item of its layout, so that reading traffic allocates nothing.
 */
public sealed interface LayoutItem
        permits NumberItem, NamesItem, FamilyItem, AddressItem, BytesItem, ConstantItem, EthernetItem {
    /** No item has so many bytes whatever the message. */
    int VARIABLE = -1;

    /** The field's name; empty where it is none. */
    String name();

    /** Reads at the reader's place and steps over it. */
    void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException;

    /** What was read. */
    Value value(ByteBuf buffer, Slots slots, int slot) throws MalformedMessageException;

    /**
     * Appends the field.
     *
     * @param fields of the whole message
     * @throws IllegalArgumentException if the value is missing, of another kind, or does not fit
     */
    void write(Map<String, Value> fields, ByteBuf out);

    /** Its bytes in a message with addresses of this size, or {@link #VARIABLE}. */
    int sizeBytes(int addressBytes);

    /** Whether it holds what a message has to say, and is not implied by the layout or other fields. */
    default boolean isField() {
        return true;
    }

    /** The field's value, which must be of that kind; bytes and numbers become text, and text bytes (UTF-8). */
    static <V extends Value> V require(Map<String, Value> fields, String name, Class<V> kind) {
        Value given = fields.get(name);
        Value value = given == null ? null : given.as(kind);
        if (!kind.isInstance(value)) {
            throw new IllegalArgumentException("the field " + name + " is "
                    + (value == null
                            ? "missing"
                            : "of the kind " + value.getClass().getSimpleName()) + "; wanted "
                    + kind.getSimpleName());
        }
        return kind.cast(value);
    }
}
