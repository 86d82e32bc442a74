package dev.tunbridge.reassembly.stream;

/**
 * What the kernel knows of the outer connection, asked only when it matters. Offsets count the bytes of the stream from
 * 0: received ones from the server's initial sequence number + 1, sent ones from ours.
 */
public interface KernelView {
    /** The kernel cannot say. */
    long UNKNOWN = -1;

    /** Where nothing can be asked: only the caps hold. */
    KernelView NOTHING = new KernelView() {
        @Override
        public void refresh() {}

        @Override
        public long ackedOffset() {
            return UNKNOWN;
        }

        @Override
        public long sentOffset() {
            return UNKNOWN;
        }

        @Override
        public long receiveWindowBytes() {
            return UNKNOWN;
        }

        @Override
        public long unreadBytes() {
            return UNKNOWN;
        }
    };

    /** Takes a new snapshot; the other methods tell of the last one. */
    void refresh();

    /** Bytes that the server has acknowledged, or {@link #UNKNOWN}. */
    long ackedOffset();

    /** Bytes sent at least once, or {@link #UNKNOWN}. */
    long sentOffset();

    /** Bytes that the kernel is ready to receive now, at most ({@link WindowBound}, before Linux 6.2), or {@link #UNKNOWN}. */
    long receiveWindowBytes();

    /** Bytes that the kernel has in order and nobody has read, or {@link #UNKNOWN}. */
    long unreadBytes();

    /** Segments that have come out of order so far, or {@link #UNKNOWN} (before Linux 5.4). */
    default long outOfOrderSegments() {
        return UNKNOWN;
    }
}
