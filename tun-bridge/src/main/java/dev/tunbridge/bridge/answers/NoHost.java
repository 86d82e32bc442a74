package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** For a device that the kernel knows nothing of: nothing of the host is in its way. */
public final class NoHost implements HostNetworks {
    @Override
    public List<Prefix> inUse(String exceptDevice) {
        return List.of();
    }

    @Override
    public boolean forwards(AddressFamily family) {
        return false;
    }

    @Override
    public SortedSet<Integer> wildcardUdpPorts(AddressFamily family) {
        return new TreeSet<>();
    }
}
