package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.Optional;

/**
 * The Ethernet header of an IP packet (IEEE 802.3 with an EtherType; no tags): two hardware addresses and what lies behind them. What it
 * says is not the message's but the link's, so {@link EthernetLink} reads and writes it.
 *
 * @param hardwareAddress of this end; empty where it follows from its IP address
 */
public record EthernetItem(Optional<HardwareAddress> hardwareAddress) implements LayoutItem {
    public static final int BYTES = 14;

    @Override
    public String name() {
        return "";
    }

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        slots.indexes[slot] = in.take("ethernet", BYTES);
        slots.lengths[slot] = BYTES;
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) {
        return new Value.Bytes(Octets.copyOf(buffer, slots.indexes[slot], BYTES));
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        throw new IllegalStateException("an Ethernet header is written by the link");
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return BYTES;
    }

    @Override
    public boolean isField() {
        return false;
    }
}
