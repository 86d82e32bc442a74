package dev.tunbridge.linux.netlink;

import java.util.OptionalInt;

/**
 * A network interface.
 *
 * @param index its number in this namespace, never given twice while the namespace lives
 * @param name as {@code tb0}
 * @param flags IFF_… (netdevice(7))
 * @param mtu longest packet, in bytes
 * @param txQueueLength packets that its queue holds
 * @param master the bridge or bond that it is a port of, by its index; 0 for none
 * @param kind such as {@code tun} or {@code veth}; empty for hardware
 * @param alias free text that somebody gave it
 * @param isPersistent whether it is a TUN device that outlives the process which has it open
 * @param addressGeneration how IPv6 makes link-local addresses (IN6_ADDR_GEN_MODE_…); empty where it has no IPv6
 */
public record Link(
        int index,
        String name,
        int flags,
        int mtu,
        int txQueueLength,
        int master,
        String kind,
        String alias,
        boolean isPersistent,
        OptionalInt addressGeneration) {
    /** IN6_ADDR_GEN_MODE_NONE: no link-local address, so no router solicitation either. */
    public static final int GENERATE_NONE = 1;

    private static final int IFF_UP = 0x1;
    private static final int IFF_LOOPBACK = 0x8;
    private static final int IFF_LOWER_UP = 0x10000;

    /** Whether somebody wants it to work. */
    public boolean isUp() {
        return (flags & IFF_UP) != 0;
    }

    /** Whether it is up and has a carrier: what is sent through it can leave. */
    public boolean isRunning() {
        return isUp() && (flags & IFF_LOWER_UP) != 0;
    }

    public boolean isLoopback() {
        return (flags & IFF_LOOPBACK) != 0;
    }
}
