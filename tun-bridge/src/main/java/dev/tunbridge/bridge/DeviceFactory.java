package dev.tunbridge.bridge;

import dev.tunbridge.bridge.tun.TunDevice;
import java.io.IOException;

/** Makes the bridge's device on the loop's thread, and so in the loop's network namespace. */
@FunctionalInterface
interface DeviceFactory {
    TunDevice create() throws IOException;
}
