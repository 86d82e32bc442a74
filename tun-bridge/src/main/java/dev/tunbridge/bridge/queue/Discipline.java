package dev.tunbridge.bridge.queue;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The order in which packets leave, and who goes where there is no room. */
sealed interface Discipline permits FairQueueing, TailDrop {

    /** Makes room for a packet of this kind that takes so much memory; false: there is none. */
    boolean makeRoom(Kind kind, int memoryBytes);

    /** Takes a packet for which there is room. */
    void add(QueuedPacket packet, Kind kind);

    /** The next packet to send, or null. */
    @Nullable
    QueuedPacket poll(long serviceNanos);

    /** Any packet, without a question; null: nothing waits. */
    @Nullable
    QueuedPacket discard();

    /** Everything of this flow, and the flow itself. */
    void discard(OwnedFlow flow, Consumer<QueuedPacket> gone);

    /** How many flows have something waiting, as far as they are told apart; 0 where they are not. */
    int flows();
}
