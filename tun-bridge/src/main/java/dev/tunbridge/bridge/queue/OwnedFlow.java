package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.Nullable;

/**
 * A flow whose owner knows it and bounds what it has waiting, as packets from the device, which are told apart by their hashes, do
 * not: a channel of the relay. It takes turns with all other flows, is no part of {@link QueueOptions#maxBytes()}, and loses nothing to
 * make room for others. Belongs to one queue.
 */
public abstract class OwnedFlow {
    /** What may become of what waits. */
    public enum Loss {
        /** A stream's: never. Its sender is held up by its owner, so CoDel has nothing to tell it. */
        NEVER,
        /** Datagrams: CoDel drops those that have waited too long, and the listener hears of it. */
        BY_CODEL
    }

    final Loss loss;

    /** The discipline's, where it has one. */
    @Nullable
    FlowQueue queue;

    /** What waits of it, where the discipline keeps no queue for each flow. */
    int packets;

    protected OwnedFlow(Loss loss) {
        this.loss = loss;
    }
}
