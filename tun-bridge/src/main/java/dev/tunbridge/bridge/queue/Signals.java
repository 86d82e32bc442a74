package dev.tunbridge.bridge.queue;

/** Marks and drops: asks the listener, tells it, and counts. */
final class Signals {
    private final boolean ecn;
    private final Accounts accounts;
    private final PacketPool pool;
    private QueueListener listener = QueueListener.DROPS;

    Signals(boolean ecn, Accounts accounts, PacketPool pool) {
        this.ecn = ecn;
        this.accounts = accounts;
        this.pool = pool;
    }

    void listen(QueueListener listener) {
        this.listener = listener;
    }

    /** CoDel's signal as a mark, where the packet can carry one. */
    boolean mark(QueuedPacket packet) {
        if (!ecn || !listener.mark(packet)) {
            return false;
        }
        accounts.of(packet.trafficClass()).marked++;
        return true;
    }

    boolean mayDrop(QueuedPacket packet) {
        return listener.mayDrop(packet);
    }

    /** CoDel drops a packet that has left its queue. */
    void dropForCodel(QueuedPacket packet) {
        accounts.of(packet.trafficClass()).droppedByCodel++;
        drop(packet);
    }

    /** The byte bound drops a packet that has left its queue. */
    void dropForBound(QueuedPacket packet) {
        accounts.of(packet.trafficClass()).droppedByBound++;
        drop(packet);
    }

    private void drop(QueuedPacket packet) {
        accounts.of(packet.trafficClass()).droppedBytes += packet.length();
        listener.onDropped(packet);
        pool.release(packet);
    }
}
