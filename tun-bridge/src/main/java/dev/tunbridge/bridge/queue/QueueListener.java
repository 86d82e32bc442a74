package dev.tunbridge.bridge.queue;

/**
 * Who carries out what the queue decides. How a signal looks depends on the carriage, and whether a packet may be lost on
 * what else is known of it; the queue knows neither. Called on the loop's thread from within {@link EgressQueue#offer} and
 * {@link EgressQueue#poll}; it must not call the queue. Packets are valid during the call only.
 */
public interface QueueListener {

    /** Knows no way to mark, and lets every packet be dropped. */
    QueueListener DROPS = new QueueListener() {
        @Override
        public boolean mark(QueuedPacket packet) {
            return false;
        }

        @Override
        public boolean mayDrop(QueuedPacket packet) {
            return true;
        }

        @Override
        public void onDropped(QueuedPacket packet) {
            // The queue's counters are all there is.
        }
    };

    /** CoDel wants a signal for this packet. True: marked, it is sent. False: it is not capable, and is dropped. */
    boolean mark(QueuedPacket packet);

    /**
     * Whether it may be dropped at all: where a copy of it has been suppressed it is the only one. Asked before each drop by
     * CoDel, which then signals on a later packet of the flow; by the byte bound only as a preference.
     */
    boolean mayDrop(QueuedPacket packet);

    /** It was dropped, by CoDel or by the byte bound. */
    void onDropped(QueuedPacket packet);
}
