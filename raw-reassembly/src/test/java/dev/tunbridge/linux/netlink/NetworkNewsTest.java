package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.netlink.NetworkChange.AddressChange;
import dev.tunbridge.linux.netlink.NetworkChange.Kind;
import dev.tunbridge.linux.netlink.NetworkChange.LinkChange;
import dev.tunbridge.linux.netlink.NetworkChange.RouteChange;
import dev.tunbridge.linux.netlink.NetworkChange.RuleChange;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each change is announced, whoever makes it; the kernel has done so when the change is done. */
class NetworkNewsTest {
    private static List<NetworkChange> drain(NetworkNews news) throws Exception {
        List<NetworkChange> changes = new ArrayList<>();
        news.drain(changes::add);
        return changes;
    }

    @Test
    void announcesWhatOthersChange() throws Exception {
        try (OtherHost host = OtherHost.withCable();
                NetworkNews news = host.news()) {
            assertThat(drain(news)).isEmpty();
            for (String family : List.of("-4", "-6")) {
                String net = family.equals("-4") ? "198.19.0." : "2001:2:9::";
                InetAddress one = InetAddress.getByName(net + "1");
                for (Kind kind : Kind.values()) {
                    String does = kind == Kind.THERE ? " add " : " del ";
                    host.ip(family + " rule" + does + "from " + net + "1 lookup 500 pref 700");
                    assertThat(drainOf(RuleChange.class, news)).singleElement().satisfies(change -> {
                        assertThat(change.kind()).isEqualTo(kind);
                        assertThat(change.rule().source().orElseThrow().address())
                                .isEqualTo(one);
                    });
                    host.ip(family + " route" + does + "unreachable " + net + "1 table 500");
                    // An address that is usable from now on is announced with its route, whenever the kernel has found
                    // out.
                    assertThat(drainOf(RouteChange.class, news))
                            .filteredOn(change -> change.route().key().table() == 500)
                            .singleElement()
                            .satisfies(change -> {
                                assertThat(change.kind()).isEqualTo(kind);
                                assertThat(change.route().destination()).isEqualTo(one);
                            });
                    host.ip(family + " addr" + does + net + "1 dev v0");
                    assertThat(drain(news))
                            .anySatisfy(change -> assertThat(change).isInstanceOfSatisfying(AddressChange.class, of -> {
                                assertThat(of.kind()).isEqualTo(kind);
                                assertThat(of.address().address()).isEqualTo(one);
                            }));
                }
            }
        }
    }

    @Test
    void announcesLinks() throws Exception {
        try (OtherHost host = OtherHost.withCable();
                NetworkNews news = host.news()) {
            host.ip("link add x0 type veth peer name x1");
            assertThat(drain(news))
                    .anyMatch(change -> change instanceof LinkChange link
                            && link.kind() == Kind.THERE
                            && link.link().name().equals("x0")
                            && link.link().kind().equals("veth"));
            host.ip("link set x0 mtu 1300");
            assertThat(drain(news))
                    .anyMatch(change ->
                            change instanceof LinkChange link && link.link().mtu() == 1300);
            host.ip("link set x0 name x9");
            assertThat(drain(news))
                    .anyMatch(change -> change instanceof LinkChange link
                            && link.link().name().equals("x9"));
            host.ip("link del x9");
            assertThat(drain(news))
                    .anyMatch(change -> change instanceof LinkChange link
                            && link.kind() == Kind.GONE
                            && link.link().name().equals("x9"));
            assertThat(drain(news)).isEmpty();
        }
    }

    @Test
    void saysThatItHasLostSome() throws Exception {
        try (OtherHost host = OtherHost.withCable();
                NetworkConfiguration network = host.configuration();
                NetworkNews news = host.news()) {
            PolicyRule rule = PolicyRule.from(InetAddress.getByName("198.18.0.9"), 500, 700, 84);
            for (int i = 0; i < 1000; i++) { // a socket holds some 250 of them
                network.add(rule);
                network.remove(rule);
            }
            assertThat(drain(news))
                    .hasSizeLessThan(2000)
                    .as("told behind what was queued before the loss")
                    .endsWith(new NetworkChange.Lost());
            network.add(rule);
            assertThat(drain(news))
                    .containsExactly(new RuleChange(
                            Kind.THERE, network.rules(AddressFamily.IPV4).get(1)));
        }
    }

    private static <T extends NetworkChange> List<T> drainOf(Class<T> kind, NetworkNews news) throws Exception {
        return drain(news).stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
