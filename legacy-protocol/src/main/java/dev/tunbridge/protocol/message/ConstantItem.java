package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Map;

/**
 * Bytes that are always the same.
 *
 * @param isText to people
 */
record ConstantItem(Octets octets, boolean isText) implements LayoutItem {
    private static final int SHOWN_BYTES = 32;

    @Override
    public String name() {
        return "";
    }

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        int length = octets.length();
        int index = in.take("constant", length);
        for (int i = 0; i < length; i++) {
            if (in.buffer().getByte(index + i) != octets.byteAt(i)) {
                Octets came = Octets.copyOf(in.buffer(), index, length);
                throw in.malformed("constant", "is " + text(came) + "; allowed " + text(octets));
            }
        }
    }

    private String text(Octets shown) {
        return isText
                ? shown.quoted()
                : ByteBufUtil.hexDump(shown.toByteArray(), 0, Math.min(shown.length(), SHOWN_BYTES));
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) {
        return new Value.Bytes(octets);
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        octets.writeTo(out);
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return octets.length();
    }

    @Override
    public boolean isField() {
        return false;
    }
}
