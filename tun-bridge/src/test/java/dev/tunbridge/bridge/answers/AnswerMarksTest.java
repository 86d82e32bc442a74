package dev.tunbridge.bridge.answers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.net.TestNamespace;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
    @EnumSource(IpFamily.class)
    void leavesTheHostAsItWas(IpFamily family) throws Exception {
        String before = everything();
        AnswerMarks marks = setUp("tb0", family);
        assertThat(everything()).isNotEqualTo(before).contains("tunbridge_tb0").contains("proto 85");
        close(marks);
        assertThat(everything()).isEqualTo(before);
        close(marks);
    }

    @Test
    void replacesWhatAKilledProcessHasLeft() throws Exception {
        String before = everything();
        setUp("tb0", IpFamily.IPV4);
        String once = everything();
        AnswerMarks again = setUp("tb0", IpFamily.IPV4);
        assertThat(everything()).isEqualTo(once);
        close(again);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void twoDevicesHaveMarksOfTheirOwn() throws Exception {
        AnswerMarks first = setUp("tb0", IpFamily.IPV4);
        String alone = everything();
        AnswerMarks second = setUp("tb1", IpFamily.IPV4);
        assertThat(network.inside("rule")
                        .lines()
                        .filter(rule -> rule.contains("proto 85"))
                        .distinct())
                .hasSize(2);
        close(second);
        assertThat(everything()).isEqualTo(alone);
        close(first);
    }

    @Test
    void whatCannotBeSetUpLeavesNothing() throws Exception {
        String before = everything();
        assertThatThrownBy(() -> setUp("no such", IpFamily.IPV4)).hasMessageContaining("ip: ");
        assertThat(everything()).isEqualTo(before);
    }

    private AnswerMarks setUp(String device, IpFamily family) throws Exception {
        return network.call(() -> AnswerMarks.setUp(device, family, IpMarkRoute::lead));
    }

    private void close(AnswerMarks marks) throws Exception {
        network.call(() -> {
            marks.close();
            return marks;
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
