package dev.tunbridge.sim.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What processes have used so far, from {@code /proc}.
 *
 * @param cpuSeconds user and system time
 * @param peakBytes resident memory at its most, summed
 */
public record ProcessCost(double cpuSeconds, long peakBytes) {
    static final ProcessCost NONE = new ProcessCost(0, 0);

    /** USER_HZ, the unit of times in {@code /proc/PID/stat}: 100 on every architecture that we run on. */
    private static final double TICKS_PER_SECOND = 100;

    /** Fields 14 and 15 of stat, counted behind the name in parentheses, which may hold spaces. */
    private static final int USER_FIELD = 11;

    private static final int SYSTEM_FIELD = 12;

    /** Of these processes and all that descend from them; one that has ended counts nothing. */
    static ProcessCost of(LongStream pids) {
        return pids.mapToObj(ProcessHandle::of)
                .flatMap(handle -> handle.stream())
                .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
                .map(handle -> ofOne(handle.pid()))
                .reduce(NONE, ProcessCost::plus);
    }

    /** The time that has passed since the earlier reading; memory stays the later one's. */
    public ProcessCost since(ProcessCost earlier) {
        return new ProcessCost(cpuSeconds - earlier.cpuSeconds, peakBytes);
    }

    ProcessCost plus(ProcessCost other) {
        return new ProcessCost(cpuSeconds + other.cpuSeconds, peakBytes + other.peakBytes);
    }

    private static ProcessCost ofOne(long pid) {
        try {
            Path folder = Path.of("/proc", Long.toString(pid));
            String stat = Files.readString(folder.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long ticks = Long.parseLong(fields[USER_FIELD]) + Long.parseLong(fields[SYSTEM_FIELD]);
            try (Stream<String> lines = Files.lines(folder.resolve("status"))) {
                long peakKilobytes = lines.filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .sum();
                return new ProcessCost(ticks / TICKS_PER_SECOND, peakKilobytes << 10);
            }
        } catch (IOException e) {
            return NONE;
        }
    }
}
