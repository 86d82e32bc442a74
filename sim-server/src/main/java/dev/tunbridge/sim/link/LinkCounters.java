package dev.tunbridge.sim.link;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The live counters of one direction: written by the thread of the link alone, readable by any. Packets received and
 * duplicated are, once nothing is under way, those delivered and those dropped for whatever cause.
 */
// The ordinal is an index into memory that lives as long as the enum's class.
@SuppressWarnings("EnumOrdinal")
public final class LinkCounters {
    private static final LinkEvent[] EVENTS = LinkEvent.values();
    private static final int RECEIVED_BYTES = EVENTS.length;
    private static final int DELIVERED_BYTES = RECEIVED_BYTES + 1;

    private final AtomicLongArray values = new AtomicLongArray(DELIVERED_BYTES + 1);

    LinkCounters() {}

    public long packets(LinkEvent event) {
        return values.get(event.ordinal());
    }

    /** Bytes of whole Ethernet frames. */
    public long receivedBytes() {
        return values.get(RECEIVED_BYTES);
    }

    public long deliveredBytes() {
        return values.get(DELIVERED_BYTES);
    }

    void count(LinkEvent event) {
        add(event.ordinal(), 1);
    }

    void countReceived(int lengthBytes) {
        add(LinkEvent.RECEIVED.ordinal(), 1);
        add(RECEIVED_BYTES, lengthBytes);
    }

    void countDelivered(int lengthBytes) {
        add(LinkEvent.DELIVERED.ordinal(), 1);
        add(DELIVERED_BYTES, lengthBytes);
    }

    /** One writer: a plain read and an ordered write are enough, and cost no locked instruction per packet. */
    private void add(int index, long amount) {
        values.setRelease(index, values.getPlain(index) + amount);
    }

    /** What happened, in words; causes that did not occur are left out. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (LinkEvent event : EVENTS) {
            long packets = packets(event);
            boolean always = event == LinkEvent.RECEIVED || event == LinkEvent.DELIVERED;
            if (packets == 0 && !always) {
                continue;
            }
            text.append(text.isEmpty() ? "" : ", ")
                    .append(event.words())
                    .append(' ')
                    .append(packets);
            if (always) {
                long bytes = event == LinkEvent.RECEIVED ? receivedBytes() : deliveredBytes();
                text.append(" (").append(bytes).append(" bytes)");
            }
        }
        return text.toString();
    }
}
