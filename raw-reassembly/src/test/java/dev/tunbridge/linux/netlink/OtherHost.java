package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetworkNamespace;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of the test's own, with {@code ip} and {@code tc} as the other hand in it. */
public final class OtherHost implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final String name = "tbt-nl-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    private final NetworkNamespace namespace;

    /** Skips the test where there are no namespaces to be had. */
    public OtherHost() throws Exception {
        Assumptions.assumeTrue(
                run(List.of("ip", "netns", "add", name), "").status() == 0, "needs ip and network namespaces");
        namespace = NetworkNamespace.open(name);
        ip("link", "set", "lo", "up");
    }

    /** With two ends of a cable, both up: {@code v0} has 198.18.0.1/24 and 2001:2::1/64, {@code v1} nothing. */
    static OtherHost withCable() throws Exception {
        OtherHost host = new OtherHost();
        host.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        for (String end : List.of("v0", "v1")) {
            host.ip("link", "set", end, "addrgenmode", "none", "up");
        }
        host.ip("addr", "add", "198.18.0.1/24", "dev", "v0");
        host.ip("addr", "add", "2001:2::1/64", "dev", "v0", "nodad");
        return host;
    }

    record Result(int status, String output, String faults) {}

    String ip(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip", "-n", name));
        command.addAll(List.of(arguments));
        return succeed(command, "");
    }

    /** The same, by words in one text. */
    public String ip(String words) throws Exception {
        return ip(words.split(" "));
    }

    /** Each line by itself; those that the kernel refuses count for nothing. */
    void batch(List<String> lines) throws Exception {
        batch("-4", lines.stream().filter(line -> !line.startsWith("-6 ")).toList());
        batch(
                "-6",
                lines.stream()
                        .filter(line -> line.startsWith("-6 "))
                        .map(line -> line.substring(3))
                        .toList());
    }

    private void batch(String family, List<String> lines) throws Exception {
        String input = String.join("\n", lines) + "\n";
        Result result = run(List.of("ip", "-n", name, family, "-force", "-batch", "-"), input);
        // A line that ip itself does not understand ends it: those behind it would be missing.
        assertThat(result.faults().lines().filter(line -> !line.startsWith("Command failed")))
                .allMatch(line -> line.startsWith("RTNETLINK answers") || line.startsWith("Error: "))
                .noneMatch(line -> line.matches("Error: (argument|either|.*expected).*"));
    }

    List<Map<String, Object>> json(String words) throws Exception {
        return Json.objects(ip("-N -json -details " + words));
    }

    List<Map<String, Object>> tc(String words) throws Exception {
        List<String> command = new ArrayList<>(List.of("tc", "-n", name, "-json", "-s"));
        command.addAll(List.of(words.split(" ")));
        return Json.objects(succeed(command, ""));
    }

    /** Links, addresses, routes of all tables and rules, as {@code ip} shows them. */
    String everything() throws Exception {
        return show("-4", "link\naddr\nroute show table all\nrule\n")
                + show("-6", "addr\nroute show table all\nrule\n");
    }

    private String show(String family, String what) throws Exception {
        String shown = succeed(List.of("ip", "-n", name, "-N", "-details", "-o", family, "-batch", "-"), what);
        return shown.replaceAll("timer +[0-9.]+", "timer"); // of bridges
    }

    public <T> T call(Callable<T> work) throws Exception {
        return namespace.call(work);
    }

    NetworkConfiguration configuration() throws Exception {
        return namespace.call(NetworkConfiguration::open);
    }

    NetworkNews news() throws Exception {
        return namespace.call(NetworkNews::open);
    }

    int index(String link) throws Exception {
        try (NetworkConfiguration network = configuration()) {
            return network.link(link).index();
        }
    }

    static String succeed(List<String> command, String input) throws Exception {
        Result result = run(command, input);
        assertThat(result.status()).as("%s: %s", command, result.faults()).isZero();
        return result.output();
    }

    private static Result run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.PIPE)
                .start();
        StringBuilder faults = new StringBuilder();
        Thread reader = new Thread(() -> {
            try {
                faults.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                faults.append(e);
            }
        });
        reader.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        reader.join();
        return new Result(process.waitFor(), output, faults.toString());
    }

    @Override
    public void close() throws LinuxException {
        namespace.close();
        try {
            run(List.of("ip", "netns", "del", name), "");
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
