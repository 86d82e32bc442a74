package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What rtnetlink and {@code /proc/net} say of the calling thread's network namespace: routes of all tables. */
public final class LinuxHostNetworks implements HostNetworks {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxHostNetworks.class);

    /** A thread may live in another namespace than its process. */
    private static final Path PROC_NET = Path.of("/proc/thread-self/net");

    private static final Path NAME_SERVERS = Path.of("/etc/resolv.conf");

    /** {@code TCP_CLOSE}: what UDP sockets that are not connected show (net/ipv4/udp.c, {@code udp4_format_sock}). */
    private static final String NOT_CONNECTED = "07";

    /** Pools of other tunnels, which may not be routes yet. */
    private final List<Prefix> claimed;

    /** @param claimed networks that count as in use besides */
    public LinuxHostNetworks(List<Prefix> claimed) {
        this.claimed = List.copyOf(claimed);
    }

    public LinuxHostNetworks() {
        this(List.of());
    }

    @Override
    public List<Prefix> inUse(String exceptDevice) throws IOException {
        List<Prefix> found = new ArrayList<>(claimed);
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            int except = configuration.link(exceptDevice).index();
            for (InterfaceAddress address : configuration.addresses()) {
                if (address.interfaceIndex() != except) {
                    found.add(Prefix.of(address.network(), address.prefixLength()));
                }
            }
            for (AddressFamily family : AddressFamily.values()) {
                for (KernelRoute route : configuration.routes(family)) {
                    if (!route.isDefault() && !route.leadsThrough(except)) {
                        found.add(Prefix.of(route.destination(), route.prefixLength()));
                    }
                }
            }
        }
        for (String line : lines(NAME_SERVERS, 0)) {
            String[] fields = line.strip().split("\\s+", -1);
            if (fields.length == 2 && fields[0].equals("nameserver")) {
                addNameServer(found, fields[1]);
            }
        }
        return found;
    }

    private static void addNameServer(List<Prefix> found, String text) {
        try {
            found.add(Prefix.parse(text));
        } catch (IllegalArgumentException e) {
            LOG.debug("name server {} is no plain address", text); // one with a zone is link-local
        }
    }

    @Override
    public boolean forwards(AddressFamily family) throws IOException {
        Path setting = Path.of(
                family == AddressFamily.IPV4
                        ? "/proc/sys/net/ipv4/ip_forward"
                        : "/proc/sys/net/ipv6/conf/all/forwarding");
        return lines(setting, 0).stream().anyMatch(line -> !line.strip().equals("0"));
    }

    @Override
    public SortedSet<Integer> wildcardUdpPorts(AddressFamily family) throws IOException {
        SortedSet<Integer> ports = new TreeSet<>();
        if (family == AddressFamily.IPV4) {
            addWildcards(ports, "udp");
        }
        addWildcards(ports, "udp6"); // most of them take IPv4 too, and the file does not say which do not
        return ports;
    }

    /** {@code sl: ADDRESS:PORT ADDRESS:PORT STATE ...} in hexadecimal. */
    private static void addWildcards(SortedSet<Integer> ports, String file) throws IOException {
        for (String line : lines(PROC_NET.resolve(file), 1)) {
            String[] fields = line.strip().split("\\s+", -1);
            if (fields.length > 3 && fields[3].equals(NOT_CONNECTED)) {
                int colon = fields[1].indexOf(':');
                if (fields[1].substring(0, colon).chars().allMatch(digit -> digit == '0')) {
                    ports.add(Integer.parseInt(fields[1].substring(colon + 1), 16));
                }
            }
        }
    }

    /** Nothing where the kernel has no such family. */
    private static List<String> lines(Path file, int headings) throws IOException {
        if (!Files.isReadable(file)) {
            return List.of();
        }
        List<String> lines = Files.readAllLines(file);
        return lines.subList(Math.min(headings, lines.size()), lines.size());
    }
}
