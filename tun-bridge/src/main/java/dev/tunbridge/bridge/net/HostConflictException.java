package dev.tunbridge.bridge.net;

import java.io.IOException;

/** Somebody else of this host has what the tunnel needs, and may give it back: trying again makes sense. */
public class HostConflictException extends IOException {
    private static final long serialVersionUID = 1L;

    HostConflictException(String message) {
        super(message);
    }
}
