package dev.tunbridge.bridge.local;

/** Whose address a service sees. */
public enum SourceMode {
    /** The host's own. No right is needed. */
    LOOPBACK,
    /** The host's own, and the client's in a PROXY protocol header (version 2) in front of everything. */
    PROXY_V2
}
