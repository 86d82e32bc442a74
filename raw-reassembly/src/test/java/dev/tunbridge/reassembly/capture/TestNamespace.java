package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.NetworkNamespace;
import dev.tunbridge.linux.TunFlag;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of the test's own with its loopback up, gone when it is closed. */
final class TestNamespace implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name;
    private final NetworkNamespace namespace;

    private TestNamespace(String name, NetworkNamespace namespace) {
        this.name = name;
        this.namespace = namespace;
    }

    /** Skips the test where no namespace can be made. */
    static TestNamespace make() throws IOException {
        String name = "tbc-" + ProcessHandle.current().pid() + "-" + COUNT.getAndIncrement();
        try {
            ip(List.of("netns", "add", name));
        } catch (IOException refused) {
            Assumptions.abort("needs the right to make network namespaces: " + refused.getMessage());
        }
        try {
            TestNamespace made = new TestNamespace(name, NetworkNamespace.open(name));
            made.run("link set lo up");
            return made;
        } catch (IOException | RuntimeException failure) {
            ip(List.of("netns", "del", name));
            throw failure;
        }
    }

    /** A pair of Ethernet devices {@code v0}, one here and one there, with 198.18.0.1 and .2, 2001:2::1 and ::2. */
    void connect(TestNamespace other) throws IOException {
        run("link add v0 type veth peer name v0 netns " + other.name);
        setUp("v0", "198.18.0.1/24", "2001:2::1/64");
        other.setUp("v0", "198.18.0.2/24", "2001:2::2/64");
    }

    void setUp(String device, String... addresses) throws IOException {
        run("link set " + device + " addrgenmode none");
        for (String address : addresses) {
            run("addr add " + address + " dev " + device + (address.contains(":") ? " nodad" : ""));
        }
        run("link set " + device + " up");
    }

    /** A device that is up, and whose writer plays the network. */
    TunInterface tun(String device, TunKind kind, TunFlag... flags) throws Exception {
        TunInterface tun = call(() -> TunInterface.open(device, kind, flags));
        run("link set " + device + " addrgenmode none");
        run("link set " + device + " up");
        return tun;
    }

    <T> T call(Callable<T> work) throws Exception {
        return namespace.call(work);
    }

    NetworkNamespace network() {
        return namespace;
    }

    void run(String arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("-n", name));
        all.addAll(List.of(arguments.split(" ")));
        ip(all);
    }

    /** Runs a program inside; skips the test where it is not installed. */
    void exec(String... command) throws Exception {
        call(() -> {
            try {
                checked(List.of(command));
            } catch (IOException failure) {
                Assumptions.assumeFalse(failure.toString().contains("Cannot run"), failure.toString());
                throw failure;
            }
            return this;
        });
    }

    @Override
    public void close() throws IOException {
        namespace.close();
        ip(List.of("netns", "del", name));
    }

    private static void ip(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(arguments);
        checked(command);
    }

    private static void checked(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip());
        }
    }
}
