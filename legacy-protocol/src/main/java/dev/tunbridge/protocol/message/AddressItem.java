package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;

/**
 * An IP address as its bytes.
 *
 * @param familySlot the slot of the item that tells its family; {@link #FIXED} where the layout does
 * @param fixedBytes how many bytes it has where the layout says so
 */
public record AddressItem(String name, int familySlot, int fixedBytes) implements LayoutItem {
    public static final int FIXED = -1;

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        int bytes = familySlot == FIXED ? fixedBytes : (int) slots.numbers[familySlot];
        slots.indexes[slot] = in.take(name, bytes);
        slots.lengths[slot] = bytes;
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) throws MalformedMessageException {
        return new Value.Address(address(buffer, slots.indexes[slot], slots.lengths[slot]));
    }

    private InetAddress address(ByteBuf buffer, int index, int length) throws MalformedMessageException {
        byte[] bytes = new byte[length];
        buffer.getBytes(index, bytes);
        try {
            InetAddress address = InetAddress.getByAddress(bytes);
            // Java turns ::ffff:a.b.c.d into an IPv4 address, and such addresses do not belong on a wire anyway.
            if (length == FamilyItem.IPV6_BYTES && address instanceof Inet4Address) {
                throw new MalformedMessageException(name + " is an IPv4-mapped IPv6 address");
            }
            return address;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // for another length alone
        }
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        byte[] bytes =
                LayoutItem.require(fields, name, Value.Address.class).address().getAddress();
        if (familySlot == FIXED && bytes.length != fixedBytes) {
            throw new IllegalArgumentException(
                    name + " is of " + bytes.length + " bytes; allowed " + fixedBytes + ", as this protocol has them");
        }
        out.writeBytes(bytes);
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return familySlot == FIXED ? fixedBytes : addressBytes;
    }
}
