package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "198.18.0.0/30 dev x0 proto 2 scope 253 src 198.18.0.1 | same",
                "default via 198.18.0.9 dev x0 proto 4 metric 100 onlink mtu lock 1400 initcwnd 20 | same",
                "default via inet6 2001:2::9 dev x0 | same",
                "2001:2::/64 dev x0 proto 2 metric 256 pref medium | 2001:2::/64 dev x0 proto 2 metric 256",
                "1 198.18.1.0/24 dev x0 scope 253 linkdown | 198.18.1.0/24 dev x0 scope 253",
                "default table 7 scope 253 rto_min lock 300ms features ecn | default table 7 scope 253 rto_min 300ms"
                        + " features ecn"
            })
    void readsWhatIpPrintsAndWritesWhatItTakes(String printed, String taken) {
        assertThat(Route.parse(printed + " ").map(Route::toString)).contains(taken.equals("same") ? printed : taken);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2 198.18.0.1 table 255 proto 2 scope 254 src 198.18.0.1",
                "7 198.18.0.0/24",
                "default proto 3 nexthop via 198.18.0.1 dev x0 weight 1 nexthop via 198.18.0.5 dev x1 weight 1",
                "default nhid 12 via 198.18.0.1 dev x0",
                "198.18.0.0/24 encap mpls 100 via 198.18.0.1 dev x0",
                "198.18.0.0/24 via",
                "198.18.0.0/24 dev x0 mtu lock"
            })
    void leavesAloneWhatItCannotMakeAgain(String printed) {
        assertThat(Route.parse(printed)).isEmpty();
    }

    @Test
    void putsMetricsOverThoseThatAreThere() {
        Route route = Route.parse("default dev tb0 mtu 1300 initcwnd 20").orElseThrow();
        RouteMetrics metrics = new RouteMetrics(
                OptionalInt.of(320),
                RouteMetrics.Flag.SET,
                RouteMetrics.Flag.LEFT,
                OptionalInt.of(1350),
                OptionalInt.empty(),
                OptionalInt.empty());
        assertThat(route.with(metrics)).hasToString("default dev tb0 mtu 1350 initcwnd 20 features ecn rto_min 320ms");
        assertThat(route.with(metrics).withoutTuning()).hasToString("default dev tb0 initcwnd 20");
        assertThat(RouteMetrics.NONE.isEmpty()).isTrue();
        assertThat(metrics.isEmpty()).isFalse();
    }
}
