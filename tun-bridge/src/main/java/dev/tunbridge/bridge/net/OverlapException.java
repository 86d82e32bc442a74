package dev.tunbridge.bridge.net;

import java.util.List;
import java.util.stream.Collectors;

/** The tunnel's network is one that this host has another way to. Nothing was set. */
public final class OverlapException extends HostConflictException {
    private static final long serialVersionUID = 1L;

    OverlapException(List<Overlap> overlaps) {
        super("the tunnel would take what this host has another way for: "
                + overlaps.stream().map(Overlap::toString).collect(Collectors.joining("; "))
                + " (tun.overlap=warn goes on all the same)");
    }
}
