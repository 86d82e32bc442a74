package dev.tunbridge.bridge.tun;

/**
 * Tells the owner of a descriptor, on its event loop, that there is something to read. It tells so again and again until the owner
 * has read the descriptor dry or has paused.
 */
interface Readiness extends AutoCloseable {
    void pause();

    void resume();

    /** After this the owner hears nothing more, and may close the descriptor. */
    @Override
    void close();
}
