package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** How received packets get from interrupts to sockets (Documentation/networking/scaling.rst). */
final class ReceiveChecks {
    static final List<Check> ALL =
            List.of(ReceiveChecks::backlog, ReceiveChecks::interrupts, ReceiveChecks::flowSteering);

    private static final String SOFTNET = "/proc/net/softnet_stat";

    /** One in 10,000 packets dropped, one in 1,000 turns cut short: below it is a moment of the past. */
    private static final long DROP_SHARE = 10_000;

    private static final long SQUEEZE_SHARE = 1_000;

    /** Fewer interrupts say nothing about where they go. */
    private static final long LEAST_INTERRUPTS = 10_000;

    /** Of the kernel's 1000 and 300 enough for a burst of a full ring; more only makes waits longer. */
    private static final long BACKLOG = 5_000;

    private static final long BUDGET = 600;

    private ReceiveChecks() {}

    /** One line a processor in hexadecimal: processed, dropped, time_squeeze ... (softnet_seq_show in net/core/net-procfs.c). */
    private static void backlog(Survey survey, Findings findings) throws IOException {
        long processed = 0;
        long dropped = 0;
        long squeezed = 0;
        for (String line : survey.host().lines(SOFTNET)) {
            String[] columns = line.strip().split("\\s+", -1);
            if (columns.length > 2) {
                processed += Long.parseLong(columns[0], 16);
                dropped += Long.parseLong(columns[1], 16);
                squeezed += Long.parseLong(columns[2], 16);
            }
        }
        if (dropped * DROP_SHARE > processed) {
            findings.add(raised(
                    survey.host(),
                    FindingCode.SOFTNET_DROPS,
                    SOFTNET + " has " + dropped + " dropped of " + processed,
                    "netdev_max_backlog",
                    BACKLOG));
        }
        if (squeezed * SQUEEZE_SHARE > processed) {
            findings.add(raised(
                    survey.host(),
                    FindingCode.SOFTNET_SQUEEZED,
                    SOFTNET + " has " + squeezed + " turns ended with packets left, of " + processed + " packets",
                    "netdev_budget",
                    BUDGET));
        }
    }

    /** A network namespace of its own has not got the file. What was counted stays counted after it is mended, up to the next boot. */
    private static Finding raised(Host host, FindingCode code, String read, String name, long wanted)
            throws IOException {
        String file = "/proc/sys/net/core/" + name;
        OptionalLong now = host.number(file);
        String command = "sysctl -w net.core." + name + "=" + wanted;
        if (now.isEmpty()) {
            return Finding.of(code, Finding.HOST, read, "in the first network namespace: " + command);
        }
        String both = read + " since boot; " + file + " is " + now.getAsLong();
        return now.getAsLong() < wanted
                ? Finding.of(
                        code,
                        Finding.HOST,
                        both,
                        command,
                        List.of(new Fix.FileValue(file, String.valueOf(now.getAsLong()), String.valueOf(wanted))))
                : Finding.of(code, Finding.HOST, both, "where it still grows: spread receiving over more processors");
    }

    /** Whether all queues of an interface interrupt the same processor. */
    private static void interrupts(Survey survey, Findings findings) throws IOException {
        List<String> lines = survey.host().lines("/proc/interrupts");
        if (lines.isEmpty()) {
            return;
        }
        int processors = lines.get(0).strip().split("\\s+", -1).length;
        for (Fields link : survey.uplinks()) {
            if (!Sysfs.isOfThisNamespace(survey.host(), link)) {
                continue;
            }
            String device = link.text("ifname");
            Set<String> numbers = numbersOf(survey.host(), device);
            long[] sums = new long[processors];
            int queues = 0;
            for (String line : lines.subList(1, lines.size())) {
                String[] words = line.strip().split("\\s+", -1);
                boolean isOfDevice = numbers.contains(words[0].replace(":", ""))
                        || Arrays.stream(words).anyMatch(word -> word.equals(device) || word.startsWith(device + "-"));
                if (isOfDevice && words.length > processors) {
                    long[] counts = counts(words, processors);
                    queues += Arrays.stream(counts).sum() > LEAST_INTERRUPTS ? 1 : 0;
                    Arrays.setAll(sums, processor -> sums[processor] + counts[processor]);
                }
            }
            long all = Arrays.stream(sums).sum();
            long busiest = Arrays.stream(sums).max().orElse(0);
            if (processors > 1 && queues > 1 && busiest * 100 > all * 95) {
                findings.add(
                        Finding.of(
                                FindingCode.INTERRUPTS_ON_ONE_PROCESSOR,
                                device,
                                "/proc/interrupts: one processor has " + busiest + " of " + all + " interrupts of "
                                        + queues + " queues of " + device,
                                "systemctl enable --now irqbalance (or write a processor each to /proc/irq/NUMBER/smp_affinity_list)"));
            }
        }
    }

    /** By msi_irqs of the PCI device, which of a virtual one is its parent. */
    private static Set<String> numbersOf(Host host, String device) throws IOException {
        Path link = host.path("/sys/class/net/" + device + "/device");
        Set<String> numbers = new TreeSet<>();
        if (Files.exists(link)) {
            Path real = link.toRealPath();
            for (Path folder :
                    List.of(real, Optional.ofNullable(real.getParent()).orElse(real))) {
                String[] names = folder.resolve("msi_irqs").toFile().list();
                numbers.addAll(names == null ? List.of() : List.of(names));
                if (!numbers.isEmpty()) {
                    break;
                }
            }
        }
        return numbers;
    }

    private static long[] counts(String[] words, int processors) {
        long[] counts = new long[processors];
        for (int i = 0; i < processors; i++) {
            counts[i] = words[i + 1].matches("\\d{1,18}") ? Long.parseLong(words[i + 1]) : 0;
        }
        return counts;
    }

    /** Either of the two settings of receive flow steering does nothing without the other. */
    private static void flowSteering(Survey survey, Findings findings) throws IOException {
        OptionalLong table = survey.host().number("/proc/sys/net/core/rps_sock_flow_entries");
        if (table.isEmpty()) {
            return; // of the first network namespace only
        }
        for (Fields link : survey.uplinks()) {
            List<String> queues =
                    Sysfs.isOfThisNamespace(survey.host(), link) ? queues(survey.host(), link) : List.of();
            long flows = 0;
            for (String queue : queues) {
                flows += survey.host().number(queue + "/rps_flow_cnt").orElse(0);
            }
            if (!queues.isEmpty() && (table.getAsLong() > 0) != (flows > 0)) {
                String file = queues.get(0) + "/rps_flow_cnt";
                findings.add(Finding.of(
                        FindingCode.FLOW_STEERING_HALF_SET,
                        link.text("ifname"),
                        "/proc/sys/net/core/rps_sock_flow_entries is " + table.getAsLong()
                                + ", rps_flow_cnt of all queues " + flows,
                        flows == 0
                                ? "echo " + table.getAsLong() / queues.size() + " > " + file + " (and its neighbours)"
                                : "sysctl -w net.core.rps_sock_flow_entries=32768"));
            }
        }
    }

    /** The receive queues' folders. */
    static List<String> queues(Host host, Fields link) throws IOException {
        String folder = "/sys/class/net/" + link.text("ifname") + "/queues";
        List<String> queues = new ArrayList<>();
        for (String name : host.names(folder)) {
            if (name.startsWith("rx-")) {
                queues.add(folder + "/" + name);
            }
        }
        return queues;
    }
}
