package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the payload of one type of message is laid out: its items one behind the other. Immutable.
 *
 * @param name of the type, as {@code types} has it
 * @param unframed how it lies in the stream where no frame holds it
 */
public record MessageLayout(String name, Meaning meaning, Optional<Unframed> unframed, List<LayoutItem> items) {
    /** No item of a layout has it. */
    static final int NO_SLOT = -1;

    public MessageLayout {
        items = List.copyOf(items);
    }

    boolean isSegment() {
        return meaning == Meaning.TCP || meaning == Meaning.UDP;
    }

    /** Of a segment. */
    int ipProtocol() {
        return meaning == Meaning.TCP ? Message.TCP : Message.UDP;
    }

    /** The slot of a field, or {@link #NO_SLOT}. */
    int slot(String field) {
        for (int slot = 0; slot < items.size(); slot++) {
            if (items.get(slot).name().equals(field)) {
                return slot;
            }
        }
        return NO_SLOT;
    }

    /** The slot of the Ethernet header, or {@link #NO_SLOT}. */
    int slotOfEthernet() {
        for (int slot = 0; slot < items.size(); slot++) {
            if (items.get(slot) instanceof EthernetItem) {
                return slot;
            }
        }
        return NO_SLOT;
    }

    void read(PayloadReader in, Slots slots) throws MalformedMessageException {
        for (int slot = 0; slot < items.size(); slot++) {
            slots.indexes[slot] = in.index();
            items.get(slot).read(in, slots, slot);
        }
        in.finish();
    }

    /** A field of the message that was read last holds a number that its layout allows, and its meaning does not. */
    MalformedMessageException malformed(String field, String reason, PayloadReader in, Slots slots) {
        return in.malformed(slots.indexes[slot(field)], field, reason);
    }

    /** The value of each field of the message that was read last. */
    Map<String, Value> values(PayloadReader in, Slots slots) throws MalformedMessageException {
        Map<String, Value> values = new LinkedHashMap<>();
        for (int slot = 0; slot < items.size(); slot++) {
            LayoutItem item = items.get(slot);
            if (item.isField()) {
                values.put(item.name(), value(item, in, slots, slot));
            }
        }
        return values;
    }

    private static Value value(LayoutItem item, PayloadReader in, Slots slots, int slot)
            throws MalformedMessageException {
        try {
            return item.value(in.buffer(), slots, slot);
        } catch (MalformedMessageException e) {
            throw in.malformed(e);
        }
    }

    void write(Map<String, Value> values, ByteBuf out) {
        for (LayoutItem item : items) {
            item.write(values, out);
        }
    }

    /** Bytes in front of the content of traffic, with addresses of this size. */
    int headBytes(int addressBytes) {
        int bytes = 0;
        for (LayoutItem item : items.subList(0, items.size() - 1)) {
            bytes += item.sizeBytes(addressBytes);
        }
        return bytes;
    }

    /** Writes what comes in front of the content of a channel's bytes: its number, and constants. */
    void writeChannel(int channel, ByteBuf out) {
        for (int slot = 0; slot < items.size() - 1; slot++) {
            LayoutItem item = items.get(slot);
            if (item instanceof NumberItem number) {
                number.write(channel, out);
            } else if (item instanceof ConstantItem constant) {
                constant.octets().writeTo(out);
            } else {
                throw new IllegalStateException(name + " has an item " + item.name() + " in front of its content");
            }
        }
    }

    /**
     * Writes what comes in front of the content of traffic, but for an Ethernet header, which is the link's.
     *
     * @param addresses holds both addresses; null where the layout has none
     */
    void writeHead(ByteBuf out, @Nullable ByteBuf addresses, int clientIndex, int deviceIndex, int addressBytes) {
        for (int slot = 0; slot < items.size() - 1; slot++) {
            LayoutItem item = items.get(slot);
            if (item instanceof ConstantItem constant) {
                constant.octets().writeTo(out);
            } else if (item instanceof FamilyItem family) {
                family.write(addressBytes, out);
            } else if (item instanceof AddressItem address && addresses != null) {
                if (address.familySlot() == AddressItem.FIXED && address.fixedBytes() != addressBytes) {
                    throw new IllegalArgumentException(
                            name + " carries addresses of " + address.fixedBytes() + " bytes, not " + addressBytes);
                }
                boolean isClient = address.name().equals(Meaning.CLIENT_ADDRESS);
                out.writeBytes(addresses, isClient ? clientIndex : deviceIndex, addressBytes);
            } else if (!(item instanceof EthernetItem)) {
                throw new IllegalStateException(name + " has an item " + item.name() + " in front of its content");
            }
        }
    }
}
