package dev.tunbridge.bridge.doctor;

import java.io.IOException;

/** {@code /sys/class/net} shows the interfaces of the network namespace in which it was mounted, whatever the reader's. */
final class Sysfs {
    private Sysfs() {}

    /** Whether what it says of an interface of this name is of this one. */
    static boolean isOfThisNamespace(Host host, Fields link) throws IOException {
        return host.number("/sys/class/net/" + link.text("ifname") + "/ifindex").orElse(0) == link.number("ifindex");
    }
}
