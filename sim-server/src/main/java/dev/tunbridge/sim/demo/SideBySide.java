package dev.tunbridge.sim.demo;

import static dev.tunbridge.bridge.service.JsonText.array;
import static dev.tunbridge.bridge.service.JsonText.field;
import static dev.tunbridge.bridge.service.JsonText.number;
import static dev.tunbridge.bridge.service.JsonText.object;
import static dev.tunbridge.bridge.service.JsonText.text;

import dev.tunbridge.sim.server.SimulatedServer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The same traffic over plain TCP over TCP, and with all that the bridge does.
 *
 * @param profile of the link of both
 * @param seed of its chances in both
 * @param server that both plays meet
 */
record SideBySide(String profile, long seed, Counterpart server, Played off, Played on) {
    private static final String ROW = "%-32s %-26s %16s %16s  %s";

    boolean isIntact() {
        return off.isIntact() && on.isIntact();
    }

    /** For people: a line for each reading. */
    String table() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(
                "link %s, seed %d, server %s; congestion control of the outer connection: %s to the client, %s to the device%n",
                profile, seed, server.key(), on.congestionControl(), SimulatedServer.CONGESTION_CONTROL));
        line(out, "", "", off.mode().label(), on.mode().label(), "");
        for (Measure with : on.measures()) {
            Measure without = of(off, with.name());
            String name = with.name();
            if (!without.amount().equals(with.amount()) || with.readings().isEmpty()) {
                out.append(String.format(ROW, name, "", without.amount(), with.amount(), "")
                                .stripTrailing())
                        .append(System.lineSeparator());
                name = "";
            }
            for (Reading reading : with.readings()) {
                row(out, name, with.way(), reading, of(without, reading.kind()));
                name = "";
            }
        }
        for (Played played : List.of(off, on)) {
            out.append(String.format(
                    "%s (raw lane %s): %s%n",
                    played.mode().label(),
                    played.laneText(),
                    played.isIntact()
                            ? "everything arrived intact."
                            : "NOT everything arrived intact: " + broken(played)));
        }
        out.append("Where there is no link, plain is without segmentation offload too.")
                .append(System.lineSeparator());
        out.append(
                        "One play of each: single rates and latencies differ by a third from play to play; simserver bench repeats.")
                .append(System.lineSeparator());
        return out.toString();
    }

    private static void row(StringBuilder out, String name, Measure.Way way, Reading with, Optional<Reading> without) {
        String before = without.map(Reading::text).orElse("-");
        String gain = without.filter(any -> way == Measure.Way.PAST_HOLES)
                .map(other -> gain(with.gainPercent(other)))
                .orElse("");
        line(out, name, with.kind().label(), before, with.text(), gain);
    }

    private static void line(StringBuilder out, Object... columns) {
        out.append(String.format(ROW, columns).stripTrailing()).append(System.lineSeparator());
    }

    private static String gain(double percent) {
        if (!Double.isFinite(percent) || Math.abs(percent) < 0.5) {
            return "";
        }
        return String.format(Locale.ROOT, "%.0f %% %s", Math.abs(percent), percent > 0 ? "better" : "worse");
    }

    private static String broken(Played played) {
        return played.measures().stream()
                .filter(measure -> !measure.isIntact())
                .map(measure -> measure.name() + " (" + measure.amount() + ")")
                .toList()
                .toString();
    }

    /** For machines. */
    String json() {
        return object(
                field("profile", text(profile)),
                field("seed", String.valueOf(seed)),
                field("server", text(server.key())),
                field("intact", String.valueOf(isIntact())),
                field("plays", array(Stream.of(off, on).map(SideBySide::json))),
                field("gains", array(gains())));
    }

    private static String json(Played played) {
        return object(
                field("mode", text(played.mode().label())),
                field("lane", text(played.laneText())),
                field("congestion_control", text(played.congestionControl())),
                field("intact", String.valueOf(played.isIntact())),
                field("measures", array(played.measures().stream().map(SideBySide::json))));
    }

    private static String json(Measure measure) {
        Stream<String> head = Stream.of(
                field("name", text(measure.name())),
                field("amount", text(measure.amount())),
                field("intact", String.valueOf(measure.isIntact())));
        Stream<String> readings =
                measure.readings().stream().map(reading -> field(reading.kind().key(), number(reading.value())));
        return object(Stream.concat(head, readings).toArray(String[]::new));
    }

    private Stream<String> gains() {
        return on.measures().stream()
                .filter(measure -> measure.way() == Measure.Way.PAST_HOLES)
                .flatMap(with -> with.readings().stream()
                        .flatMap(reading -> of(of(off, with.name()), reading.kind()).stream()
                                .map(other -> object(
                                        field("name", text(with.name())),
                                        field("reading", text(reading.kind().key())),
                                        field("better_by_percent", number(reading.gainPercent(other)))))));
    }

    private static Measure of(Played played, String name) {
        return played.measures().stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Optional<Reading> of(Measure measure, Reading.Kind kind) {
        return measure.readings().stream()
                .filter(reading -> reading.kind() == kind)
                .findFirst();
    }
}
