package dev.tunbridge.bridge.answers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.answers.MappingChoice.Reach;
import dev.tunbridge.bridge.answers.MappingChoice.Wanted;
import dev.tunbridge.bridge.filter.AllowRule;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MappingChoiceTest {
    private static final Wanted AUTO = new Wanted(MappingMode.AUTO, List.of(), AnswerMode.OFF, 16_384, List.of());
    private static final Wanted POOL = new Wanted(MappingMode.POOL, List.of(), AnswerMode.OFF, 16_384, List.of());
    private static final Reach REACH =
            new Reach("tb0", AddressFamily.IPV4, prefixes("198.18.0.0/24", "198.18.0.1"), prefixes("192.0.2.1"));

    /** A host as a test has it. */
    private record Host(boolean forwarding, List<Integer> ports, List<Prefix> networks) implements HostNetworks {
        @Override
        public List<Prefix> inUse(String exceptDevice) {
            return networks;
        }

        @Override
        public boolean forwards(AddressFamily family) {
            return forwarding;
        }

        @Override
        public SortedSet<Integer> wildcardUdpPorts(AddressFamily family) {
            return new TreeSet<>(ports);
        }
    }

    @Test
    void clientsKeepTheirAddressesWhereNothingAnswersElsewhere() throws IOException {
        MappingChoice choice = MappingChoice.of(AUTO, REACH, new Host(false, List.of(68, 5353), List.of()));
        assertThat(choice.pool()).isEmpty();
    }

    @Test
    void aForwardingHostGetsAPool() throws IOException {
        MappingChoice choice = MappingChoice.of(AUTO, REACH, new Host(true, List.of(), List.of()));
        assertThat(choice.pool()).isPresent();
        assertThat(choice.reason()).isEqualTo("the host forwards");
    }

    @Test
    void whatIsForwardedNeedsNoPoolWhereAnswersAreMarked() throws IOException {
        Wanted marked = new Wanted(MappingMode.AUTO, List.of(), AnswerMode.MARK, 100, List.of());
        assertThat(MappingChoice.of(marked, REACH, new Host(true, List.of(), List.of()))
                        .pool())
                .isEmpty();
        assertThat(MappingChoice.of(marked, REACH, new Host(true, List.of(53), List.of()))
                        .pool())
                .isPresent();
    }

    @Test
    void aUdpServiceBoundToNoAddressGetsAPoolAndIsNamed() throws IOException {
        MappingChoice choice = MappingChoice.of(AUTO, REACH, new Host(false, List.of(5060, 53, 68), List.of()));
        assertThat(choice.pool()).isPresent();
        assertThat(choice.reason()).endsWith("ports 53, 5060");
    }

    @Test
    void aServiceThatNoClientReachesDoesNotCount() throws IOException {
        Wanted wanted = new Wanted(
                MappingMode.AUTO,
                List.of(),
                AnswerMode.OFF,
                100,
                List.of(AllowRule.parse("udp:100-200"), AllowRule.parse("tcp")));
        assertThat(MappingChoice.of(wanted, REACH, new Host(false, List.of(53), List.of()))
                        .pool())
                .isEmpty();
        assertThat(MappingChoice.of(wanted, REACH, new Host(false, List.of(150), List.of()))
                        .pool())
                .isPresent();
    }

    @Test
    void noPoolWhereEverythingIsRoutedIntoTheTunnel() throws IOException {
        Reach all = new Reach("tb0", AddressFamily.IPV4, prefixes("198.18.0.0/24", "0.0.0.0/0"), List.of());
        assertThat(MappingChoice.of(AUTO, all, new Host(true, List.of(53), List.of()))
                        .pool())
                .isEmpty();
    }

    @Test
    void offIsOffWhateverTheHostDoes() throws IOException {
        Wanted off = new Wanted(MappingMode.OFF, List.of(), AnswerMode.OFF, 100, List.of());
        assertThat(MappingChoice.of(off, REACH, new Host(true, List.of(53), List.of()))
                        .pool())
                .isEmpty();
    }

    @Test
    void aPoolOverlapsNothing() throws IOException {
        Random random = new Random(21);
        for (int round = 0; round < 300; round++) {
            List<Prefix> inUse = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                String base = List.of("198.18.0.0/15", "172.28.0.0/14", "10.240.0.0/12", "100.112.0.0/12")
                        .get(random.nextInt(4));
                int first = Prefix.parse(base).address().hashCode();
                int address =
                        first + random.nextInt(1 << (32 - Prefix.parse(base).length()));
                byte[] bytes = java.nio.ByteBuffer.allocate(4).putInt(address).array();
                inUse.add(Prefix.of(java.net.InetAddress.getByAddress(bytes), 14 + random.nextInt(19)));
            }
            for (AddressFamily family : AddressFamily.values()) {
                Reach reach = new Reach("tb" + round, family, REACH.reached(), REACH.others());
                MappingChoice choice = MappingChoice.of(
                        new Wanted(MappingMode.AUTO, List.of(), AnswerMode.OFF, 1 << random.nextInt(17), List.of()),
                        reach,
                        new Host(true, List.of(), inUse));
                choice.pool()
                        .ifPresent(pool -> assertThat(Stream.of(inUse, reach.reached(), reach.others())
                                        .flatMap(List::stream))
                                .noneMatch(pool::overlaps));
            }
        }
    }

    @Test
    void aDeviceFindsTheSamePoolAgainAndMostDevicesAnotherOne() throws IOException {
        Set<Prefix> pools = new HashSet<>();
        for (int device = 0; device < 8; device++) {
            Reach reach = new Reach("tb" + device, AddressFamily.IPV6, prefixes("2001:2::/64"), List.of());
            Prefix pool = MappingChoice.of(POOL, reach, new NoHost()).pool().orElseThrow();
            assertThat(MappingChoice.of(POOL, reach, new NoHost()).pool()).contains(pool);
            assertThat(pool.length()).isEqualTo(64);
            pools.add(pool);
        }
        assertThat(pools).hasSize(8);
    }

    @Test
    void aNetworkWithoutRoomIsSaidToBeSo() throws IOException {
        List<Prefix> everything = prefixes("0.0.0.0/1", "128.0.0.0/1");
        Host host = new Host(true, List.of(), everything);
        assertThat(MappingChoice.of(AUTO, REACH, host).pool()).isEmpty();
        assertThat(MappingChoice.of(AUTO, REACH, host).reason()).contains("no network for a pool is free");
        assertThatThrownBy(() -> MappingChoice.of(POOL, REACH, host)).hasMessageContaining("mapping.pool");
    }

    @Test
    void aNamedPoolIsTakenAndAnOverlapIsNamed() throws IOException {
        Wanted named = new Wanted(
                MappingMode.POOL, prefixes("198.19.0.0/16", "2001:2:0:f::/64"), AnswerMode.OFF, 100, List.of());
        MappingChoice choice = MappingChoice.of(named, REACH, new Host(false, List.of(), prefixes("198.19.3.0/24")));
        assertThat(choice.pool()).contains(Prefix.parse("198.19.0.0/16"));
        assertThat(choice.reason()).contains("overlaps 198.19.3.0/24 of the host");

        Wanted wrong = new Wanted(MappingMode.POOL, prefixes("198.18.0.0/16"), AnswerMode.OFF, 100, List.of());
        assertThatThrownBy(() -> MappingChoice.of(wrong, REACH, new NoHost()))
                .hasMessageContaining("mapping.pool: 198.18.0.0/16 overlaps 198.18.0.0/24");
    }

    private static List<Prefix> prefixes(String... texts) {
        return Stream.of(texts).map(Prefix::parse).toList();
    }
}
