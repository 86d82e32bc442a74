package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Forms in which the kernel writes numbers down. */
final class Kernels {
    private Kernels() {}

    /** {@code NAME: VALUE} on each line. */
    static Map<String, String> table(Host host, String file) throws IOException {
        Map<String, String> table = new HashMap<>();
        for (String line : host.lines(file)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                table.put(
                        line.substring(0, colon).strip(),
                        line.substring(colon + 1).strip());
            }
        }
        return table;
    }

    /** {@code Group: Name ...} with {@code Group: number ...} below it (/proc/net/snmp, netstat), as {@code Group.Name}. */
    static Map<String, Long> counters(Host host, String file) throws IOException {
        Map<String, Long> counters = new HashMap<>();
        List<String> lines = host.lines(file);
        for (int i = 0; i + 1 < lines.size(); i += 2) {
            String[] names = lines.get(i).split("\\s+", -1);
            String[] values = lines.get(i + 1).split("\\s+", -1);
            for (int field = 1; field < Math.min(names.length, values.length); field++) {
                counters.put(names[0].replace(':', '.') + names[field], Long.parseLong(values[field]));
            }
        }
        return counters;
    }

    /** {@code Name number} on each line (/proc/net/snmp6). */
    static Map<String, Long> pairs(Host host, String file) throws IOException {
        Map<String, Long> counters = new HashMap<>();
        for (String line : host.lines(file)) {
            String[] words = line.strip().split("\\s+", -1);
            if (words.length == 2) {
                counters.put(words[0], Long.parseLong(words[1]));
            }
        }
        return counters;
    }

    /** The numbers of a value of several. */
    static long[] numbers(Host host, String file) throws IOException {
        String value = host.value(file);
        String[] words = value.split(" ", -1);
        long[] numbers = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            try {
                numbers[i] = Long.parseLong(words[i]);
            } catch (NumberFormatException e) {
                throw new IOException(file + " is '" + value + "', not numbers", e);
            }
        }
        return numbers;
    }
}
