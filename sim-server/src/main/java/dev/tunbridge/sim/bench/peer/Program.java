package dev.tunbridge.sim.bench.peer;

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
public record Program(String name, String debianPackage) {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(5);
    private static final Duration LOOK_LIMIT = Duration.ofSeconds(5);
    private static final String PATHS = "PATH=$PATH:/usr/sbin:/sbin; ";

    /**
     * What starts and enables the services of a package is hidden from apt, and from apt alone: nobody wants an sshd for
     * having measured.
     */
    private static final String WITHOUT_SERVICES = """
            for name in invoke-rc.d update-rc.d deb-systemd-invoke deb-systemd-helper; do
                ! file=$(command -v $name) || mount --bind /bin/true "$file" || exit
            done
            """;

    public boolean isInstalled() throws IOException {
        return has(name);
    }

    /** Installs it with apt where that can be, and starts nothing; what apt says goes nowhere but into the answer. */
    public boolean install() throws IOException {
        if (!has("apt-get")) {
            return false;
        }
        String apt = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "
                + "-o DPkg::Lock::Timeout=60 install " + debianPackage;
        String script = WITHOUT_SERVICES + apt + " || { apt-get -q -y update && " + apt + "; }";
        Command.Result result = run(INSTALL_LIMIT, "unshare", "--mount", "sh", "-c", PATHS + script);
        return result.isSuccess() && isInstalled();
    }

    private static boolean has(String program) throws IOException {
        return run(LOOK_LIMIT, "sh", "-c", PATHS + "command -v " + program).isSuccess();
    }

    private static Command.Result run(Duration limit, String... command) throws IOException {
        return Command.run(limit, "", List.of(command));
    }
}
