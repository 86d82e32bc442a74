package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.RelayHandler;

/** Ports that the application serves itself. */
public record AppTarget(ServicePorts ports, RelayHandler handler) {}
