package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.Link;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What of a host's network makes a way to the server another, and what does not. */
class WayViewTest {
    private static final int A0 = 2;
    private static final int UP = 0x1;
    private static final int UP_WITH_CARRIER = 0x10001;
    private static final int TENTATIVE = 0x40;
    private static final InetAddress SERVER = InetAddresses.forString("2001:2:0:9::1");
    private static final KernelRoute.Key MAIN = new KernelRoute.Key(KernelRoute.TABLE_MAIN, 1024, 3, 0);
    private static final KernelRoute DEFAULT = KernelRoute.onLink(InetAddresses.forString("::"), 0, MAIN, A0);

    @Test
    void isNoWayWithoutARoute() {
        assertThat(view(UP_WITH_CARRIER, List.of(), address("a::10", 0)).hasWay())
                .isFalse();
    }

    @Test
    void isAnotherWayWithAnotherAddress() {
        WayView before = view(UP_WITH_CARRIER, List.of(DEFAULT), address("a::10", 0));
        WayView after = view(UP_WITH_CARRIER, List.of(DEFAULT), address("a::77", 0));
        assertThat(before.hasWay()).isTrue();
        assertThat(after.isSameWay(before)).isFalse();
        assertThat(after.isOwn(InetAddresses.forString("2001:2:0:a::10"))).isFalse();
    }

    @Test
    void isNoWayWithoutACarrierAndAnotherOnceItIsThere() {
        WayView before = view(UP, List.of(DEFAULT), address("a::10", 0));
        WayView after = view(UP_WITH_CARRIER, List.of(DEFAULT), address("a::10", 0));
        assertThat(before.hasWay()).isFalse();
        assertThat(after.hasWay()).isTrue();
        assertThat(after.isSameWay(before)).isFalse();
    }

    @Test
    void isNoWayUntilDuplicateDetectionIsOver() {
        WayView before = view(UP_WITH_CARRIER, List.of(DEFAULT), address("a::10", TENTATIVE));
        WayView after = view(UP_WITH_CARRIER, List.of(DEFAULT), address("a::10", 0));
        assertThat(before.hasWay()).isFalse();
        assertThat(before.isOwn(InetAddresses.forString("2001:2:0:a::10"))).isTrue();
        assertThat(after.hasWay()).isTrue();
        assertThat(after.isSameWay(before)).isFalse();
    }

    @Test
    void caresForRoutesThatMayLeadToTheServerAlone() {
        KernelRoute other = KernelRoute.onLink(InetAddresses.forString("2001:2:0:77::"), 64, MAIN, A0);
        KernelRoute towards = KernelRoute.onLink(InetAddresses.forString("2001:2:0:9::"), 64, MAIN, A0);
        List<InetAddress> servers = List.of(InetAddresses.forString("198.18.1.1"), SERVER);
        assertThat(Concerns.mayLead(other, servers)).isFalse();
        assertThat(Concerns.mayLead(towards, servers)).isTrue();
        assertThat(Concerns.mayLead(DEFAULT, servers)).isTrue();
        assertThat(Concerns.mayLead(DEFAULT, List.of())).isTrue();
        assertThat(Concerns.mayLead(towards, List.of())).isFalse();
    }

    private static InterfaceAddress address(String tail, int flags) {
        InetAddress address = InetAddresses.forString("2001:2:0:" + tail);
        return new InterfaceAddress(A0, address, 64, flags, 0, address);
    }

    private static WayView view(int flags, List<KernelRoute> routes, InterfaceAddress address) {
        Link link = new Link(A0, "a0", flags, 1500, 1000, 0, "veth", "", false, OptionalInt.empty());
        HostNetwork host =
                new HostNetwork(AddressFamily.IPV6, List.of(link), List.of(address), routes, Optional.empty());
        return WayView.of(Map.of(AddressFamily.IPV6, host), List.of(SERVER));
    }
}
