package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The interfaces by which servers are reached: counters of {@code ip -s -s link}, and what {@code ethtool} says of the hardware. */
final class InterfaceChecks {
    static final List<Check> ALL = List.of(
            each(InterfaceChecks::errors),
            each(InterfaceChecks::overruns),
            each(InterfaceChecks::duplex),
            each(InterfaceChecks::coalescing));

    /** At a round trip of 80 ms one loss in 100,000 keeps loss-based TCP below 60 Mbit/s (Mathis et al., 1997). */
    private static final long SHARE = 100_000;

    /** Half a millisecond a packet, each way: more than a virtual machine or a busy link needs. */
    private static final long LONG_WAIT_MICROS = 500;

    private InterfaceChecks() {}

    /** Looks at one interface. */
    @FunctionalInterface
    private interface InterfaceCheck {
        void examine(Host host, Fields link, Findings findings) throws IOException;
    }

    private static Check each(InterfaceCheck check) {
        return (survey, findings) -> {
            for (Fields link : survey.uplinks()) {
                check.examine(survey.host(), link, findings);
            }
        };
    }

    private static void errors(Host host, Fields link, Findings findings) {
        Fields received = link.object("stats64").object("rx");
        Fields sent = link.object("stats64").object("tx");
        long faulty =
                received.number("crc_errors") + received.number("frame_errors") + received.number("length_errors");
        long unsent = sent.number("carrier_errors") + sent.number("aborted_errors") + sent.number("window_errors");
        if (faulty * SHARE > received.number("packets") || unsent * SHARE > sent.number("packets")) {
            findings.add(Finding.of(
                    FindingCode.INTERFACE_ERRORS,
                    link.text("ifname"),
                    "'ip -s -s link' says RX crc, frame and length errors " + faulty + " of "
                            + received.number("packets") + ", TX carrier, aborted and window errors " + unsent + " of "
                            + sent.number("packets"),
                    "change the cable or the port; then: ethtool -S " + link.text("ifname")));
        }
    }

    /** What the hardware had no buffer for. */
    private static void overruns(Host host, Fields link, Findings findings) throws IOException {
        Fields received = link.object("stats64").object("rx");
        long missed = Math.max(
                received.number("over_errors"), received.number("missed_errors") + received.number("fifo_errors"));
        String device = link.text("ifname");
        if (missed * SHARE <= received.number("packets")) {
            return;
        }
        String read = "'ip -s -s link' says RX missed, fifo and overrun errors " + missed + " of "
                + received.number("packets");
        Optional<Output> ring = ethtool(host, "-g", device);
        OptionalLong most = ring.map(output -> value(output.text(), "RX:", 0)).orElse(OptionalLong.empty());
        OptionalLong now = ring.map(output -> value(output.text(), "RX:", 1)).orElse(OptionalLong.empty());
        if (most.isPresent() && now.isPresent() && now.getAsLong() < most.getAsLong()) {
            findings.add(Finding.of(
                    FindingCode.RING_BUFFER_SMALL,
                    device,
                    read + "; ethtool -g says RX " + now.getAsLong() + " of at most " + most.getAsLong(),
                    "ethtool -G " + device + " rx " + most.getAsLong() + " (the link may be down for a moment)"));
        } else {
            findings.add(Finding.of(
                    FindingCode.INTERFACE_OVERRUNS,
                    device,
                    read,
                    "spread its interrupts over more processors, or move other load away (see receive findings)"));
        }
    }

    private static void duplex(Host host, Fields link, Findings findings) throws IOException {
        String device = link.text("ifname");
        if (!Sysfs.isOfThisNamespace(host, link)) {
            return;
        }
        String file = "/sys/class/net/" + device + "/duplex";
        Optional<String> duplex;
        try {
            duplex = host.read(file).map(String::strip);
        } catch (IOException e) {
            return; // EINVAL of a device that has no such thing (net-sysfs.c)
        }
        if (duplex.filter("half"::equals).isPresent()) {
            findings.add(Finding.of(
                    FindingCode.HALF_DUPLEX,
                    device,
                    file + " is half",
                    "ethtool -s " + device + " autoneg on (and the same at the switch)"));
        }
    }

    private static void coalescing(Host host, Fields link, Findings findings) throws IOException {
        String device = link.text("ifname");
        if (host.program("ethtool").isEmpty()) {
            findings.unknown("how long interrupts wait (coalescing): the program 'ethtool' is not installed");
            return;
        }
        Optional<Output> output = ethtool(host, "-c", device);
        OptionalLong wait =
                output.map(found -> value(found.text(), "rx-usecs:", 0)).orElse(OptionalLong.empty());
        boolean isAdaptive =
                output.filter(found -> found.text().contains("Adaptive RX: on")).isPresent();
        if (wait.isPresent() && !isAdaptive && wait.getAsLong() > LONG_WAIT_MICROS) {
            findings.add(Finding.of(
                    FindingCode.COALESCING_LONG,
                    device,
                    "ethtool -c says rx-usecs " + wait.getAsLong(),
                    "ethtool -C " + device + " rx-usecs 50"));
        }
    }

    /** Only of interfaces that are hardware or stand for it; nothing where the driver does not say. */
    private static Optional<Output> ethtool(Host host, String what, String device) throws IOException {
        Output output = host.run("ethtool", what, device);
        return output.exitCode() == 0 ? Optional.of(output) : Optional.empty();
    }

    /** The number behind a word at the beginning of a line, of those that have one the given. */
    private static OptionalLong value(String text, String word, int which) {
        return text.lines()
                .map(String::strip)
                .filter(line -> line.startsWith(word))
                .map(line -> line.substring(word.length()).strip())
                .filter(number -> number.matches("\\d{1,9}"))
                .mapToLong(Long::parseLong)
                .skip(which)
                .findFirst();
    }
}
