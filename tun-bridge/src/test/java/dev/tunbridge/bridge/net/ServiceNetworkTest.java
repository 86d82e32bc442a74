package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.TunInterface;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real thing: what {@code ip} shows of a namespace whose services see clients' own addresses. */
class ServiceNetworkTest {
    private TestNamespace namespace;

    @BeforeEach
    void openNamespace() throws IOException {
        namespace = TestNamespace.open();
        namespace.inside("link", "set", "lo", "up");
    }

    @AfterEach
    void removeNamespace() throws IOException {
        if (namespace != null) {
            namespace.close();
        }
    }

    private static ServiceAddressing wanted(String address, String... clients) {
        return new ServiceAddressing(
                InetAddresses.forString(address),
                TunAddressing.Overlaps.REFUSE,
                Optional.of(new ServiceAddressing.Answers(
                        Stream.of(clients).map(Prefix::parse).toList(), TunAddressing.RULE_PRIORITY)));
    }

    private static ServiceAddressing alone(String address) {
        return new ServiceAddressing(InetAddresses.forString(address), TunAddressing.Overlaps.REFUSE, Optional.empty());
    }

    private ServiceNetwork apply(ServiceNetwork network, ServiceAddressing wanted) throws Exception {
        return namespace.call(() -> {
            network.apply(wanted);
            return network;
        });
    }

    private ServiceNetwork close(ServiceNetwork network) throws Exception {
        return namespace.call(() -> {
            network.close();
            return network;
        });
    }

    private String everything(String family) throws IOException {
        return namespace.inside(family, "addr", "show")
                + namespace.inside(family, "rule", "show")
                + namespace.inside(family, "route", "show", "table", "all");
    }

    @ParameterizedTest
    @CsvSource({
        "-4, 198.19.0.1, 198.18.0.0/24, 198.18.0.9, 127.0.0.1",
        "-6, 2001:2::1, 2001:2:0:5::/64, 2001:2:0:5::9, ::1"
    })
    void bringsAnswersBackAndTakesAllOfItAway(
            String family, String address, String clients, String client, String loopback) throws Exception {
        String before = everything(family);
        ServiceNetwork network = apply(new ServiceNetwork(), wanted(address, clients));

        assertThat(namespace.inside(family, "addr", "show", "dev", "lo")).contains(" " + address + "/");
        String answer = namespace.inside(family, "route", "get", client, "from", address);
        assertThat(answer).contains("local " + client, "dev lo");
        assertThat(namespace.inside(family, "route", "get", client, "from", loopback))
                .contains("local " + client);
        assertThat(namespace.inside(family, "route", "get", client, "ipproto", "udp"))
                .contains("local " + client, "src " + address);
        assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);

        apply(network, wanted(address, clients)); // again changes nothing
        close(network);
        assertThat(everything(family)).isEqualTo(before);
        close(network); // again does nothing
    }

    /** What this host itself says to clients' networks by its own addresses, and by TCP, goes its way: the outer connection does. */
    @ParameterizedTest
    @CsvSource({
        "-4, 198.19.0.1, 198.18.0.0/24, 198.18.0.9, 198.18.7.1/24, 198.18.7.1",
        "-6, 2001:2::1, 2001:2:0:5::/64, 2001:2:0:5::9, 2001:2:0:7::1/64, 2001:2:0:7::1"
    })
    void otherTrafficToClientsNetworksGoesItsWay(
            String family, String address, String clients, String client, String lan, String own) throws Exception {
        namespace.addLan(lan);
        namespace.inside(family, "route", "add", "default", "dev", "lan0");
        ServiceNetwork network = apply(new ServiceNetwork(), wanted(address, clients));
        for (List<String> asked : List.of(
                List.of("from", own),
                List.of("from", own, "ipproto", "udp"),
                List.of("from", own, "ipproto", "tcp"),
                List.of("ipproto", "tcp"))) {
            List<String> command = new ArrayList<>(List.of(family, "route", "get", client));
            command.addAll(asked);
            assertThat(namespace.inside(command.toArray(String[]::new)))
                    .as("%s", asked)
                    .contains("dev lan0")
                    .doesNotContain("local");
        }
        close(network);
    }

    @Test
    void whatSomebodyTakesAwayIsMissedAndSetAgain() throws Exception {
        ServiceNetwork network = apply(new ServiceNetwork(), wanted("198.19.0.1"));
        String whole = everything("-4");
        for (List<String> removal : List.of(
                List.of("rule", "del", "from", "198.19.0.1", "iif", "lo"),
                List.of("addr", "del", "198.19.0.1/32", "dev", "lo"),
                List.of("route", "flush", "table", Integer.toString(Identity.tables(1)[0])))) {
            namespace.inside(removal.toArray(String[]::new));
            assertThat(namespace.call(network::condition)).as("%s", removal).isEqualTo(TunNetwork.Condition.INCOMPLETE);
            apply(network, wanted("198.19.0.1"));
            assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
        }
        assertThat(everything("-4").lines().sorted())
                .isEqualTo(whole.lines().sorted().toList());
        close(network);
    }

    @Test
    void anAddressAloneNeedsNoRule() throws Exception {
        ServiceNetwork network = apply(new ServiceNetwork(), alone("198.19.0.1"));
        assertThat(namespace.inside("addr", "show", "dev", "lo")).contains("198.19.0.1/32");
        assertThat(namespace.inside("rule", "show").lines()).hasSize(3);
        close(network);
        assertThat(namespace.inside("addr", "show", "dev", "lo")).doesNotContain("198.19.0.1");
    }

    @Test
    void anAddressThatTheHostHasIsUsedAndStays() throws Exception {
        namespace.addLan("198.19.0.1/32");
        ServiceAddressing alone = new ServiceAddressing(
                InetAddresses.forString("198.19.0.1"), TunAddressing.Overlaps.WARN, Optional.empty());
        ServiceNetwork network = apply(new ServiceNetwork(), alone);
        close(network);
        assertThat(namespace.inside("addr", "show", "dev", "lan0")).contains("198.19.0.1/32");
        assertThatThrownBy(() -> apply(new ServiceNetwork(), wanted("198.19.0.1")))
                .isInstanceOf(OverlapException.class)
                .hasMessageContaining("198.19.0.1/32 overlaps the address of lan0");
    }

    /** A server that names the address by which neighbours know this host could have services that are meant for them. */
    @Test
    void anAddressThatSomebodyElseHasGivenTheHostIsRefused() throws Exception {
        namespace.addLan("198.18.7.1/24");
        namespace.inside("addr", "add", "198.18.8.1/32", "dev", "lo");
        namespace.inside("addr", "add", "198.18.9.1/32", "dev", "lan0");
        for (String taken : List.of("198.18.7.1", "198.18.8.1", "198.18.9.1")) {
            for (ServiceAddressing wanted : List.of(alone(taken), wanted(taken))) {
                assertThatThrownBy(() -> apply(new ServiceNetwork(), wanted))
                        .isInstanceOf(OverlapException.class)
                        .hasMessageContaining(taken + "/32 overlaps the address of l");
            }
        }
    }

    /** A tunnel's device has its address alone, and no route that would tell of it: what that tunnel's peers are answered is not for clients. */
    @Test
    void theAddressOfATunnelBesideItIsRefusedAndTheOtherWayRound() throws Exception {
        TunAddressing packets = new TunAddressing(
                "tb0",
                InetAddresses.forString("198.19.0.1"),
                32,
                1400,
                400,
                List.of(),
                TunAddressing.SourceRule.PRESENT,
                TunAddressing.RULE_PRIORITY,
                TunAddressing.Overlaps.REFUSE,
                TunAddressing.MarkRule.ABSENT);
        try (TunInterface tun = namespace.openTun("tb0")) {
            assertThat(tun.name()).isEqualTo("tb0");
            TunNetwork first = namespace.setUp(packets);
            for (ServiceAddressing wanted : List.of(alone("198.19.0.1"), wanted("198.19.0.1"))) {
                assertThatThrownBy(() -> apply(new ServiceNetwork(), wanted))
                        .isInstanceOf(OverlapException.class)
                        .hasMessageContaining("198.19.0.1/32 overlaps the address of tb0");
            }
            namespace.close(first);
            ServiceNetwork sockets = apply(new ServiceNetwork(), wanted("198.19.0.1"));
            assertThatThrownBy(() -> namespace.setUp(packets))
                    .isInstanceOf(OverlapException.class)
                    .hasMessageContaining("198.19.0.1/32 overlaps the address of lo");
            close(sockets);
        }
    }

    /** Before Linux 5.18 nothing tells who has made an address. */
    @Test
    void whereNothingTellsWhoseAnAddressIsOneLikeOursIsOursAndGoesWithUs() throws Exception {
        namespace.inside("addr", "add", "198.19.0.1/32", "dev", "lo", "noprefixroute");
        namespace.inside("addr", "add", "198.19.0.5/32", "dev", "lo");
        assertThatThrownBy(() -> apply(new ServiceNetwork(true), alone("198.19.0.1")))
                .isInstanceOf(OverlapException.class);
        assertThatThrownBy(() -> apply(new ServiceNetwork(false), alone("198.19.0.5")))
                .isInstanceOf(OverlapException.class);
        close(apply(new ServiceNetwork(false), alone("198.19.0.1")));
        assertThat(namespace.inside("addr", "show", "dev", "lo"))
                .contains("198.19.0.5/32")
                .doesNotContain("198.19.0.1/32");
    }

    /** The kernel says nothing of a destination that is all. */
    @ParameterizedTest
    @CsvSource({"-4, 198.19.0.1, 0.0.0.0/0", "-6, 2001:2::1, ::/0"})
    void allTheWorldMayBeClients(String family, String address, String clients) throws Exception {
        String before = everything(family);
        ServiceNetwork network = apply(new ServiceNetwork(), wanted(address, clients));
        assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
        apply(network, wanted(address, clients));
        close(network);
        assertThat(everything(family)).isEqualTo(before);
    }

    /** What is asked to go is the first that has all it names: a narrower rule in front must not keep a wider one. */
    @Test
    void rulesThatComeInAnotherOrderGoAsWell() throws Exception {
        String before = everything("-6");
        ServiceNetwork network = apply(new ServiceNetwork(), wanted("2001:2::1", "2001:2:0:5::/64"));
        namespace.inside(
                "-6", "rule", "del", "from", "2001:2::1", "iif", "lo"); // the first: now it comes behind the other
        apply(network, wanted("2001:2::1", "2001:2:0:5::/64"));
        close(network);
        assertThat(everything("-6")).isEqualTo(before);
    }

    /** A rule whose route is gone, and its address: it still says whose it was. */
    @ParameterizedTest
    @CsvSource({"198.19.0.1", "198.19.0.5"})
    void rulesThatAKilledProcessHasLeftWithoutARouteGoToo(String next) throws Exception {
        String before = everything("-4");
        Process victim = namespace.call(() -> Victim.start(ServiceNetworkVictim.class, "198.19.0.1"));
        assertThat(victim.inputReader().readLine()).isEqualTo("ready");
        victim.destroyForcibly().waitFor();
        namespace.inside("addr", "del", "198.19.0.1/32", "dev", "lo");
        namespace.inside("route", "flush", "table", Integer.toString(Identity.tables(1)[0]));
        assertThat(namespace.inside("rule", "show")).contains("from 198.19.0.1 iif lo");
        ServiceNetwork network = apply(new ServiceNetwork(), alone(next));
        assertThat(namespace.inside("rule", "show").lines()).hasSize(3);
        close(network);
        assertThat(everything("-4")).isEqualTo(before);
    }

    /** Of IPv6 the kernel finds the source of a datagram before it asks the rules: lo may get one that is nearer to the client, a second tunnel's. */
    @Test
    void anotherAddressOfTheLoopbackThatTheKernelPrefersIsToldOnce() throws Exception {
        ServiceAddressing wanted = wanted("2001:2::1", "2001:2:0:5::/64");
        try (RecordedLog log = RecordedLog.of(ServiceNetwork.class)) {
            ServiceNetwork network = apply(new ServiceNetwork(), wanted);
            assertThat(log.messages()).isEmpty();
            ServiceNetwork second = apply(new ServiceNetwork(), wanted("2001:2:0:4::1"));
            for (int look = 0; look < 3; look++) {
                assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            }
            assertThat(log.messages()).singleElement().asString().contains("[2001:2:0:5::/64]", "2001:2:0:0:0:0:0:1");
            close(second);
            assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            close(apply(new ServiceNetwork(), wanted("2001:2:0:4::1")));
            assertThat(log.messages()).hasSize(1);
            close(network);
        }
    }

    /** The device's own network has clients, and the first of its hosts is the device. */
    @ParameterizedTest
    @CsvSource({"-4, 198.19.0.1, 198.19.0.0/24", "-6, 2001:2::1, 2001:2::/64"})
    void aRuleOfSomebodyElseThatComesFirstIsTold(String family, String address, String clients) throws Exception {
        try (RecordedLog log = RecordedLog.of(ServiceNetwork.class)) {
            ServiceNetwork network = apply(new ServiceNetwork(), wanted(address, clients));
            assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            assertThat(log.messages()).isEmpty();
            namespace.addLan(family.equals("-4") ? "198.18.7.1/24" : "2001:2:0:7::1/64");
            namespace.inside(family, "route", "add", "default", "dev", "lan0", "table", "99");
            namespace.inside(family, "rule", "add", "to", clients, "lookup", "99", "priority", "100");
            assertThat(namespace.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            assertThat(log.messages()).singleElement().asString().contains(clients);
            close(network);
        }
    }

    @Test
    void clientsThatAreNeighboursAreRefusedByNameAndNothingIsSet() throws Exception {
        namespace.addLan("198.18.7.1/24");
        String before = everything("-4");
        assertThatThrownBy(() -> apply(new ServiceNetwork(), wanted("198.19.0.1", "198.18.0.0/16")))
                .isInstanceOf(OverlapException.class)
                .hasMessageContaining("198.18.0.0/16 overlaps the route 198.18.7.0/24 dev lan0");
        assertThat(everything("-4")).isEqualTo(before);
    }

    @Test
    void twoTunnelsWithAddressesOfTheirOwnLiveSideBySideAndOfOneTheSecondIsRefused() throws Exception {
        ServiceNetwork first = apply(new ServiceNetwork(), wanted("198.19.0.1"));
        ServiceNetwork second = apply(new ServiceNetwork(), wanted("198.19.0.5"));
        String both = everything("-4");
        assertThatThrownBy(() -> apply(new ServiceNetwork(), wanted("198.19.0.1")))
                .isInstanceOf(HostConflictException.class)
                .hasMessageContaining("198.19.0.1 is served by another tunnel");
        assertThat(everything("-4")).isEqualTo(both);
        close(first);
        assertThat(namespace.call(second::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
        close(second);
    }

    /** A server that names a neighbour of the host must not cut it off. */
    @Test
    void anAddressThatIsANeighboursIsRefused() throws Exception {
        namespace.addLan("198.18.7.1/24");
        String before = everything("-4");
        for (ServiceAddressing wanted : List.of(alone("198.18.7.9"), wanted("198.18.7.9"))) {
            assertThatThrownBy(() -> apply(new ServiceNetwork(), wanted))
                    .isInstanceOf(OverlapException.class)
                    .hasMessageContaining("198.18.7.9/32 overlaps the route 198.18.7.0/24 dev lan0");
        }
        assertThat(everything("-4")).isEqualTo(before);
    }

    @Test
    void anAddressAloneTakesOverWithoutTheRulesOfAKilledProcess() throws Exception {
        Process victim = namespace.call(() -> Victim.start(ServiceNetworkVictim.class, "198.19.0.1"));
        assertThat(victim.inputReader().readLine()).isEqualTo("ready");
        victim.destroyForcibly().waitFor();
        ServiceNetwork network = apply(new ServiceNetwork(), alone("198.19.0.1"));
        assertThat(namespace.inside("rule", "show").lines()).hasSize(3);
        assertThat(namespace.inside("addr", "show", "dev", "lo")).contains("198.19.0.1/32");
        close(network);
        assertThat(namespace.inside("addr", "show", "dev", "lo")).doesNotContain("198.19.0.1");
    }

    @ParameterizedTest
    @CsvSource({"198.19.0.1", "198.19.0.5"})
    void whatAKilledProcessHasLeftIsTakenOverOrAway(String next) throws Exception {
        String before = everything("-4");
        Process victim = namespace.call(() -> Victim.start(ServiceNetworkVictim.class, "198.19.0.1"));
        assertThat(victim.inputReader().readLine()).isEqualTo("ready");
        ServiceNetwork beside = apply(new ServiceNetwork(), wanted("198.19.0.9"));
        assertThat(everything("-4")).as("of one that lives").contains("from 198.19.0.1 iif lo");
        close(beside);
        victim.destroyForcibly().waitFor();
        assertThat(everything("-4")).contains("from 198.19.0.1 iif lo");

        ServiceNetwork network = apply(new ServiceNetwork(), wanted(next));
        assertThat(namespace.inside("rule", "show").lines().filter(rule -> rule.contains("from 127.0.0.0/8")))
                .hasSize(1);
        assertThat(everything("-4").contains("198.19.0.1")).isEqualTo(next.equals("198.19.0.1"));
        assertThat(namespace.inside("rule", "show")).as("clients of before").doesNotContain("198.18.9.0/24");
        close(network);
        assertThat(everything("-4")).isEqualTo(before);
    }
}
