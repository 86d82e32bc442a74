package dev.tunbridge.sim.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.recovery.LaneState;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Two plays beside each other. */
class SideBySideTest {

    @Test
    void aGainIsMoreRateOrLessDelay() {
        SideBySide shown = sideBySide(
                measure("HTTP upload", "1,000 bytes", true, new Reading(Reading.Kind.RATE, 2)),
                measure("HTTP upload", "1,500 bytes", true, new Reading(Reading.Kind.RATE, 3)));
        assertThat(shown.table()).contains("1,000 bytes", "1,500 bytes", "2.00", "3.00  50 % better");
        assertThat(line("latency p99", Reading.Kind.P99, 100, 25)).endsWith("100.0             25.0  75 % better");
        assertThat(line("later than", Reading.Kind.LATE, 10, 15)).endsWith("10               15  50 % worse");
        assertThat(line("delay", Reading.Kind.DELAY, 10, 10)).endsWith("10.0             10.0");
        assertThat(line("held back", Reading.Kind.HELD_BACK, 0, 3)).endsWith("0                3");
    }

    @Test
    void whatTheBridgeCannotChangeHasNoGain() {
        Reading before = new Reading(Reading.Kind.P99, 100);
        Reading after = new Reading(Reading.Kind.P99, 300);
        SideBySide shown = sideBySide(
                new Measure("UDP to the client", Measure.Way.IN_ORDER, "1 of 1", true, List.of(before)),
                new Measure("UDP to the client", Measure.Way.IN_ORDER, "1 of 1", true, List.of(after)));
        assertThat(shown.table()).contains("300.0").doesNotContain("worse");
        assertThat(shown.json()).contains("\"gains\":[]");
    }

    @Test
    void oneThatDidNotArriveIsNamedAndSpoilsTheWhole() {
        Measure whole = measure("UDP to the device", "540 of 540", true);
        Measure broken = measure("UDP to the device", "539 of 540", false);
        assertThat(sideBySide(whole, whole).isIntact()).isTrue();
        for (SideBySide spoilt : List.of(sideBySide(broken, whole), sideBySide(whole, broken))) {
            assertThat(spoilt.isIntact()).isFalse();
            assertThat(spoilt.table())
                    .contains("everything arrived intact.\n")
                    .contains("NOT everything arrived intact: [UDP to the device (539 of 540)]");
            assertThat(spoilt.json()).contains("\"intact\":false,\"plays\"");
        }
        assertThat(sideBySide(broken, whole).table())
                .contains("plain (raw lane measuring): NOT")
                .contains("full (raw lane forbidden): everything");
    }

    @Test
    void theJsonHasBothPlaysAndTheGains() {
        assertThat(sideBySide(
                                measure("HTTP page", "97 bytes", true, new Reading(Reading.Kind.FIRST_BYTE, 100)),
                                measure("HTTP page", "97 bytes", true, new Reading(Reading.Kind.FIRST_BYTE, 60)))
                        .json())
                .isEqualTo(
                        "{\"profile\":\"wan1\",\"seed\":7,\"server\":\"simserver\",\"intact\":true,\"plays\":["
                                + "{\"mode\":\"plain\",\"lane\":\"measuring\",\"congestion_control\":\"bbr\",\"intact\":true,\"measures\":[{\"name\":\"HTTP page\",\"amount\":\"97 bytes\","
                                + "\"intact\":true,\"first_byte_ms\":100.000}]},"
                                + "{\"mode\":\"full\",\"lane\":\"forbidden\",\"congestion_control\":\"bbr\",\"intact\":true,\"measures\":[{\"name\":\"HTTP page\",\"amount\":\"97 bytes\","
                                + "\"intact\":true,\"first_byte_ms\":60.0000}]}],"
                                + "\"gains\":[{\"name\":\"HTTP page\",\"reading\":\"first_byte_ms\",\"better_by_percent\":40.0000}]}");
    }

    @Test
    void virtualSocketsHaveAColumnOfTheirOwnAndAreNoPartOfTheGain() {
        Reading slow = new Reading(Reading.Kind.RATE, 2);
        Reading fast = new Reading(Reading.Kind.RATE, 3);
        Reading faster = new Reading(Reading.Kind.RATE, 5);
        SideBySide shown = new SideBySide(
                "wan1",
                7,
                Counterpart.SIMSERVER,
                new Played(
                        Mode.PLAIN,
                        LaneState.MEASURING,
                        "bbr",
                        List.of(measure("up", "1", true, slow), measure("back", "1", true, slow))),
                new Played(
                        Mode.FULL,
                        LaneState.ACTIVE,
                        "bbr",
                        List.of(measure("up", "1", true, fast), measure("back", "1", true, fast))),
                Optional.of(
                        new Played(Mode.SOCKETS, LaneState.ACTIVE, "bbr", List.of(measure("up", "1", false, faster)))));
        assertThat(shown.table())
                .contains("plain             full          sockets")
                .contains("2.00             3.00             5.00  50 % better")
                .contains("2.00             3.00                -  50 % better")
                .contains("sockets (raw lane active): NOT");
        assertThat(shown.isIntact()).isFalse();
        assertThat(shown.json()).contains("{\"mode\":\"sockets\"");
    }

    private static String line(String label, Reading.Kind kind, double off, double on) {
        SideBySide shown = sideBySide(
                measure("x", "1", true, new Reading(kind, off)), measure("x", "1", true, new Reading(kind, on)));
        return shown.table()
                .lines()
                .filter(line -> line.contains(label))
                .findFirst()
                .orElseThrow();
    }

    private static SideBySide sideBySide(Measure off, Measure on) {
        return new SideBySide(
                "wan1",
                7,
                Counterpart.SIMSERVER,
                new Played(Mode.PLAIN, LaneState.MEASURING, "bbr", List.of(off)),
                new Played(Mode.FULL, LaneState.FORBIDDEN, "bbr", List.of(on)),
                Optional.empty());
    }

    private static Measure measure(String name, String amount, boolean isIntact, Reading... readings) {
        return new Measure(name, Measure.Way.PAST_HOLES, amount, isIntact, Arrays.asList(readings));
    }
}
