package dev.tunbridge.bridge.answers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.net.Victim;
import dev.tunbridge.linux.netfilter.TableKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerMarksTest {
    private static final int MARK = 0x5401_0000;

    private static final String RULES = """
            table inet tunbridge_DEVICE {
                chain arrivals {
                    type filter hook prerouting priority mangle; policy accept;
                    iifname "DEVICE" ct direction original ct mark set ct mark and 0x0000ffff or 0x54010000
                    iifname != "DEVICE" ct direction reply ct mark and 0xffff0000 == 0x54010000 meta mark set meta mark and 0x0000ffff or 0x54010000
                }
                chain answers {
                    type route hook output priority mangle; policy accept;
                    ct direction reply ct mark and 0xffff0000 == 0x54010000 meta mark set meta mark and 0x0000ffff or 0x54010000
                }
            }
            """;

    private TestNamespace network;

    @BeforeEach
    void makeHost() throws Exception {
        network = TestNamespace.open();
        try {
            network.run("nft", "--version");
        } catch (IOException e) {
            network.close();
            Assumptions.abort("needs the program nft (package nftables): " + e.getMessage());
        }
        network.inside("link", "add", "tb0", "type", "veth", "peer", "name", "tb1");
        network.inside("link", "set", "tb0", "addrgenmode", "none");
        network.inside("link", "set", "tb1", "addrgenmode", "none");
        network.inside("link", "set", "tb1", "up");
        network.inside("link", "set", "tb0", "up");
        network.inside("rule", "add", "fwmark", "0x100/0x3f00", "lookup", "101", "priority", "2001");
        network.run("nft", "add table inet others; add chain inet others c { type filter hook input priority 0; };");
    }

    @AfterEach
    void removeHost() throws IOException {
        network.close();
    }

    @ParameterizedTest
    @CsvSource({"198.19.0.1, 30", "2001:2:0:1::1, 64"})
    void leavesTheHostAsItWas(String address, int prefixLength) throws Exception {
        String before = everything();
        Marks marks = setUp("tb0", address, prefixLength);
        assertThat(everything()).contains("tunbridge_tb0").contains("proto 84");
        marks.close();
        assertThat(everything()).isEqualTo(before);
        marks.close();
    }

    @Test
    void replacesWhatAKilledProcessHasLeft() throws Exception {
        String before = everything();
        network.run("nft", "add table inet tunbridge_tb0; add chain inet tunbridge_tb0 left");
        Marks marks = setUp("tb0", "198.19.0.1", 30);
        assertThat(everything()).contains("arrivals").doesNotContain("left");
        marks.close();
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void isSetUpAgainInItsPlaceAndAfterItWasTakenBack() throws Exception {
        AnswerMarks marks = AnswerMarks.of("tb0");
        String before = tables();
        network.call(() -> apply(marks, MARK));
        String once = tables();
        network.call(() -> apply(marks, MARK + 0x1_0000));
        assertThat(tables()).isEqualTo(once.replace("0x5401", "0x5402"));
        marks.close();
        assertThat(tables()).isEqualTo(before);
        network.call(() -> apply(marks, MARK));
        assertThat(tables()).isEqualTo(once);
        marks.close();
        assertThat(tables()).isEqualTo(before);
    }

    @Test
    void twoDevicesHaveMarksOfTheirOwn() throws Exception {
        Marks first = setUp("tb0", "198.19.0.1", 30);
        String alone = everything();
        Marks second = setUp("tb1", "198.19.0.5", 30);
        assertThat(network.inside("rule")
                        .lines()
                        .filter(rule -> rule.contains("fwmark") && rule.contains("proto 84"))
                        .distinct())
                .hasSize(2);
        second.close();
        assertThat(everything()).isEqualTo(alone);
        first.close();
    }

    @Test
    void whatCannotBeSetUpLeavesNothing() throws Exception {
        String before = everything();
        assertThatThrownBy(() -> network.call(() -> apply(AnswerMarks.of("no-such-device-x"), MARK)))
                .hasMessage(
                        "answers: mark cannot be set up: interface name 'no-such-device-x': 16 bytes, allowed: 1 to 15");
        assertThat(everything()).isEqualTo(before);
    }

    /** The very steps, and what {@code nft} makes of them for people. */
    @ParameterizedTest
    @ValueSource(strings = {"tb0", "fifteen-bytes.1"})
    void makesWhatNftMakes(String device) throws Exception {
        network.run("nft", RULES.replace("DEVICE", device));
        String expected = steps();
        network.run("nft", "delete table inet tunbridge_" + device);
        try (AnswerMarks marks = AnswerMarks.of(device)) {
            network.call(() -> apply(marks, MARK));
            assertThat(steps()).isEqualTo(expected);
        }
    }

    /** For programs too, by a table that nobody owns: {@code nft -j} writes no JSON of one with flags before 1.1 (seen with 1.0.6). */
    @Test
    void programsReadWhatTheyReadOfTheTableThatNftMakes() throws Exception {
        network.run("nft", RULES.replace("DEVICE", "tb0"));
        String expected = values();
        network.run("nft", "delete table inet tunbridge_tb0");
        try (AnswerMarks marks = AnswerMarks.of("tb0", List.of(TableKind.LASTING))) {
            network.call(() -> apply(marks, MARK));
            assertThat(values()).isEqualTo(expected).contains("arrivals");
        }
    }

    /** What is special to a shell, to {@code nft} or to nobody: the kernel refuses none of them in a device's name. */
    @ParameterizedTest
    @ValueSource(strings = {"tb*", "q\"uo'te", "-;{}$#", "n\u00e4me-\u2603"})
    void takesEveryNameThatADeviceMayHave(String device) throws Exception {
        network.inside("link", "add", "name", device, "type", "veth", "peer", "name", "peer");
        String before = tables();
        try (AnswerMarks marks = AnswerMarks.of(device)) {
            network.call(() -> apply(marks, MARK));
            assertThat(tables()).contains("tunbridge_" + device);
            byte[] name = Arrays.copyOf(device.getBytes(StandardCharsets.UTF_8), 16);
            StringBuilder words = new StringBuilder("cmp eq reg 1");
            for (int at = 0; at < name.length; at += 4) {
                words.append(String.format(
                        " 0x%08x",
                        ByteBuffer.wrap(name).order(ByteOrder.nativeOrder()).getInt(at)));
            }
            assertThat(network.run("nft", "--debug=netlink", "list", "ruleset")).contains(words);
        }
        assertThat(tables()).isEqualTo(before);
    }

    @Test
    void outlivesAFlushOfAllRules() throws Exception {
        try (AnswerMarks marks = AnswerMarks.of("tb0")) {
            network.call(() -> apply(marks, MARK));
            network.run("nft", "flush ruleset");
            assertThat(tables()).contains("tunbridge_tb0").contains("arrivals").doesNotContain("others");
        }
        assertThat(tables()).isEmpty();
    }

    @Test
    void nobodyElseChangesIt() throws Exception {
        try (AnswerMarks marks = AnswerMarks.of("tb0")) {
            network.call(() -> apply(marks, MARK));
            String before = tables();
            for (String change : List.of("delete table", "flush table", "add table")) {
                assertThatThrownBy(() -> network.run("nft", change + " inet tunbridge_tb0"))
                        .hasMessageContaining("Operation not permitted");
            }
            assertThatThrownBy(() -> network.call(() -> apply(AnswerMarks.of("tb0"), MARK)))
                    .hasMessageContaining("EPERM")
                    .hasMessageContaining("add table (change 1 of 8), table inet tunbridge_tb0")
                    .hasMessageContaining("it belongs to another socket that is open");
            assertThat(tables()).isEqualTo(before);
        }
    }

    @Test
    void aKilledProcessLeavesNothing() throws Exception {
        String before = tables();
        Process victim = network.call(() -> Victim.start(AnswerMarksVictim.class, "tb0"));
        try (BufferedReader said = victim.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo("ready");
            assertThat(tables()).contains("tunbridge_tb0");
        } finally {
            victim.destroyForcibly().waitFor();
        }
        assertThat(tables()).isEqualTo(before);
    }

    /** A program that was started meanwhile, and lives on, must not keep the table. */
    @Test
    void noChildOfAKilledProcessKeepsIt() throws Exception {
        String before = tables();
        Process victim = network.call(() -> Victim.start(AnswerMarksVictim.class, "tb0", "child"));
        try (BufferedReader said = victim.inputReader(StandardCharsets.UTF_8)) {
            ProcessHandle child =
                    ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
            try {
                assertThat(said.readLine()).isEqualTo("ready");
                victim.destroyForcibly().waitFor();
                assertThat(child.isAlive()).isTrue();
                assertThat(tables()).isEqualTo(before);
            } finally {
                child.destroyForcibly();
            }
        } finally {
            victim.destroyForcibly().waitFor();
        }
    }

    @Test
    void namesTheRightThatIsMissing() throws Exception {
        String said = network.run(
                "setpriv",
                "--bounding-set=-net_admin",
                "--inh-caps=-net_admin",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                AnswerMarksVictim.class.getName(),
                "tb0",
                "fails");
        assertThat(said)
                .contains("EPERM (operation not permitted)")
                .contains("CAP_NET_ADMIN is missing in the user namespace");
    }

    /** As before Linux 5.12: the real kernel refuses a flag that it does not know. */
    @Test
    void isAnOrdinaryTableWhereTheKernelKnowsNoOwners() throws Exception {
        String before = tables();
        AnswerMarks marks = AnswerMarks.of("tb0", List.of(new TableKind(0x4000_0000), TableKind.LASTING));
        network.call(() -> apply(marks, MARK));
        assertThat(tables()).contains("tunbridge_tb0").doesNotContain("flags");
        marks.close();
        assertThat(tables()).isEqualTo(before);

        network.call(() -> apply(marks, MARK));
        network.run("nft", "flush ruleset");
        marks.close(); // what is gone is no fault
        assertThat(tables()).isEmpty();
    }

    /** A device's network with a rule for its mark, and who writes the mark. */
    private final class Marks {
        private final TunNetwork device;
        private final AnswerMarks marks;

        Marks(TunNetwork device, AnswerMarks marks) {
            this.device = device;
            this.marks = marks;
        }

        void close() throws Exception {
            network.call(() -> {
                marks.close();
                device.close();
                return marks;
            });
        }
    }

    private Marks setUp(String device, String address, int prefixLength) throws Exception {
        return network.call(() -> {
            TunNetwork made = TunNetwork.setUp(new TunAddressing(
                    device,
                    InetAddress.getByName(address),
                    prefixLength,
                    1400,
                    500,
                    List.of(),
                    TunAddressing.SourceRule.PRESENT,
                    TunAddressing.RULE_PRIORITY,
                    TunAddressing.Overlaps.REFUSE,
                    TunAddressing.MarkRule.PRESENT));
            AnswerMarks marks = AnswerMarks.of(device);
            return new Marks(made, apply(marks, made.mark().orElseThrow()));
        });
    }

    private static AnswerMarks apply(AnswerMarks marks, int mark) throws IOException {
        marks.apply(mark);
        return marks;
    }

    private String tables() throws IOException {
        return network.run("nft", "list", "ruleset");
    }

    /** Without the numbers of rules, and the owner. */
    private String steps() throws IOException {
        return network.run("nft", "--debug=netlink", "list", "ruleset")
                .replaceAll("(?m)^(inet \\S+ \\S+) [0-9 ]+$", "$1")
                .replaceAll(" # progname .*\n\tflags owner\n\n", "\n");
    }

    private String values() throws IOException {
        return network.run("nft", "-j", "list", "ruleset").replaceAll(", \"handle\": [0-9]+", "");
    }

    private String everything() throws IOException {
        return network.run("nft", "list", "ruleset")
                + network.inside("-N", "rule")
                + network.inside("-6", "-N", "rule")
                + network.inside("route", "show", "table", "all", "proto", "boot")
                + network.inside("-6", "route", "show", "table", "all", "proto", "boot");
    }
}
