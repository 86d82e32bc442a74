package dev.tunbridge.bridge.doctor;

import dev.tunbridge.bridge.answers.AnswerMode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;

/** What this kernel has and has not: versions, parts that are modules, ECN that the host itself asks for. */
final class KernelChecks {
    static final List<Check> ALL = List.of(KernelChecks::version, KernelChecks::modules, KernelChecks::ecn);

    private KernelChecks() {}

    /**
     * TUN_F_USO4 and TUN_F_USO6 came with 6.2 (include/uapi/linux/if_tun.h), as did tcpi_rcv_wnd; TCP_RTO_MAX_MS with 6.15
     * (include/uapi/linux/tcp.h); NFT_TABLE_F_OWNER with 5.12 (include/uapi/linux/netfilter/nf_tables.h).
     */
    private static void version(Survey survey, Findings findings) throws IOException {
        KernelVersion kernel = KernelVersion.of(survey.host());
        String read = KernelVersion.FILE + " is of " + kernel;
        List<TunnelFacts> tunnels = survey.tunnels();
        if (kernel.isBefore(6, 2)
                && (tunnels.isEmpty()
                        || tunnels.stream().anyMatch(tunnel -> tunnel.usesDevice() && tunnel.usesOffload()))) {
            findings.add(Finding.of(FindingCode.KERNEL_NO_UDP_OFFLOAD, Finding.HOST, read, "a kernel of 6.2 or later"));
        }
        if (kernel.isBefore(6, 2) && survey.usesCapture()) {
            findings.add(
                    Finding.of(FindingCode.KERNEL_NO_RECEIVE_WINDOW, Finding.HOST, read, "a kernel of 6.2 or later"));
        }
        if (kernel.isBefore(6, 15) && (tunnels.isEmpty() || tunnels.stream().anyMatch(TunnelFacts::limitsTimeout))) {
            findings.add(Finding.of(FindingCode.KERNEL_NO_RTO_MAX, Finding.HOST, read, "a kernel of 6.15 or later"));
        }
        for (TunnelFacts tunnel : tunnels) {
            if (kernel.isBefore(5, 12) && tunnel.answers() == AnswerMode.MARK) {
                findings.add(Finding.of(
                        FindingCode.KERNEL_NO_TABLE_OWNER,
                        tunnel.device(),
                        read,
                        "a kernel of 5.12 or later, or mapping: pool"));
            }
        }
    }

    private static void modules(Survey survey, Findings findings) throws IOException {
        List<TunnelFacts> tunnels = survey.tunnels();
        if (survey.usesDevice()) {
            module(survey.host(), findings, "tun", "CONFIG_TUN", FindingCode.TUN_MODULE_MISSING);
            if (tunnels.isEmpty() || tunnels.stream().anyMatch(TunnelFacts::usesShaper)) {
                module(survey.host(), findings, "sch_tbf", "CONFIG_NET_SCH_TBF", FindingCode.MODULE_MISSING);
            }
        }
        if (survey.usesCapture()) {
            module(survey.host(), findings, "af_packet", "CONFIG_PACKET", FindingCode.MODULE_MISSING);
        }
        if (tunnels.stream().anyMatch(tunnel -> tunnel.answers() == AnswerMode.MARK)) {
            module(survey.host(), findings, "nf_tables", "CONFIG_NF_TABLES", FindingCode.MODULE_MISSING);
        }
    }

    private static void module(Host host, Findings findings, String name, String option, FindingCode missing)
            throws IOException {
        if (isLoaded(host, name)) {
            return;
        }
        String folder = "/lib/modules/" + host.value(KernelVersion.FILE);
        Optional<String> builtIn = host.read(folder + "/modules.builtin");
        Optional<String> loadable = host.read(folder + "/modules.dep");
        if (isListed(builtIn, name)) {
            return;
        }
        if (isListed(loadable, name)) {
            if (host.number("/proc/sys/kernel/modules_disabled").orElse(0) != 0) {
                findings.add(Finding.of(
                        missing,
                        name,
                        name + " is not loaded, and /proc/sys/kernel/modules_disabled is 1",
                        "load it before modules are locked: echo " + name
                                + " > /etc/modules-load.d/tunbridge.conf, and reboot"));
            }
            return; // the kernel asks for it when it is wanted
        }
        Optional<String> configuration = configuration(host);
        if (configuration.isEmpty() && loadable.isEmpty()) {
            findings.unknown(
                    "whether the kernel has " + name + ": neither " + folder + " nor /proc/config.gz is there");
        } else if (configuration.isEmpty() || !configuration.get().contains("\n" + option + "=y")) {
            findings.add(Finding.of(
                    missing,
                    name,
                    name + " is neither loaded nor in " + folder
                            + configuration
                                    .map(text -> ", and " + option + " not built in (/proc/config.gz)")
                                    .orElse(""),
                    "install the modules of this very kernel (apt install linux-modules-extra-$(uname -r)), or a kernel with "
                            + option));
        }
    }

    /** Whether it can be loaded, or is built in. */
    static boolean isInstalled(Host host, String name) throws IOException {
        String folder = "/lib/modules/" + host.value(KernelVersion.FILE);
        return isListed(host.read(folder + "/modules.builtin"), name)
                || isListed(host.read(folder + "/modules.dep"), name);
    }

    private static boolean isLoaded(Host host, String name) throws IOException {
        return Files.exists(host.path("/sys/module/" + name))
                || (name.equals("tun")
                        && host.read("/proc/misc")
                                .orElse("")
                                .lines()
                                .anyMatch(line -> line.strip().endsWith(" tun")))
                || (name.equals("af_packet") && Files.exists(host.path("/proc/thread-self/net/packet")));
    }

    private static boolean isListed(Optional<String> list, String name) {
        return list.isPresent()
                && list.get()
                        .lines()
                        .anyMatch(line -> line.replace('-', '_').matches(".*/" + name + "\\.ko(\\.\\w+)?(:.*)?"));
    }

    /** Of a kernel with CONFIG_IKCONFIG_PROC. */
    private static Optional<String> configuration(Host host) throws IOException {
        try {
            byte[] packed = Files.readAllBytes(host.path("/proc/config.gz"));
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                return Optional.of("\n" + new String(in.readNBytes(Host.MOST_BYTES), StandardCharsets.US_ASCII));
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new IOException("/proc/config.gz cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Of enum tcp_ecn_mode in include/net/tcp_ecn.h those that ask on connections of our own: 1 and 4 for ECN (RFC 3168), 3 for
     * AccECN (RFC 9768), where the kernel takes it.
     */
    private static void ecn(Survey survey, Findings findings) throws IOException {
        OptionalLong mode = survey.host().number("/proc/sys/net/ipv4/tcp_ecn");
        if (mode.isPresent() && (mode.getAsLong() == 1 || mode.getAsLong() == 3 || mode.getAsLong() == 4)) {
            findings.add(Finding.of(
                    FindingCode.TCP_ECN_BY_HOST,
                    Finding.HOST,
                    "/proc/sys/net/ipv4/tcp_ecn is " + mode.getAsLong() + ": every connection asks for "
                            + (mode.getAsLong() == 3 ? "AccECN" : "ECN"),
                    "where a path eats marked segments: sysctl -w net.ipv4.tcp_ecn="
                            + (mode.getAsLong() == 1 ? 2 : 5)));
        }
    }
}
