package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * An OpenSSH server on one host of a site and what a client on the other needs to log in as root: keys, configurations
 * and accounts of their own in the site's folder. Both run with /run and /etc/ssh empty and with those accounts for the
 * machine's: neither /etc nor anybody's home is read or changed, and a root that is locked can log in.
 */
final class SshAccess {
    /** As the client's configuration calls the server. */
    static final String HOST = "bench";

    static final List<Program> PROGRAMS =
            List.of(new Program("ssh", "openssh-client"), new Program("sshd", "openssh-server"));

    private static final int PORT = 2222;

    /** The number of nobody. */
    private static final int SSHD_USER = 65_534;

    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    /** Arguments: the site's folder, the program and its arguments. sshd wants to be called by its whole path. */
    private static final String SECLUDED = """
            PATH=$PATH:/usr/sbin:/sbin
            mount -t tmpfs none /run && mkdir -p /run/sshd || exit
            [ ! -d /etc/ssh ] || mount -t tmpfs none /etc/ssh || exit
            mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/shadow" /etc/shadow || exit
            program=$(command -v "$1") && shift && exec "$program" "$@"
            """;

    private final Path folder;
    private final LabNamespace server;

    private SshAccess(Path folder, LabNamespace server) {
        this.folder = folder;
        this.server = server;
    }

    /** Empty where sshd can change to a user of its own, as it insists; a user namespace of one user has no other. */
    static Optional<String> unavailable() throws IOException {
        long users = Files.readAllLines(Path.of("/proc/self/uid_map")).stream()
                .mapToLong(line -> Long.parseLong(line.strip().split("\\s+", -1)[2]))
                .sum();
        return users > SSHD_USER
                ? Optional.empty()
                : Optional.of("sshd needs a user beside root, and this user namespace has " + users
                        + " (/proc/self/uid_map); as root itself it starts");
    }

    /** Makes keys and configurations; nothing is started. */
    static SshAccess prepare(Site site, LabNamespace server, InetAddress address) throws IOException {
        Path folder = site.folder();
        Path home = Files.createDirectory(folder.resolve("home"));
        makeKey(folder.resolve("host_key"));
        makeKey(folder.resolve("user_key"));
        Files.writeString(folder.resolve("known_hosts"), HOST + " " + Files.readString(folder.resolve("host_key.pub")));
        Files.writeString(folder.resolve("passwd"), """
                root:x:0:0:root:%s:/bin/sh
                sshd:x:%d:65534::/run/sshd:/usr/sbin/nologin
                """.formatted(home, SSHD_USER));
        Files.writeString(folder.resolve("shadow"), """
                root:*:1:0:99999:7:::
                sshd:!:1::::::
                """);
        Files.writeString(folder.resolve("sshd_config"), """
                ListenAddress %1$s:%2$d
                HostKey %3$s/host_key
                AuthorizedKeysFile %3$s/user_key.pub
                StrictModes no
                PidFile none
                UsePAM no
                PasswordAuthentication no
                PermitRootLogin prohibit-password
                PermitTunnel yes
                GatewayPorts clientspecified
                """.formatted(address.getHostAddress(), PORT, folder));
        Files.writeString(folder.resolve("ssh_config"), """
                Host %1$s
                  HostName %2$s
                  Port %3$d
                  User root
                  IdentityFile %4$s/user_key
                  IdentitiesOnly yes
                  IdentityAgent none
                  HostKeyAlias %1$s
                  UserKnownHostsFile %4$s/known_hosts
                  GlobalKnownHostsFile none
                  BatchMode yes
                """.formatted(HOST, address.getHostAddress(), PORT, folder));
        return new SshAccess(folder, server);
    }

    private static void makeKey(Path file) throws IOException {
        Command.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", file.toString());
    }

    LabProcess startServer() throws IOException, InterruptedException {
        LabProcess started = start(
                server, "sshd", "-D", "-e", "-f", folder.resolve("sshd_config").toString());
        started.awaitLine("Server listening on", START_LIMIT);
        return started;
    }

    /** Of the client, to be given with {@code -F}: instead of both the machine's and the user's. */
    String clientConfiguration() {
        return folder.resolve("ssh_config").toString();
    }

    /** Starts a client of the server, or what calls one. */
    LabProcess start(LabNamespace host, String... command) throws IOException {
        String[] secluded = new String[command.length + 6];
        System.arraycopy(
                new String[] {"unshare", "--mount", "sh", "-c", SECLUDED, folder.toString()}, 0, secluded, 0, 6);
        System.arraycopy(command, 0, secluded, 6, command.length);
        return host.start(secluded);
    }
}
