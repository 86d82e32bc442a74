package dev.tunbridge.bridge.tun;

import dev.tunbridge.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of the test's own, gone when it is closed. */
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
        String name = "tbt-" + ProcessHandle.current().pid() + "-" + COUNT.getAndIncrement();
        try {
            ip(List.of("netns", "add", name));
        } catch (IOException refused) {
            Assumptions.abort("needs the right to make network namespaces: " + refused.getMessage());
        }
        try {
            return new TestNamespace(name, NetworkNamespace.open(name));
        } catch (IOException | RuntimeException failure) {
            ip(List.of("netns", "del", name));
            throw failure;
        }
    }

    NetworkNamespace network() {
        return namespace;
    }

    LinuxTunDevice createDevice(TunOptions options) throws Exception {
        return namespace.call(() -> LinuxTunDevice.create(options));
    }

    /** Up, with point-to-point addresses, and without the router solicitations that would disturb the test. */
    void setUp(String device, String local4, String peer4, String local6, String peer6) throws IOException {
        run("link set " + device + " addrgenmode none");
        run("link set " + device + " mtu 1500 up");
        run("addr add " + local4 + " peer " + peer4 + " dev " + device);
        run("-6 addr add " + local6 + " peer " + peer6 + " dev " + device + " nodad");
    }

    void run(String arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("-n", name));
        all.addAll(List.of(arguments.split(" ")));
        ip(all);
    }

    @Override
    public void close() throws IOException {
        namespace.close();
        ip(List.of("netns", "del", name));
    }

    private static void ip(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip());
        }
    }
}
