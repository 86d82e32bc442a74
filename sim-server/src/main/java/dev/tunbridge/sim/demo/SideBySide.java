package dev.tunbridge.sim.demo;

import static dev.tunbridge.bridge.json.JsonText.array;
import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.number;
import static dev.tunbridge.bridge.json.JsonText.object;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.sim.server.SimulatedServer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The same traffic over plain TCP over TCP, with all that the bridge does, and by virtual sockets.
 *
 * @param profile of the link of all
 * @param seed of its chances in all
 * @param server that all plays meet
 * @param sockets empty where the server's protocol has none
 */
record SideBySide(String profile, long seed, Counterpart server, Played off, Played on, Optional<Played> sockets) {
    private static final String NOTHING = "-";

    boolean isIntact() {
        return plays().allMatch(Played::isIntact);
    }

    private Stream<Played> plays() {
        return Stream.concat(Stream.of(off, on), sockets.stream());
    }

    /** For people: a line for each reading. */
    String table() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(
                "link %s, seed %d, server %s; congestion control of the outer connection: %s to the client, %s to the device%n",
                profile, seed, server.key(), on.congestionControl(), SimulatedServer.CONGESTION_CONTROL));
        line(out, "", "", plays().map(played -> played.mode().label()).toList(), "");
        for (Measure with : on.measures()) {
            String name = with.name();
            List<String> amounts = plays().map(played ->
                            of(played, with.name()).map(Measure::amount).orElse(NOTHING))
                    .toList();
            if (amounts.stream().distinct().count() > 1 || with.readings().isEmpty()) {
                line(out, name, "", amounts, "");
                name = "";
            }
            for (Reading reading : with.readings()) {
                row(out, name, with, reading);
                name = "";
            }
        }
        for (Played played : plays().toList()) {
            out.append(String.format(
                    "%s (raw lane %s): %s%n",
                    played.mode().label(),
                    played.laneText(),
                    played.isIntact()
                            ? "everything arrived intact."
                            : "NOT everything arrived intact: " + broken(played)));
        }
        out.append("Gains are of full over plain. Where there is no link, plain is without segmentation offload too.")
                .append(System.lineSeparator());
        out.append(
                        "One play of each: single rates and latencies differ by a third from play to play; simserver bench repeats.")
                .append(System.lineSeparator());
        return out.toString();
    }

    private void row(StringBuilder out, String name, Measure with, Reading reading) {
        List<String> columns = plays().map(played -> of(played, with.name())
                        .flatMap(measure -> of(measure, reading.kind()))
                        .map(Reading::text)
                        .orElse(NOTHING))
                .toList();
        String gain = of(off, with.name())
                .filter(any -> with.way() == Measure.Way.PAST_HOLES)
                .flatMap(without -> of(without, reading.kind()))
                .map(other -> gain(reading.gainPercent(other)))
                .orElse("");
        line(out, name, reading.kind().label(), columns, gain);
    }

    private static void line(StringBuilder out, String name, String kind, List<String> columns, String gain) {
        StringBuilder line = new StringBuilder(String.format("%-32s %-26s", name, kind));
        columns.forEach(column -> line.append(String.format(" %16s", column)));
        out.append((line + "  " + gain).stripTrailing()).append(System.lineSeparator());
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
                field("plays", array(plays().map(SideBySide::json))),
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
                        .flatMap(reading ->
                                of(off, with.name()).flatMap(without -> of(without, reading.kind())).stream()
                                        .map(other -> object(
                                                field("name", text(with.name())),
                                                field(
                                                        "reading",
                                                        text(reading.kind().key())),
                                                field("better_by_percent", number(reading.gainPercent(other)))))));
    }

    private static Optional<Measure> of(Played played, String name) {
        return played.measures().stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst();
    }

    private static Optional<Reading> of(Measure measure, Reading.Kind kind) {
        return measure.readings().stream()
                .filter(reading -> reading.kind() == kind)
                .findFirst();
    }
}
