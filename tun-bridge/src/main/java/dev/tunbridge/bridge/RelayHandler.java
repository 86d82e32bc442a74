package dev.tunbridge.bridge;

/** Serves virtual sockets in the application itself. Called on the tunnel's event loop: return soon, never block. */
public interface RelayHandler {

    /**
     * A client has connected.
     *
     * @return who hears what comes
     * @throws RelayRefusedException to refuse it; anything else that is thrown refuses it too, and is logged
     */
    Receiver onOpen(RelayChannel channel) throws RelayRefusedException;

    /** Hears what comes from one client, on the event loop; what it throws is logged and resets the channel. */
    interface Receiver {
        /**
         * Bytes of the stream in their order, or one datagram. Of a stream never more than the application has said to be done with ({@link
         * RelayChannel#taken}), beside what it was given at the beginning; datagrams come as they come, and nothing is said of them.
         *
         * @param bytes the receiver's own
         */
        void onBytes(byte[] bytes);

        /** The client sends no more. The other direction is open until {@link RelayChannel#end}. */
        default void onEnd() {}

        /**
         * The channel is over, and nothing follows.
         *
         * @param isReset otherwise both ends have ended it
         */
        default void onClosed(boolean isReset) {}
    }

    /** The client is told that nobody listens. */
    final class RelayRefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        public RelayRefusedException(String reason) {
            super(reason);
        }
    }
}
