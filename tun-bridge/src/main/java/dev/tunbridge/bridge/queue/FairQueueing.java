package dev.tunbridge.bridge.queue;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Flows take turns in bytes (DRR++, RFC 8290 section 4.2): one that begins to send goes first for a quantum, then among
 * the others. Each class has turns of its own. CoDel looks at each packet that leaves. Where there is no room the
 * fattest flow loses its oldest packets, whichever class it is in: just as many as must go, because the fattest is
 * found at once, and losses that come one by one cost a sender less than many together.
 *
 * <p>A flow's queue is in one class. A packet of a lower class takes the whole queue down with it, one of a higher class goes
 * behind what waits; it comes up again only after a round with nothing to send, or else a flow could be new in two classes by
 * turns.
 */
final class FairQueueing implements Discipline {
    /** An Ethernet frame's worth (RFC 8290 section 5.2.4); grows to the largest packet seen, or a turn would not be enough for it. */
    static final int LEAST_QUANTUM_BYTES = 1514;

    /** As many small packets as a flow may have waiting and be prompt: a voice flow gathers no more in most of a second. */
    static final int PROMPT_FLOW_BYTES = 8 * 1024;

    /** Prompt leaves an eighth to the others, bulk a sixteenth to the background. */
    private static final int PROMPT_RATIO = 7;

    private static final int BULK_RATIO = 15;
    private static final int BURST_BYTES = 16 * 1024;

    /** So far into the fattest queue for a packet that the listener can spare. */
    private static final int LOOK = 16;

    private static final TrafficClass[] CLASSES = TrafficClass.values();
    private static final TrafficClass[] PROMPT_LAST = {TrafficClass.BULK, TrafficClass.BACKGROUND, TrafficClass.PROMPT};
    private static final TrafficClass[] REVERSED = {TrafficClass.BACKGROUND, TrafficClass.BULK, TrafficClass.PROMPT};
    private static final TrafficClass[] BULK_LAST = {TrafficClass.PROMPT, TrafficClass.BACKGROUND, TrafficClass.BULK};

    private final Accounts accounts;
    private final Signals signals;
    private final int maxBytes;
    private final FlowQueues flows;
    private final CodelTiming timing;
    private final FatFlows fat = new FatFlows();
    private final FatFlows owned = new FatFlows();
    private final Turns[] turns = new Turns[CLASSES.length];
    private final Share promptShare = new Share(PROMPT_RATIO, BURST_BYTES);
    private final Share bulkShare = new Share(BULK_RATIO, BURST_BYTES);
    private int quantumBytes = LEAST_QUANTUM_BYTES;

    /** The flows of one class: those that have just begun, and the others. */
    private static final class Turns {
        final FlowList fresh = new FlowList();
        final FlowList old = new FlowList();

        @Nullable
        FlowQueue next() {
            FlowQueue next = fresh.first();
            return next == null ? old.first() : next;
        }
    }

    FairQueueing(Accounts accounts, Signals signals, CodelTiming timing, int maxBytes, int maxFlows) {
        this.accounts = accounts;
        this.signals = signals;
        this.maxBytes = maxBytes;
        this.timing = timing;
        flows = new FlowQueues(maxFlows, timing);
        for (int i = 0; i < turns.length; i++) {
            turns[i] = new Turns();
        }
    }

    @Override
    public boolean makeRoom(Kind kind, int memoryBytes) {
        if (memoryBytes > maxBytes) {
            return false;
        }
        while (accounts.memoryBytes() + memoryBytes > maxBytes) {
            FlowQueue fattest = fat.fattest();
            QueuedPacket oldest = fattest == null ? null : fattest.pollDroppable(signals, LOOK);
            if (fattest == null || oldest == null) {
                return false;
            }
            accounts.left(oldest);
            fat.update(fattest);
            signals.dropForBound(oldest);
        }
        return true;
    }

    @Override
    public void add(QueuedPacket packet, Kind kind) {
        quantumBytes = Math.max(quantumBytes, packet.length());
        FlowQueue flow = flow(packet, kind);
        TrafficClass wanted = kind.trafficClass();
        if (kind == Kind.SMALL && flow.bytes() + packet.length() > PROMPT_FLOW_BYTES) {
            wanted = TrafficClass.BULK;
        }
        if (!flows.isActive(flow)) {
            begin(flow, wanted);
        } else if (wanted.isBelow(flow.trafficClass)) {
            accounts.moved(flow, wanted);
            begin(flow, wanted);
        }
        flow.add(packet);
        accounts.entered(flow.trafficClass, packet);
        changed(flow);
    }

    private FlowQueue flow(QueuedPacket packet, Kind kind) {
        OwnedFlow owner = packet.owner();
        if (owner == null) {
            return flows.of(key(packet, kind));
        }
        FlowQueue own = owner.queue;
        if (own == null) {
            own = new FlowQueue(timing, owner);
            owner.queue = own;
        }
        return own;
    }

    /** It holds something else than before. */
    private void changed(FlowQueue flow) {
        (flow.owner == null ? fat : owned).update(flow);
    }

    /** Acknowledgements have a queue of their own, since they may overtake their flow. */
    private static long key(QueuedPacket packet, Kind kind) {
        return (long) packet.flowHash() << 1 | (kind == Kind.ACKNOWLEDGEMENT ? 1 : 0);
    }

    private void begin(FlowQueue flow, TrafficClass trafficClass) {
        flow.trafficClass = trafficClass;
        flow.deficit = quantumBytes;
        turns[trafficClass.ordinal()].fresh.add(flow);
    }

    @Override
    public @Nullable QueuedPacket poll(long serviceNanos) {
        for (TrafficClass trafficClass : order()) {
            QueuedPacket packet = poll(turns[trafficClass.ordinal()], serviceNanos);
            if (packet != null) {
                account(trafficClass, packet.length());
                return packet;
            }
        }
        return null;
    }

    private TrafficClass[] order() {
        if (promptShare.isFirstDue()) {
            return bulkShare.isFirstDue() ? CLASSES : BULK_LAST;
        }
        return bulkShare.isFirstDue() ? PROMPT_LAST : REVERSED;
    }

    private void account(TrafficClass sent, int bytes) {
        int below = accounts.packets() - accounts.of(TrafficClass.PROMPT).packets;
        switch (sent) {
            case PROMPT -> promptShare.tookFirst(bytes, below);
            case BULK -> {
                promptShare.tookSecond(bytes);
                bulkShare.tookFirst(bytes, accounts.of(TrafficClass.BACKGROUND).packets);
            }
            case BACKGROUND -> {
                promptShare.tookSecond(bytes);
                bulkShare.tookSecond(bytes);
            }
        }
    }

    private @Nullable QueuedPacket poll(Turns turn, long serviceNanos) {
        for (FlowQueue flow = turn.next(); flow != null; flow = turn.next()) {
            if (flow.deficit <= 0) {
                flow.deficit += quantumBytes;
                turn.old.add(flow);
                continue;
            }
            QueuedPacket packet = leave(flow, serviceNanos);
            if (packet != null) {
                flow.deficit -= packet.length();
                return packet;
            }
            if (flow.list == turn.fresh && !turn.old.isEmpty()) {
                turn.old.add(flow); // once around, or a flow that is always empty in between would always be new
            } else {
                flows.retire(flow);
            }
        }
        return null;
    }

    /** The foremost packet of the flow that leaves for the server, or null if none is left. */
    private @Nullable QueuedPacket leave(FlowQueue flow, long serviceNanos) {
        Codel codel = flow.codel;
        while (true) {
            QueuedPacket packet = flow.poll();
            if (packet == null) {
                codel.emptied();
                return null;
            }
            accounts.left(packet);
            changed(flow);
            if (flow.owner != null && flow.owner.loss == OwnedFlow.Loss.NEVER) {
                return packet;
            }
            long sojourn = serviceNanos - packet.enqueuedServiceNanos();
            if (!codel.isSignalDue(sojourn, flow.bytes(), quantumBytes, serviceNanos)) {
                return packet;
            }
            if (signals.mark(packet)) {
                codel.signalled(serviceNanos);
                return packet;
            }
            if (!signals.mayDrop(packet)) {
                return packet; // the signal stays due for the next
            }
            codel.signalled(serviceNanos);
            signals.dropForCodel(packet);
        }
    }

    @Override
    public @Nullable QueuedPacket discard() {
        FlowQueue fattest = fat.fattest();
        FlowQueue flow = fattest == null ? owned.fattest() : fattest;
        return flow == null ? null : discard(flow);
    }

    private @Nullable QueuedPacket discard(FlowQueue flow) {
        QueuedPacket packet = flow.poll();
        if (packet != null) {
            accounts.left(packet);
            changed(flow);
        }
        return packet;
    }

    @Override
    public void discard(OwnedFlow owner, Consumer<QueuedPacket> gone) {
        FlowQueue flow = owner.queue;
        if (flow == null) {
            return;
        }
        for (QueuedPacket packet = discard(flow); packet != null; packet = discard(flow)) {
            gone.accept(packet);
        }
        flows.retire(flow);
        owner.queue = null;
    }

    @Override
    public int flows() {
        return fat.flows() + owned.flows();
    }
}
