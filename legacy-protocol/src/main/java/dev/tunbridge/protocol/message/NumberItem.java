package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.Endian;
import io.netty.buffer.ByteBuf;
import java.util.Map;

/** An unsigned integer; of eight bytes one with a sign. */
public record NumberItem(String name, int size, Endian endian, long least, long most) implements LayoutItem {

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        long number = in.number(name, size, endian);
        if (number < least || number > most) {
            throw in.malformed(name, "is " + number + "; allowed " + least + " to " + most);
        }
        slots.numbers[slot] = number;
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) {
        return new Value.Whole(slots.numbers[slot]);
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        write(LayoutItem.require(fields, name, Value.Whole.class).number(), out);
    }

    void write(long number, ByteBuf out) {
        if (number < least || number > most) {
            throw new IllegalArgumentException(name + " is " + number + "; allowed " + least + " to " + most);
        }
        write(number, size, endian, out);
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return size;
    }

    static long most(int size) {
        return size >= Long.BYTES ? Long.MAX_VALUE : (1L << (Byte.SIZE * size)) - 1;
    }

    static long read(ByteBuf buffer, int index, int size, Endian endian) {
        if (size == 1) { // of the hot path
            return buffer.getUnsignedByte(index);
        }
        long number = 0;
        for (int i = 0; i < size; i++) {
            int at = endian == Endian.BIG ? i : size - 1 - i;
            number = (number << Byte.SIZE) | buffer.getUnsignedByte(index + at);
        }
        return number;
    }

    static void write(long number, int size, Endian endian, ByteBuf out) {
        for (int i = 0; i < size; i++) {
            int significance = endian == Endian.BIG ? size - 1 - i : i;
            out.writeByte((int) (number >>> (Byte.SIZE * significance)));
        }
    }
}
