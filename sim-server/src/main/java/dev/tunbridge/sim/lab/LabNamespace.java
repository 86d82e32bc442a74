package dev.tunbridge.sim.lab;

import dev.tunbridge.linux.NetworkNamespace;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;

/** One host of a lab: its own interfaces, routes and sockets. Made by {@link Lab#namespace}, removed with the lab. */
public final class LabNamespace {
    private static final Path CONGESTION_CONTROL = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");

    private final String fullName;
    private final NetworkNamespace namespace;
    private final Collection<LabProcess> processes = new ConcurrentLinkedQueue<>();

    private LabNamespace(String fullName, NetworkNamespace namespace) {
        this.fullName = fullName;
        this.namespace = namespace;
    }

    static LabNamespace create(String fullName) throws IOException {
        Command.run("ip", "netns", "add", fullName);
        try {
            LabNamespace created = new LabNamespace(fullName, NetworkNamespace.open(fullName));
            created.call(() -> {
                // For every device made here later too: no address of its own making, and deaf to stray routers.
                write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
                write("/proc/sys/net/ipv6/conf/default/accept_ra", "0");
                write("/proc/sys/net/ipv6/conf/all/accept_ra", "0");
                return Command.run("ip", "link", "set", "lo", "up");
            });
            return created;
        } catch (IOException | RuntimeException e) {
            Command.run("ip", "netns", "del", fullName);
            throw e;
        }
    }

    /** As {@code ip netns} lists it. */
    public String fullName() {
        return fullName;
    }

    /** A device for {@link Lab#connect}, with addresses such as {@code 198.18.0.1/30}. */
    public LabEnd at(String device, String... addresses) {
        return LabEnd.of(this, device, addresses);
    }

    /**
     * Runs the work on a fresh thread inside the namespace: a descriptor that it makes stays inside. Mind that a
     * {@code java.net.Socket} gets its descriptor when it binds or connects, not when it is constructed.
     */
    public <T> T call(Callable<T> work) throws IOException {
        try {
            return namespace.call(work);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("in " + fullName + ": interrupted");
        } catch (Exception e) {
            throw new IOException("in " + fullName + ": " + e.getMessage(), e);
        }
    }

    /** A daemon thread, not started, that lives in the namespace. */
    public Thread newThread(Runnable work) {
        return namespace.newThread(work);
    }

    /** For event loop groups and executors that live in the namespace. */
    public ThreadFactory threadFactory(String prefix) {
        return namespace.threadFactory(prefix);
    }

    /** Runs a program in the namespace; one that takes longer than the limit is killed and an error. */
    public Command.Result run(Duration limit, String... command) throws IOException {
        return call(() -> Command.run(limit, "", List.of(command)));
    }

    /** Starts a program in the namespace; it is killed with the lab at the latest. */
    public LabProcess start(String... command) throws IOException {
        LabProcess process = call(() -> LabProcess.start(List.of(command)));
        processes.removeIf(earlier -> !earlier.isAlive());
        processes.add(process);
        return process;
    }

    /** Adds a route to a lab network through a lab address. */
    public void addRoute(String network, String through) throws IOException {
        LabAddress destination = LabAddress.parse(network);
        String gateway = LabAddress.parse(through).host();
        call(() -> Command.run("ip", "route", "add", destination.toString(), "via", gateway));
    }

    /**
     * Chooses the congestion control of TCP in this namespace, by default and on every route there is now. The default
     * is refused for what the machine's {@code tcp_allowed_congestion_control} leaves out; the routes take it all the
     * same, so call this again once a later device has its routes.
     */
    public void setCongestionControl(String algorithm) throws IOException {
        call(() -> {
            try {
                Files.writeString(CONGESTION_CONTROL, algorithm);
            } catch (IOException e) {
                // Left to the routes; an algorithm that the kernel does not know fails there.
            }
            List<String> lines = new ArrayList<>();
            for (String family : List.of("-4", "-6")) {
                Command.run("ip", "-o", family, "route", "show")
                        .lines()
                        .map(route -> "route replace " + withoutCongestionControl(route) + " congctl " + algorithm)
                        .forEach(lines::add);
            }
            Command.runIpBatch(lines);
            return lines;
        });
    }

    /** A route as {@code ip route show} prints it and {@code ip route replace} takes it: without state. */
    private static String withoutCongestionControl(String route) {
        List<String> words = new ArrayList<>(Arrays.asList(route.strip().split("\\s+")));
        words.removeAll(List.of("linkdown", "dead", "\\"));
        int timeout = words.indexOf("rto_min");
        if (timeout >= 0 && words.get(timeout + 1).equals("lock")) {
            words.remove(timeout + 1); // it is shown, but not taken: setting rto_min locks it
        }
        int at = words.indexOf("congctl");
        if (at >= 0) {
            words.subList(at, at + 2).clear();
        }
        return String.join(" ", words);
    }

    void configure(LabEnd end, String hardwareAddress, LabEnd peer, String peerHardwareAddress) throws IOException {
        List<String> lines = new ArrayList<>();
        String device = end.device();
        lines.add("link set dev " + device + " address " + hardwareAddress);
        for (LabAddress address : end.addresses()) {
            lines.add("address add " + address + " dev " + device + (address.isIpv6() ? " nodad" : ""));
        }
        // A lost ARP or neighbour packet would cost a second that no profile names.
        for (LabAddress address : peer.addresses()) {
            lines.add("neighbour replace " + address.host() + " lladdr " + peerHardwareAddress + " dev " + device
                    + " nud permanent");
        }
        call(() -> {
            Command.runIpBatch(lines);
            return lines;
        });
    }

    void stopProcesses() {
        processes.forEach(LabProcess::close);
        processes.clear();
    }

    void remove() throws IOException {
        namespace.close();
        removeNamed(fullName);
    }

    /** Also kills what still runs inside: the namespace itself would live as long as that. */
    static void removeNamed(String fullName) throws IOException {
        long self = ProcessHandle.current().pid();
        Command.run("ip", "netns", "pids", fullName)
                .lines()
                .map(line -> Long.parseLong(line.strip()))
                .filter(pid -> pid != self)
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .forEach(ProcessHandle::destroyForcibly);
        Command.run("ip", "netns", "del", fullName);
    }

    private static void write(String path, String value) throws IOException {
        Path file = Path.of(path);
        // A kernel without IPv6 has nothing to switch off.
        if (Files.exists(file)) {
            Files.writeString(file, value);
        }
    }
}
