package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tuning replaces the tunnel's routes while connections that have used them are idle. */
class RouteChangeTest {
    private static final int BYTES = 500;
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void whatAnIdleConnectionSendsNextIsNotCut(Family family) throws Exception {
        try (Scene scene = InnerFlow.scene(family);
                InnerFlow idle = InnerFlow.open(scene);
                InnerFlow busy = InnerFlow.open(scene)) {
            String before = routes(scene);
            assertThat(before)
                    .as("told from the first on")
                    .contains("mtu " + scene.tunnel().mtu());
            // A longer round trip asks for another least timeout, which is a metric of the route.
            ((UserSpaceLink) scene.link())
                    .change(scene.plan().profile().with(List.of("ab.delay=150ms", "ba.delay=150ms")));
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (routes(scene).equals(before) && System.nanoTime() - end < 0) {
                busy.write(1);
                busy.take(1);
                busy.answer(1);
            }
            assertThat(routes(scene)).as("the routes were replaced").isNotEqualTo(before);
            int sent = idle.sent().size();
            idle.write(BYTES);
            idle.take(BYTES);
            List<RecordedSegment> all = idle.sent();
            assertThat(all.subList(sent, all.size()))
                    .filteredOn(segment -> segment.sourcePort() == idle.device().getLocalPort())
                    .filteredOn(segment -> segment.payloadLength() > 0)
                    .isNotEmpty()
                    .allMatch(segment -> segment.payloadLength() == BYTES);
        }
    }

    private static String routes(Scene scene) throws IOException {
        LabNamespace device = scene.deviceSide();
        String family = scene.tunnel().deviceAddress().getAddress().length == 4 ? "-4" : "-6";
        return device.run(InnerFlow.LIMIT, "ip", "-d", family, "route", "show", "dev", "tb0", "proto", "84")
                .output();
    }
}
