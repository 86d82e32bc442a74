package dev.tunbridge.bridge.answers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerMarksTest {
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
        setUp("tb0", "198.19.0.1", 30);
        String once = everything();
        Marks again = setUp("tb0", "198.19.0.1", 30);
        assertThat(everything()).isEqualTo(once);
        again.close();
        assertThat(everything()).isEqualTo(before);
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
        assertThatThrownBy(() -> network.call(() -> AnswerMarks.setUp("no such device \" name", 0x5401_0000)))
                .hasMessageContaining("nft: ");
        assertThat(everything()).isEqualTo(before);
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
            return new Marks(made, AnswerMarks.setUp(device, made.mark().orElseThrow()));
        });
    }

    private String everything() throws IOException {
        return network.run("nft", "list", "ruleset")
                + network.inside("-N", "rule")
                + network.inside("-6", "-N", "rule")
                + network.inside("route", "show", "table", "all", "proto", "boot")
                + network.inside("-6", "route", "show", "table", "all", "proto", "boot");
    }
}
