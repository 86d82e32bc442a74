package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NetworkNamespaceTest {
    private final String name = "tbt-ns-" + ProcessHandle.current().pid();

    @BeforeEach
    void makeNamespace() throws Exception {
        Machine.assumeTun();
        ip("netns", "add", name);
    }

    @AfterEach
    void removeNamespace() throws Exception {
        if (Files.exists(Path.of("/run/netns", name))) {
            ip("netns", "del", name);
        }
    }

    @Test
    void runsWorkInsideAndLeavesTheCallerOutside() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.open(name);
                TunInterface inside = namespace.call(() -> TunInterface.open("tbinner", TunKind.TUN))) {
            assertThat(inside.name()).isEqualTo("tbinner");
            assertThat(Machine.hasInterface("tbinner")).isFalse();
            assertThat(namespace.call(() -> Machine.hasInterface("tbinner"))).isTrue();
        }
    }

    @Test
    void threadsOfItsFactoryLiveInside() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.open(name)) {
            String outside =
                    Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString();
            CompletableFuture<String> inside = new CompletableFuture<>();
            Thread thread = namespace.threadFactory("loop").newThread(() -> {
                try {
                    inside.complete(Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))
                            .toString());
                } catch (java.io.IOException failure) {
                    inside.completeExceptionally(failure);
                }
            });
            thread.start();
            assertThat(inside.get(10, TimeUnit.SECONDS)).isNotEqualTo(outside);
            assertThat(thread.getName()).isEqualTo("loop-0");
        }
    }

    @Test
    void throwsWhatTheWorkThrows() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.current()) {
            assertThatThrownBy(() -> namespace.call(() -> {
                        throw new IllegalStateException("from inside");
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("from inside");
        }
    }

    @Test
    void namesTheNamespaceThatIsMissing() {
        assertThatThrownBy(() -> NetworkNamespace.open("tbt-none"))
                .isInstanceOf(LinuxException.class)
                .hasMessage("open /run/netns/tbt-none: ENOENT (no such file or directory)");
    }

    private static void ip(String... arguments) throws Exception {
        var command = new java.util.ArrayList<String>();
        command.add("ip");
        command.addAll(java.util.List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
