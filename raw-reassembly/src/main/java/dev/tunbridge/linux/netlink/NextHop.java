package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * Where a route leads on.
 *
 * @param interfaceIndex the interface that it leaves by; 0 for none
 * @param gateway who forwards, perhaps of the other family; nothing where the destination is on the link
 * @param flags RTNH_F_…
 * @param weight its share among several, less one
 * @param others attributes that are passed on as they are, by type: encapsulation, realms
 */
public record NextHop(
        int interfaceIndex, Optional<InetAddress> gateway, int flags, int weight, Map<Integer, ByteBuffer> others) {
    private static final int RTNH_F_DEAD = 1;
    private static final int RTNH_F_ONLINK = 4;
    private static final int RTNH_F_LINKDOWN = 16;

    public NextHop {
        others = Map.copyOf(others);
    }

    public static NextHop onLink(int interfaceIndex) {
        return new NextHop(interfaceIndex, Optional.empty(), 0, 0, Map.of());
    }

    /** Whether the kernel passes over it: its interface is down. */
    public boolean isDead() {
        return (flags & RTNH_F_DEAD) != 0;
    }

    /** Whether its interface has no carrier. */
    public boolean isWithoutCarrier() {
        return (flags & RTNH_F_LINKDOWN) != 0;
    }

    /** As it was configured, without what the kernel has found of it. */
    NextHop configured() {
        return new NextHop(interfaceIndex, gateway, flags & RTNH_F_ONLINK, weight, others);
    }

    @Override
    public String toString() {
        return gateway.map(address -> "via " + address.getHostAddress() + " ").orElse("") + "interface "
                + interfaceIndex;
    }
}
