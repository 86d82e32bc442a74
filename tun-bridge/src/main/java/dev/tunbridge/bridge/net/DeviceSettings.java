package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.LinkSettings;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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

    private final String device;
    private final Map<Path, String> sysctlsBefore = new LinkedHashMap<>();
    private @Nullable Link before;

    DeviceSettings(String device) {
        this.device = device;
    }

    /** Has the device what is wanted, and brings it up; what it has already is left alone. */
    void apply(NetworkConfiguration configuration, TunAddressing wanted, AddressFamily family) throws IOException {
        if (family == AddressFamily.IPV6 && wanted.mtu() < IPV6_MINIMUM_MTU) {
            throw new IOException("an IPv6 tunnel needs an MTU of at least " + IPV6_MINIMUM_MTU
                    + " bytes (RFC 8200), not " + wanted.mtu());
        }
        Link link = configuration.link(device);
        if (before == null || before.index() != link.index()) {
            before = link;
            sysctlsBefore.clear();
        }
        if (family == AddressFamily.IPV4) {
            // Clients keep addresses that have no route back here; loose filtering still refuses the impossible ones.
            set("ipv4", "rp_filter", "2");
        }
        set("ipv6", "accept_ra", "0");
        if (family == AddressFamily.IPV6 || !hasForeignVersion6(configuration, link)) {
            set("ipv6", "disable_ipv6", family == AddressFamily.IPV4 ? "1" : "0");
        }
        makeNoLinkLocalAddress(configuration, link);
        LinkSettings settings = LinkSettings.NONE;
        if (link.mtu() != wanted.mtu()) {
            settings = settings.mtu(wanted.mtu());
        }
        if (link.txQueueLength() != wanted.txQueueLength()) {
            settings = settings.txQueueLength(wanted.txQueueLength());
        }
        configuration.change(link, settings);
        // From an MTU under 1280 to a longer one IPv6 comes back, with its defaults.
        makeNoLinkLocalAddress(configuration, configuration.link(device));
        if (family == AddressFamily.IPV6
                && "1".equals(read(path("ipv6", "disable_ipv6")).orElse(""))) {
            throw new IOException("IPv6 is switched off on " + device + ", and " + path("ipv6", "disable_ipv6")
                    + " cannot be written: start the container with the sysctl net.ipv6.conf.default.disable_ipv6=0");
        }
        if (!link.isUp()) {
            configuration.bringUp(link);
        }
    }

    /** Whether an administrator has made IPv6 addresses or routes here: to switch IPv6 off would take them, for ever. */
    private boolean hasForeignVersion6(NetworkConfiguration configuration, Link link) throws LinuxException {
        if (!"0".equals(read(path("ipv6", "disable_ipv6")).orElse(""))) {
            return false;
        }
        boolean hasAddress = configuration.addresses().stream()
                .filter(address -> address.interfaceIndex() == link.index())
                .filter(address -> address.family() == AddressFamily.IPV6 && address.protocol() != Identity.PROTOCOL)
                .anyMatch(address -> !address.address().isLinkLocalAddress());
        return hasAddress
                || (link.isUp() // or it has no routes
                        && configuration.routes(AddressFamily.IPV6).stream()
                                .filter(route -> route.leadsThrough(link.index()) && !Identity.isOurs(route))
                                .anyMatch(route -> route.key().protocol() != KernelRoute.PROTOCOL_KERNEL));
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

    /** Gives the device back what it had; one that is gone needs nothing. */
    void restore(NetworkConfiguration configuration) throws LinuxException {
        Link was = before;
        if (was == null) {
            return;
        }
        before = null;
        Link link;
        try {
            link = configuration.link(was.index());
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return;
            }
            throw e;
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
        sysctlsBefore.forEach(DeviceSettings::write);
        sysctlsBefore.clear();
        Link last = configuration.link(was.index());
        if (was.addressGeneration().isPresent()
                && last.addressGeneration().isPresent()
                && !last.addressGeneration().equals(was.addressGeneration())) {
            configuration.change(
                    last,
                    LinkSettings.NONE.addressGeneration(was.addressGeneration().getAsInt()));
        }
    }

    private Path path(String family, String name) {
        return Path.of("/proc/sys/net", family, "conf", device, name);
    }

    /** In a container they may be read-only; then they stay. */
    private void set(String family, String name, String value) {
        Path path = path(family, name);
        Optional<String> was = read(path);
        if (was.isPresent() && !was.get().equals(value)) {
            write(path, value);
            sysctlsBefore.putIfAbsent(path, was.get());
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
