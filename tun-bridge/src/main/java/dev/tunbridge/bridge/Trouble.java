package dev.tunbridge.bridge;

/** What keeps a bridge from its server for now; it goes on trying. */
public enum Trouble {
    /** The server's name has no address. */
    NAME,
    /** No connection to any of the server's addresses. */
    UNREACHABLE,
    /** Connected, and the login came to nothing: refused for now, not answered, or with an answer that cannot be used. */
    LOGIN,
    /** A session has ended. */
    LOST,
    /** This host: the device, its addresses or routes, or others that have them. */
    HOST,
    /** A fault of the bridge itself. */
    INTERNAL
}
