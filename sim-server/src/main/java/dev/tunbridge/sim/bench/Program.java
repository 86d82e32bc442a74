package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A program of others that a peer needs.
 *
 * @param name of the executable
 * @param debianPackage that brings it
 */
record Program(String name, String debianPackage) {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(5);
    private static final Duration LOOK_LIMIT = Duration.ofSeconds(5);

    boolean isInstalled() throws IOException {
        return has(name);
    }

    /** Installs it with apt where that can be; what apt says goes nowhere but into the answer. */
    boolean install() throws IOException {
        if (!has("apt-get")) {
            return false;
        }
        String apt = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "
                + "-o DPkg::Lock::Timeout=60 install " + debianPackage;
        Command.Result result = sh(INSTALL_LIMIT, apt + " || { apt-get -q -y update && " + apt + "; }");
        return result.isSuccess() && isInstalled();
    }

    private static boolean has(String program) throws IOException {
        return sh(LOOK_LIMIT, "command -v " + program).isSuccess();
    }

    private static Command.Result sh(Duration limit, String script) throws IOException {
        return Command.run(limit, "", List.of("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; " + script));
    }
}
