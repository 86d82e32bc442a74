package dev.tunbridge.bridge.local;

/** Whose address a service sees. */
public enum SourceMode {
    /** The host's own. No right is needed. */
    LOOPBACK,
    /** The device's, as the tunnel has it. */
    DEVICE,
    /** The host's own, and the client's in a PROXY protocol header (version 2) in front of everything. */
    PROXY_V2,
    /** The client's. */
    CLIENT;

    /** Whether the host must have the device's address, which it may not do without CAP_NET_ADMIN. */
    public boolean needsAddress() {
        return this == DEVICE || this == CLIENT;
    }
}
