package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.TunInterface;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who comes first: rules of the host before ours are named, and a new tunnel goes behind those that have the traffic. */
class EarlierRulesTest {
    private RecordedLog log;
    private TestNamespace host;

    @BeforeEach
    void openNamespace() throws Exception {
        host = TestNamespace.open();
        host.inside("link", "set", "lo", "up");
        log = RecordedLog.of(TunNetwork.class);
    }

    @AfterEach
    void removeNamespace() throws Exception {
        log.close();
        host.close();
    }

    private TunNetwork setUp(TunInterface tun, String address) throws Exception {
        return host.setUp(new TunAddressing(
                tun.name(),
                InetAddress.getByName(address),
                30,
                1400,
                400,
                List.of(Prefix.parse("198.18.64.0/18")),
                TunAddressing.SourceRule.PRESENT));
    }

    private List<String> hints() {
        return log.messages().stream()
                .filter(line -> line.contains("an earlier rule"))
                .toList();
    }

    @Test
    void anOlderRuleOfTheSamePriorityIsNamed() throws Exception {
        host.inside("rule", "add", "from", "198.19.0.0/24", "lookup", "77", "priority", "5000");
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = setUp(tun, "198.19.0.1");
            assertThat(hints()).singleElement().asString().contains("'5000: from 198.19.0.0/24 lookup 77'");
            host.inside("rule", "add", "from", "198.19.0.0/25", "lookup", "77", "priority", "5000");
            host.call(network::condition);
            assertThat(hints()).as("a younger one comes behind").hasSize(1);
            host.close(network);
        }
    }

    @Test
    void aRuleThatComesWhileTheTunnelIsThereIsNamed() throws Exception {
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = setUp(tun, "198.19.0.1");
            assertThat(hints()).isEmpty();
            host.inside("rule", "add", "fwmark", "0x3e00/0x3f00", "unreachable", "priority", "2254");
            host.call(network::condition);
            host.call(network::condition);
            assertThat(hints())
                    .singleElement()
                    .asString()
                    .contains("'2254: from all fwmark 0x3e00/0x3f00 unreachable'");
            host.close(network);
        }
    }

    @Test
    void aRuleForWhatComesInByAnInterfaceConcernsNoAnswerOfTheHost() throws Exception {
        host.inside("rule", "add", "iif", "up0", "lookup", "main", "priority", "1001");
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = setUp(tun, "198.19.0.1");
            assertThat(hints()).isEmpty();
            host.close(network);
        }
    }

    @Test
    void aTunnelThatComesBackGoesBehindTheOneThatTookOver() throws Exception {
        try (TunInterface one = host.openTun("tb0");
                TunInterface other = host.openTun("tb1")) {
            TunNetwork first = setUp(one, "198.19.0.1");
            TunNetwork second = setUp(other, "198.19.0.5");
            host.close(first);
            TunNetwork again = setUp(one, "198.19.0.1");
            assertThat(host.inside("route", "get", "198.18.64.9")).contains("dev tb1");
            host.close(second);
            assertThat(host.inside("route", "get", "198.18.64.9")).contains("dev tb0");
            host.close(again);
        }
    }
}
