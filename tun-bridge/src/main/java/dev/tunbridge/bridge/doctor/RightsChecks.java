package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Capabilities of this process and of which kind they are, and the TUN device's node. */
final class RightsChecks {
    static final List<Check> ALL =
            List.of(RightsChecks::netAdmin, RightsChecks::netRaw, RightsChecks::userNamespace, RightsChecks::node);

    private static final String STATUS = "/proc/self/status";
    private static final String NODE = "/dev/net/tun";

    /** include/uapi/linux/capability.h. */
    private static final int CAP_NET_ADMIN = 12;

    private static final int CAP_NET_RAW = 13;

    /** The misc device TUN_MINOR of Documentation/admin-guide/devices.txt: 10, 200, as {@code st_rdev} has it. */
    private static final int TUN_RDEV = 10 << 8 | 200;

    private RightsChecks() {}

    private static void netAdmin(Survey survey, Findings findings) throws IOException {
        if (survey.usesDevice()) {
            capability(survey, findings, FindingCode.NET_ADMIN_MISSING, CAP_NET_ADMIN, "NET_ADMIN");
        }
    }

    private static void netRaw(Survey survey, Findings findings) throws IOException {
        if (survey.usesCapture()) {
            capability(survey, findings, FindingCode.NET_RAW_MISSING, CAP_NET_RAW, "NET_RAW");
        }
    }

    private static void capability(Survey survey, Findings findings, FindingCode code, int number, String name)
            throws IOException {
        Map<String, String> status = Kernels.table(survey.host(), STATUS);
        if (has(status, "CapEff", number)) {
            return;
        }
        String read = "CAP_" + name + " is not effective in " + STATUS + ": ";
        if (!has(status, "CapBnd", number)) {
            findings.add(Finding.of(
                    code,
                    Finding.HOST,
                    read + "it is not in the bounding set (CapBnd), so root has not got it either",
                    "give it from outside: docker run --cap-add " + name + " ..., or CapabilityBoundingSet=CAP_" + name
                            + " in the unit"));
        } else if (has(status, "CapPrm", number)) {
            findings.add(Finding.of(
                    code,
                    Finding.HOST,
                    read + "it is permitted (CapPrm), but not raised, and this program does not raise it",
                    "AmbientCapabilities=CAP_" + name + " in the unit, or setpriv --inh-caps +"
                            + name.toLowerCase(Locale.ROOT) + " --ambient-caps +" + name.toLowerCase(Locale.ROOT)
                            + " tunbridge run ..."));
        } else {
            boolean keepsNone = "1".equals(status.get("NoNewPrivs"));
            findings.add(Finding.of(
                    code,
                    Finding.HOST,
                    read + "it is in the bounding set only"
                            + (keepsNone ? ", and NoNewPrivs is 1: sudo and file capabilities give none" : ""),
                    "AmbientCapabilities=CAP_" + name + " in the unit, or sudo tunbridge run ..."));
        }
    }

    private static boolean has(Map<String, String> status, String set, int number) throws IOException {
        String mask = status.get(set);
        if (mask == null) {
            throw new IOException(STATUS + " has no " + set);
        }
        return (Long.parseUnsignedLong(mask, 16) >>> number & 1) != 0;
    }

    /** Capabilities count for network namespaces that belong to this user namespace or one below it (ns_capable). */
    private static void userNamespace(Survey survey, Findings findings) throws IOException {
        Optional<String> map = survey.host()
                .read("/proc/self/uid_map")
                .map(text -> text.strip().replaceAll("\\s+", " "));
        if (map.isPresent() && !map.get().equals("0 0 4294967295") && !map.get().isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.USER_NAMESPACE,
                    Finding.HOST,
                    "/proc/self/uid_map is '" + map.get() + "'",
                    "run it outside, or make the network namespace in here: unshare -Urn"));
        }
    }

    private static void node(Survey survey, Findings findings) throws IOException {
        if (!survey.usesDevice()) {
            return;
        }
        Path node = survey.host().path(NODE);
        if (!Files.exists(node)) {
            findings.add(Finding.of(
                    FindingCode.TUN_NODE_MISSING,
                    Finding.HOST,
                    NODE + " is not there",
                    "mkdir -p /dev/net && mknod -m 666 /dev/net/tun c 10 200 (in a container: --device /dev/net/tun)"));
        } else if (!isTun(node)) {
            findings.add(Finding.of(
                    FindingCode.TUN_NODE_WRONG,
                    Finding.HOST,
                    NODE + " is not the character device 10, 200",
                    "rm /dev/net/tun && mknod -m 666 /dev/net/tun c 10 200"));
        } else if (!Files.isReadable(node) || !Files.isWritable(node)) {
            findings.add(Finding.of(
                    FindingCode.TUN_NODE_CLOSED,
                    Finding.HOST,
                    NODE + " is closed to this user",
                    "chmod 666 /dev/net/tun (making devices still needs CAP_NET_ADMIN)"));
        }
    }

    private static boolean isTun(Path node) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(node, "unix:rdev,isOther");
        return Boolean.TRUE.equals(attributes.get("isOther"))
                && attributes.get("rdev") instanceof Number rdev
                && rdev.longValue() == TUN_RDEV;
    }
}
