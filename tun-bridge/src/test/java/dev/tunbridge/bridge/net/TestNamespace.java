package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.NetworkNamespace;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of one test, removed with it. */
public final class TestNamespace implements AutoCloseable {
    private static int made;

    private final String name;
    private final NetworkNamespace namespace;

    private TestNamespace(String name, NetworkNamespace namespace) {
        this.name = name;
        this.namespace = namespace;
    }

    /** Skips the test, with the reason, where the machine has no namespaces or no TUN device. */
    public static TestNamespace open() throws IOException {
        String name = "tbnet-" + ProcessHandle.current().pid() + "-" + made++;
        try {
            ip("netns", "add", name);
        } catch (IOException e) {
            Assumptions.abort(
                    "needs network namespaces (root, or unshare -Urnm with a tmpfs on /run): " + e.getMessage());
        }
        TestNamespace opened = new TestNamespace(name, NetworkNamespace.open(name));
        try {
            opened.openTun("probe").close();
            return opened;
        } catch (Exception e) {
            opened.close();
            Assumptions.abort("needs a TUN device: " + e.getMessage());
            throw new AssertionError(e);
        }
    }

    public TunInterface openTun(String device) throws Exception {
        return call(() -> TunInterface.open(device, TunKind.TUN));
    }

    public TunNetwork setUp(TunAddressing wanted) throws Exception {
        return call(() -> TunNetwork.setUp(wanted));
    }

    public void close(TunNetwork network) throws Exception {
        call(() -> {
            network.close();
            return network;
        });
    }

    public <T> T call(Callable<T> work) throws Exception {
        return namespace.call(work);
    }

    /** Gives the namespace a network of neighbours, {@code lan0}, in which it has this address. */
    public void addLan(String addressAndLength) throws IOException {
        inside("link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
        inside("addr", "add", addressAndLength, "dev", "lan0");
        inside("link", "set", "lan0", "up");
        inside("link", "set", "lan1", "up");
    }

    /** Runs {@code ip} in the namespace and returns what it printed; a fault is an exception. */
    public String inside(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("-netns", name));
        all.addAll(List.of(arguments));
        return ip(all.toArray(String[]::new));
    }

    /** Runs any program in the namespace and returns what it printed; a fault is an exception. */
    public String run(String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("netns", "exec", name));
        all.addAll(List.of(command));
        return ip(all.toArray(String[]::new));
    }

    public String name() {
        return name;
    }

    public ThreadFactory threadFactory(String prefix) {
        return namespace.threadFactory(prefix);
    }

    public Thread newThread(Runnable work) {
        return namespace.newThread(work);
    }

    @Override
    public void close() throws IOException {
        namespace.close();
        ip("netns", "del", name);
    }

    private static String ip(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return output;
    }
}
