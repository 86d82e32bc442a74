package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.Map;

/**
 * A number that says which family the addresses behind it are of. Its slot holds how many bytes such an address has.
 *
 * @param addressName the first address that it speaks of
 */
public record FamilyItem(NumberItem number, long ipv4, long ipv6, String addressName) implements LayoutItem {
    static final int IPV4_BYTES = 4;
    static final int IPV6_BYTES = 16;

    @Override
    public String name() {
        return number.name();
    }

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        number.read(in, slots, slot);
        long family = slots.numbers[slot];
        if (family != ipv4 && family != ipv6) {
            throw in.malformed(name(), "is " + family + "; allowed " + ipv4 + ", " + ipv6);
        }
        slots.numbers[slot] = family == ipv4 ? IPV4_BYTES : IPV6_BYTES;
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) {
        return new Value.Whole(slots.numbers[slot] == IPV4_BYTES ? ipv4 : ipv6);
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        Value.Address address = LayoutItem.require(fields, addressName, Value.Address.class);
        write(address.address().getAddress().length, out);
    }

    void write(int addressBytes, ByteBuf out) {
        number.write(addressBytes == IPV4_BYTES ? ipv4 : ipv6, out);
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return number.size();
    }

    @Override
    public boolean isField() {
        return false;
    }
}
