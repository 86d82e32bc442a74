package dev.tunbridge.bridge.queue;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A FIFO for each class, one strictly before the other; what finds no room is refused. */
final class TailDrop implements Discipline {
    /** Bulk may fill the bound; prompt packets get this share above it, so that bulk cannot lock them out. */
    private static final int PROMPT_RESERVE_SHARE = 8;

    /** Counters of waiting packets by flow hash; a collision only sends a packet into the longer queue. */
    private static final int BUCKETS = 1024;

    private static final TrafficClass[] CLASSES = TrafficClass.values();

    private final Accounts accounts;
    private final int maxBytes;
    private final PacketFifo[] fifos = new PacketFifo[CLASSES.length];
    private final int[] bulkByFlow = new int[BUCKETS];
    private final int[] backgroundByFlow = new int[BUCKETS];

    TailDrop(Accounts accounts, int maxBytes) {
        this.accounts = accounts;
        this.maxBytes = maxBytes;
        for (int i = 0; i < fifos.length; i++) {
            fifos[i] = new PacketFifo();
        }
    }

    @Override
    public boolean makeRoom(Kind kind, int memoryBytes) {
        int reserve = kind.trafficClass() == TrafficClass.PROMPT ? maxBytes / PROMPT_RESERVE_SHARE : 0;
        return accounts.memoryBytes() + memoryBytes <= (long) maxBytes + reserve;
    }

    @Override
    public void add(QueuedPacket packet, Kind kind) {
        TrafficClass trafficClass = trafficClass(bucket(packet), kind);
        packet.moveTo(trafficClass);
        fifos[trafficClass.ordinal()].add(packet);
        countByFlow(packet, 1);
        accounts.entered(trafficClass, packet);
    }

    /** What is lower leaves later, so a packet behind the lowest class of its flow overtakes nothing. */
    private TrafficClass trafficClass(int bucket, Kind kind) {
        if (kind == Kind.ACKNOWLEDGEMENT) {
            return TrafficClass.PROMPT;
        }
        if (kind == Kind.BACKGROUND || backgroundByFlow[bucket] > 0) {
            return TrafficClass.BACKGROUND;
        }
        return bulkByFlow[bucket] > 0 ? TrafficClass.BULK : kind.trafficClass();
    }

    @Override
    public @Nullable QueuedPacket poll(long serviceNanos) {
        return discard();
    }

    @Override
    public @Nullable QueuedPacket discard() {
        for (PacketFifo fifo : fifos) {
            QueuedPacket packet = fifo.poll();
            if (packet != null) {
                countByFlow(packet, -1);
                accounts.left(packet);
                return packet;
            }
        }
        return null;
    }

    @Override
    public void discard(OwnedFlow flow, Consumer<QueuedPacket> gone) {
        for (PacketFifo fifo : fifos) {
            if (flow.packets == 0) {
                return;
            }
            fifo.removeOf(flow, packet -> {
                countByFlow(packet, -1);
                accounts.left(packet);
                gone.accept(packet);
            });
        }
    }

    @Override
    public int flows() {
        return 0;
    }

    private void countByFlow(QueuedPacket packet, int change) {
        OwnedFlow owner = packet.owner();
        if (owner != null) {
            owner.packets += change;
        }
        switch (packet.trafficClass()) {
            case PROMPT -> {
                // Nothing leaves before it.
            }
            case BULK -> bulkByFlow[bucket(packet)] += change;
            case BACKGROUND -> backgroundByFlow[bucket(packet)] += change;
        }
    }

    private static int bucket(QueuedPacket packet) {
        return packet.flowHash() & (BUCKETS - 1);
    }
}
