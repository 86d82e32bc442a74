package dev.tunbridge.sim.rawlane;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.link.Command;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the tests of this package need. */
final class KernelProof {
    private KernelProof() {}

    /** Skips a test, and says so, where no lab can be opened. */
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    /** Skips a test, and says so, where a program is not installed. */
    static void requireProgram(String name) throws Exception {
        Command.Result found = Command.run(Duration.ofSeconds(5), "", List.of("sh", "-c", "command -v " + name));
        assumeTrue(found.isSuccess(), () -> "skipped: the program '" + name + "' is not installed");
    }
}
