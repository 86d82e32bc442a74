package dev.tunbridge.bridge.answers;

import com.google.common.io.BaseEncoding;
import dev.tunbridge.bridge.filter.Prefix;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code /proc/net} and {@code java.net.NetworkInterface} say of the calling thread's network namespace. Of IPv4 routes
 * that is the main table alone.
 */
public final class ProcHostNetworks implements HostNetworks {
    private static final Logger LOG = LoggerFactory.getLogger(ProcHostNetworks.class);

    /** A thread may live in another namespace than its process. */
    private static final Path PROC_NET = Path.of("/proc/thread-self/net");

    private static final Path NAME_SERVERS = Path.of("/etc/resolv.conf");

    /** {@code TCP_CLOSE}: what UDP sockets that are not connected show (net/ipv4/udp.c, {@code udp4_format_sock}). */
    private static final String NOT_CONNECTED = "07";

    @Override
    public List<Prefix> inUse(String exceptDevice) throws IOException {
        List<Prefix> found = new ArrayList<>();
        addAddresses(found, exceptDevice);
        for (String line : lines(PROC_NET.resolve("route"), 1)) {
            String[] fields = line.split("\\s+", -1);
            if (fields.length > 7 && !fields[0].equals(exceptDevice)) {
                add(found, reversed(hex(fields[1])), Integer.bitCount((int) Long.parseLong(fields[7], 16)));
            }
        }
        for (String line : lines(PROC_NET.resolve("ipv6_route"), 0)) {
            String[] fields = line.split("\\s+", -1);
            if (fields.length > 9 && !fields[9].equals(exceptDevice)) {
                add(found, hex(fields[0]), Integer.parseInt(fields[1], 16));
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

    private static void addAddresses(List<Prefix> found, String exceptDevice) throws IOException {
        Enumeration<NetworkInterface> interfaces = NetworkInterface.getNetworkInterfaces();
        for (NetworkInterface each : interfaces == null ? List.<NetworkInterface>of() : Collections.list(interfaces)) {
            if (!each.getName().equals(exceptDevice)) {
                for (InterfaceAddress address : each.getInterfaceAddresses()) {
                    add(found, address.getAddress().getAddress(), address.getNetworkPrefixLength());
                }
            }
        }
    }

    private static void addNameServer(List<Prefix> found, String text) {
        try {
            found.add(Prefix.parse(text));
        } catch (IllegalArgumentException e) {
            LOG.debug("name server {} is no plain address", text); // one with a zone is link-local
        }
    }

    private static void add(List<Prefix> found, byte[] address, int length) throws UnknownHostException {
        if (length > 0) {
            found.add(Prefix.of(InetAddress.getByAddress(address), length));
        }
    }

    @Override
    public boolean forwards(IpFamily family) throws IOException {
        Path setting = Path.of(
                family == IpFamily.IPV4 ? "/proc/sys/net/ipv4/ip_forward" : "/proc/sys/net/ipv6/conf/all/forwarding");
        return lines(setting, 0).stream().anyMatch(line -> !line.strip().equals("0"));
    }

    @Override
    public SortedSet<Integer> wildcardUdpPorts(IpFamily family) throws IOException {
        SortedSet<Integer> ports = new TreeSet<>();
        if (family == IpFamily.IPV4) {
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

    private static byte[] hex(String text) {
        return BaseEncoding.base16().ignoreCase().decode(text.toUpperCase(Locale.ROOT));
    }

    /** {@code /proc/net/route} prints a word as the machine has it. */
    private static byte[] reversed(byte[] word) {
        if (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN) {
            return word;
        }
        return new byte[] {word[3], word[2], word[1], word[0]};
    }
}
