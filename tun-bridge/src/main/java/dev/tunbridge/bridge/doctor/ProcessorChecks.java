package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What processors do with their time, and how fast they may run. */
final class ProcessorChecks {
    static final List<Check> ALL =
            List.of(ProcessorChecks::softInterrupts, ProcessorChecks::governor, ProcessorChecks::clockSource);

    /** Thirty ticks of the kernel's accounts. */
    private static final Duration SAMPLE = Duration.ofMillis(300);

    private static final int BUSY_PERCENT = 80;
    private static final int IDLE_PERCENT = 40;

    private static final String FREQUENCY = "/sys/devices/system/cpu/cpufreq";

    /** Drivers whose {@code powersave} follows the load by itself (Documentation/admin-guide/pm/intel_pstate.rst, amd-pstate.rst). */
    private static final Set<String> AUTONOMOUS = Set.of("intel_pstate", "amd-pstate-epp");

    private static final String CLOCK_SOURCES = "/sys/devices/system/clocksource/clocksource0/";

    /** Those that are read by a slow access to a device, and never without a system call. */
    private static final Set<String> SLOW_SOURCES = Set.of("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit");

    private ProcessorChecks() {}

    /**
     * Ticks of one processor.
     *
     * @param soft in soft interrupts, which is where packets are received
     */
    private record Ticks(long soft, long all) {
        int softPercent(Ticks before) {
            long passed = all - before.all;
            return passed <= 0 ? 0 : (int) ((soft - before.soft) * 100 / passed);
        }
    }

    private static void softInterrupts(Survey survey, Findings findings) throws IOException {
        Map<Integer, Ticks> before = ticks(survey.host());
        try {
            survey.host().pause().await(SAMPLE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        Map<Integer, Ticks> after = ticks(survey.host());
        int busiest = -1;
        int most = 0;
        int least = 100;
        for (Map.Entry<Integer, Ticks> processor : after.entrySet()) {
            Ticks earlier = before.get(processor.getKey());
            if (earlier != null) {
                int percent = processor.getValue().softPercent(earlier);
                least = Math.min(least, percent);
                if (percent > most) {
                    most = percent;
                    busiest = processor.getKey();
                }
            }
        }
        if (most >= BUSY_PERCENT && least <= IDLE_PERCENT) {
            String read = "/proc/stat: within " + SAMPLE.toMillis() + " ms processor " + busiest + " spent " + most
                    + " % in soft interrupts, another " + least + " %";
            findings.add(spread(survey, read, after.size()));
        }
    }

    /** Receive packet steering costs an interrupt to another processor a packet, so it is for a queue that nothing else spreads. */
    private static Finding spread(Survey survey, String read, int processors) throws IOException {
        List<Fix> fixes = new ArrayList<>();
        String mask = mask(processors);
        String device = Finding.HOST;
        for (Fields link : survey.uplinks()) {
            List<String> queues = Sysfs.isOfThisNamespace(survey.host(), link)
                    ? ReceiveChecks.queues(survey.host(), link)
                    : List.of();
            Optional<String> file = queues.size() == 1 ? Optional.of(queues.get(0) + "/rps_cpus") : Optional.empty();
            Optional<String> now =
                    file.isPresent() ? survey.host().read(file.get()).map(String::strip) : Optional.empty();
            if (file.isPresent() && now.isPresent() && now.get().matches("[0,]+") && processors <= Long.SIZE) {
                device = link.text("ifname");
                fixes.add(new Fix.FileValue(file.get(), now.get(), mask));
            }
        }
        return fixes.isEmpty()
                ? Finding.of(
                        FindingCode.SOFT_INTERRUPTS_ON_ONE_PROCESSOR,
                        device,
                        read,
                        "spread receiving: more queues (ethtool -L INTERFACE combined N), or irqbalance")
                : Finding.of(
                        FindingCode.SOFT_INTERRUPTS_ON_ONE_PROCESSOR,
                        device,
                        read + "; " + fixes.get(0).target() + " is 0",
                        "echo " + mask + " > " + fixes.get(0).target(),
                        fixes);
    }

    /** As bitmap_print_to_pagebuf writes it: words of 32 bits. */
    private static String mask(int processors) {
        long bits = processors >= Long.SIZE ? -1L : (1L << processors) - 1;
        int digits = (Math.min(processors, Integer.SIZE) + 3) / 4;
        if (processors <= Integer.SIZE) {
            return String.format("%0" + digits + "x", bits);
        }
        return String.format("%x,%08x", bits >>> Integer.SIZE, bits & 0xffff_ffffL);
    }

    /** {@code cpuN user nice system idle iowait irq softirq steal ...} (proc_stat(5)). */
    private static Map<Integer, Ticks> ticks(Host host) throws IOException {
        Map<Integer, Ticks> ticks = new TreeMap<>();
        for (String line : host.lines("/proc/stat")) {
            if (line.matches("cpu\\d+ .*")) {
                String[] words = line.split(" +", -1);
                long all = 0;
                for (int i = 1; i < Math.min(words.length, 9); i++) {
                    all += Long.parseLong(words[i]);
                }
                ticks.put(Integer.parseInt(words[0].substring(3)), new Ticks(Long.parseLong(words[7]), all));
            }
        }
        return ticks;
    }

    private static void governor(Survey survey, Findings findings) throws IOException {
        Host host = survey.host();
        List<Fix> fixes = new ArrayList<>();
        for (String policy : host.names(FREQUENCY)) {
            String folder = FREQUENCY + "/" + policy;
            String now = host.read(folder + "/scaling_governor").orElse("").strip();
            boolean isAutonomous = AUTONOMOUS.contains(
                    host.read(folder + "/scaling_driver").orElse("").strip());
            if (now.equals("conservative") || (now.equals("powersave") && !isAutonomous)) {
                List<String> available = List.of(host.read(folder + "/scaling_available_governors")
                        .orElse("performance")
                        .strip()
                        .split("\\s+", -1));
                String wanted = available.contains("schedutil") ? "schedutil" : "performance";
                fixes.add(new Fix.FileValue(folder + "/scaling_governor", now, wanted));
            }
        }
        if (!fixes.isEmpty()) {
            Fix first = fixes.get(0);
            findings.add(Finding.of(
                    FindingCode.GOVERNOR_SAVES_POWER,
                    Finding.HOST,
                    first.target() + " is " + first.was()
                            + (fixes.size() > 1 ? ", and " + (fixes.size() - 1) + " more" : ""),
                    "echo " + first.wanted() + " | tee " + FREQUENCY + "/policy*/scaling_governor",
                    fixes));
        }
    }

    private static void clockSource(Survey survey, Findings findings) throws IOException {
        Optional<String> current =
                survey.host().read(CLOCK_SOURCES + "current_clocksource").map(String::strip);
        if (current.filter(SLOW_SOURCES::contains).isPresent()) {
            findings.add(Finding.of(
                    FindingCode.CLOCK_SOURCE_SLOW,
                    Finding.HOST,
                    CLOCK_SOURCES + "current_clocksource is " + current.get() + ", available are "
                            + survey.host()
                                    .read(CLOCK_SOURCES + "available_clocksource")
                                    .orElse("")
                                    .strip(),
                    "dmesg | grep -i clocksource says why; where the TSC can be trusted, boot with tsc=reliable"));
        }
    }
}
