package dev.tunbridge.sim.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
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

    /** Fields 14 to 17 of stat, counted behind the name in parentheses, which may hold spaces. */
    private static final int USER_FIELD = 11;

    private static final int SYSTEM_FIELD = 12;

    /** Of children that have ended and were waited for, whatever they had below them. */
    private static final int CHILDREN_USER_FIELD = 13;

    private static final int CHILDREN_SYSTEM_FIELD = 14;

    /** Of these processes and all that descend from them; one that has ended counts its time as soon as its parent has waited for it. */
    static ProcessCost of(LongStream pids) {
        return withDescendants(pids).mapToObj(ProcessCost::ofOne).reduce(NONE, ProcessCost::plus);
    }

    /** Resident memory now, of the same; what several share counts in parts. */
    static long residentBytes(LongStream pids) {
        return withDescendants(pids)
                .map(pid -> {
                    try {
                        return bytes(pid, "smaps_rollup", "Pss:");
                    } catch (IOException e) {
                        return 0; // it has ended
                    }
                })
                .sum();
    }

    private static LongStream withDescendants(LongStream pids) {
        return pids.mapToObj(ProcessHandle::of)
                .flatMap(handle -> handle.stream())
                .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
                .mapToLong(ProcessHandle::pid);
    }

    private static long bytes(long pid, String file, String key) throws IOException {
        // Not line by line: a process that ends meanwhile is an unchecked fault of a stream.
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), file)).stream()
                        .filter(line -> line.startsWith(key))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .sum()
                << 10;
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
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long ticks = IntStream.of(USER_FIELD, SYSTEM_FIELD, CHILDREN_USER_FIELD, CHILDREN_SYSTEM_FIELD)
                    .mapToLong(field -> Long.parseLong(fields[field]))
                    .sum();
            return new ProcessCost(ticks / TICKS_PER_SECOND, bytes(pid, "status", "VmHWM:"));
        } catch (IOException e) {
            return NONE;
        }
    }
}
