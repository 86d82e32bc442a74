package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.LinkSettings;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * MTU, queue length, state and sysctls of a TUN device, and what they were before: a device that an administrator has made
 * outlives the tunnel, and gets them back. One thread at a time, in the device's namespace.
 */
final class DeviceSettings {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceSettings.class);

    /** An interface with less has no IPv6 at all (RFC 8200, 5; addrconf_notify in net/ipv6/addrconf.c). */
    private static final int IPV6_MINIMUM_MTU = 1280;

    private static final List<String> SYSCTLS = List.of("ipv4.rp_filter", "ipv6.accept_ra", "ipv6.disable_ipv6");

    private final String device;
    private @Nullable DeviceBefore before;
    private String sysctlName;
    private int index;

    DeviceSettings(String device) {
        this.device = device;
        sysctlName = device;
    }

    /** Has the device what is wanted, and brings it up; what it has already is left alone. */
    void apply(NetworkConfiguration configuration, TunAddressing wanted, Link found, AddressFamily family)
            throws IOException {
        if (family == AddressFamily.IPV6 && wanted.mtu() < IPV6_MINIMUM_MTU) {
            throw new IOException("an IPv6 tunnel needs an MTU of at least " + IPV6_MINIMUM_MTU
                    + " bytes (RFC 8200), not " + wanted.mtu());
        }
        Link link = found;
        if (before == null || index != link.index()) {
            index = link.index();
            keep(configuration, link);
        }
        LinkSettings settings = LinkSettings.NONE;
        if (link.mtu() != wanted.mtu()) {
            sayWhatGoesWithIpv6(configuration, link, wanted.mtu());
            settings = settings.mtu(wanted.mtu());
        }
        if (link.txQueueLength() != wanted.txQueueLength()) {
            settings = settings.txQueueLength(wanted.txQueueLength());
        }
        configuration.change(link, settings);
        // From an MTU under 1280 to a longer one IPv6 comes back with its defaults, so its settings come after it.
        link = configuration.link(index);
        // Before IPv6 is switched on: the kernel would make an address at once, and a secret for it that stays.
        makeNoLinkLocalAddress(configuration, link);
        if (family == AddressFamily.IPV4) {
            // Clients keep addresses that have no route back here; loose filtering still refuses the impossible ones.
            set("ipv4.rp_filter", "2");
        }
        set("ipv6.accept_ra", "0");
        if (family == AddressFamily.IPV6) {
            set("ipv6.disable_ipv6", "0");
        } else if (!link.isPersistent() || !hasIpv6OfItsOwn(configuration, link)) {
            set("ipv6.disable_ipv6", "1");
        }
        if (family == AddressFamily.IPV6
                && "1".equals(read(path("ipv6.disable_ipv6")).orElse(""))) {
            throw new IOException("IPv6 is switched off on " + device + ", and " + path("ipv6.disable_ipv6")
                    + " cannot be written: start the container with the sysctl net.ipv6.conf.default.disable_ipv6=0");
        }
        if (!link.isUp()) {
            configuration.bringUp(link);
        }
    }

    /** Before anything is changed. A device that goes with the process needs no keeping. */
    private void keep(NetworkConfiguration configuration, Link link) throws LinuxException {
        Map<String, String> sysctls = new TreeMap<>();
        for (String name : SYSCTLS) {
            read(path(name)).ifPresent(value -> sysctls.put(name, value));
        }
        DeviceBefore now = DeviceBefore.of(link, sysctls);
        before = now;
        if (link.isPersistent()) {
            Optional<String> kept = now.toAlias();
            if (kept.isEmpty()) {
                LOG.debug("{}: its alias has no room for what it was before, should the process be killed", device);
            } else if (!kept.get().equals(link.alias())) {
                configuration.change(link, LinkSettings.NONE.alias(kept.get()));
            }
        }
    }

    /** No kernel gives it back, so the owner is told by name. */
    private void sayWhatGoesWithIpv6(NetworkConfiguration configuration, Link link, int mtu) throws LinuxException {
        if (!link.isPersistent() || mtu >= IPV6_MINIMUM_MTU || link.mtu() < IPV6_MINIMUM_MTU) {
            return;
        }
        List<InterfaceAddress> addresses = ipv6Addresses(configuration, link);
        if (!addresses.isEmpty()) {
            LOG.warn(
                    "{}: the server's MTU of {} takes IPv6 from the device (RFC 8200 asks for {}), and this goes for good: {}",
                    device,
                    mtu,
                    IPV6_MINIMUM_MTU,
                    addresses);
        }
    }

    /**
     * Addresses and routes of IPv6, the kernel's own too: they would go with its IPv6 and not come back, or only with its
     * next carrier.
     */
    private static boolean hasIpv6OfItsOwn(NetworkConfiguration configuration, Link link) throws LinuxException {
        return !ipv6Addresses(configuration, link).isEmpty()
                || configuration.routes(AddressFamily.IPV6).stream()
                        .anyMatch(route -> route.leadsThrough(link.index()));
    }

    private static List<InterfaceAddress> ipv6Addresses(NetworkConfiguration configuration, Link link)
            throws LinuxException {
        return configuration.addresses().stream()
                .filter(found -> found.interfaceIndex() == link.index() && found.family() == AddressFamily.IPV6)
                .toList();
    }

    /** So that no router solicitation goes into the tunnel. A device without IPv6 has none to make. */
    private static void makeNoLinkLocalAddress(NetworkConfiguration configuration, Link link) throws LinuxException {
        if (link.addressGeneration().orElse(Link.GENERATE_NONE) == Link.GENERATE_NONE) {
            return;
        }
        try {
            configuration.change(link, LinkSettings.NONE.addressGeneration(Link.GENERATE_NONE));
        } catch (LinuxException e) {
            LOG.debug("{} makes link-local addresses: {}", link.name(), e.getMessage());
        }
    }

    /**
     * Gives a device back what it had, also what an earlier process kept; one that is gone needs nothing.
     *
     * @param deviceIndex of the device that this process has or had open
     */
    void restore(NetworkConfiguration configuration, int deviceIndex) throws LinuxException {
        DeviceBefore known = index == deviceIndex ? before : null;
        before = null;
        Link link;
        try {
            link = configuration.link(deviceIndex);
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return;
            }
            throw e;
        }
        sysctlName = link.name(); // somebody may have renamed it, and made another of its name
        Optional<DeviceBefore> kept = DeviceBefore.keptBy(link);
        DeviceBefore was = known != null ? known : kept.orElse(null);
        if (was == null) {
            return;
        }
        LinkSettings settings = LinkSettings.NONE;
        if (link.mtu() != was.mtu()) {
            settings = settings.mtu(was.mtu());
        }
        if (link.txQueueLength() != was.txQueueLength()) {
            settings = settings.txQueueLength(was.txQueueLength());
        }
        configuration.change(link, settings);
        // Down first: with its old way of making addresses it would make one for the moment.
        if (!was.isUp() && link.isUp()) {
            configuration.bringDown(link);
        }
        was.sysctls().forEach(this::set);
        Link last = configuration.link(deviceIndex);
        if (was.addressGeneration().isPresent()
                && last.addressGeneration().isPresent()
                && !last.addressGeneration().equals(was.addressGeneration())) {
            configuration.change(
                    last,
                    LinkSettings.NONE.addressGeneration(was.addressGeneration().getAsInt()));
        }
        if (kept.isPresent()) {
            configuration.change(last, LinkSettings.NONE.alias(was.alias()));
        }
    }

    /** @param name as {@code ipv4.rp_filter} */
    private Path path(String name) {
        String[] parts = name.split("\\.", 2);
        return Path.of("/proc/sys/net", parts[0], "conf", sysctlName, parts[1]);
    }

    /** In a container they may be read-only; then they stay. */
    private void set(String name, String value) {
        Path path = path(name);
        Optional<String> was = read(path);
        if (was.isPresent() && !was.get().equals(value)) {
            write(path, value);
        }
    }

    private static Optional<String> read(Path path) {
        try {
            return Optional.of(Files.readString(path, StandardCharsets.US_ASCII).strip());
        } catch (IOException e) {
            return Optional.empty(); // no such family in this kernel, or the device is gone
        }
    }

    private static void write(Path path, String value) {
        try {
            Files.writeString(path, value);
        } catch (IOException e) {
            LOG.debug("{} stays as it is: {}", path, e.getMessage());
        }
    }
}
