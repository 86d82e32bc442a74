package dev.tunbridge.sim.bench.campaign;

import static dev.tunbridge.sim.bench.campaign.Figure.Bound.AT_LEAST;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.AT_MOST;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.LESS_THAN;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.MORE_THAN;

import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Peer;
import java.util.ArrayList;
import java.util.List;

/**
 * The campaign of the way up: nothing is carried twice, and nothing dropped in silence. Peers say their congestion
 * control, because a fast outer connection and a slow one fail in different ways: only the fast one carries copies.
 */
final class NothingTwice {
    private static final String DIRECT = "direct";

    /** As vtun comes, on a kernel whose default is cubic. */
    private static final String VTUN_CUBIC = "vtun";

    private static final String VTUN_BBR = "vtun:congestion-control=bbr";
    private static final String BBR = "ours:socket.congestion-control=bbr";
    private static final String CUBIC = "ours:socket.congestion-control=cubic";
    private static final String NO_SUPPRESSION = BBR + ",suppression.enabled=false";
    private static final String PLAIN = "ours:mode=plain,socket.congestion-control=bbr";

    private NothingTwice() {}

    static Campaign campaign() {
        return new Campaign(
                "nothing-twice",
                List.of(
                        Campaign.Part.of(
                                "ge",
                                "tcp:up,flows=16,seconds=20,carried=yes",
                                Figure.against(VTUN_CUBIC, Metric.RATE, BBR, AT_LEAST, 20),
                                Figure.against(VTUN_BBR, Metric.RATE, BBR, AT_LEAST, 1.05),
                                Figure.against(DIRECT, Metric.RATE, BBR, MORE_THAN, 1),
                                Figure.of(Metric.CARRIED_TWICE, BBR, AT_MOST, 0.1),
                                Figure.against(NO_SUPPRESSION, Metric.CARRIED_TWICE, BBR, AT_MOST, 1),
                                Figure.against(VTUN_CUBIC, Metric.RATE, CUBIC, AT_LEAST, 1)),
                        Campaign.Part.of(
                                "wan1",
                                "tcp:up",
                                Figure.against(VTUN_CUBIC, Metric.RATE, BBR, AT_LEAST, 6),
                                Figure.against(VTUN_BBR, Metric.RATE, BBR, AT_LEAST, 1),
                                Figure.against(VTUN_CUBIC, Metric.RATE, CUBIC, AT_LEAST, 1)),
                        Campaign.Part.of(
                                "wan1",
                                "stream:up",
                                Figure.against(VTUN_CUBIC, Metric.LATE, BBR, AT_MOST, 0.5),
                                Figure.against(VTUN_BBR, Metric.LATE, BBR, AT_MOST, 1)),
                        Campaign.Part.of(
                                "wan0",
                                "blackout:times=4",
                                Figure.of(Metric.RATE_BACK, BBR, AT_MOST, 1.5),
                                Figure.against(VTUN_BBR, Metric.RATE_BACK, BBR, LESS_THAN, 1),
                                Figure.against(VTUN_CUBIC, Metric.RATE_BACK, BBR, LESS_THAN, 1),
                                Figure.of(Metric.CARRIED_TWICE, BBR, AT_MOST, 0)),
                        Campaign.Part.of(
                                "wan0",
                                "ping:up",
                                Figure.of(Metric.PING_ADDED, BBR, AT_MOST, 12),
                                Figure.against(VTUN_BBR, Metric.LOAD_RATE, BBR, AT_LEAST, 0.9),
                                Figure.above(DIRECT, Metric.PING_AVERAGE, CUBIC, 15)),
                        video(),
                        Campaign.Part.of(
                                "sea120",
                                "tcp:up,seconds=20",
                                Figure.against(PLAIN, Metric.RATE, BBR, AT_LEAST, 1.36)
                                        .where(Metric.TUN_DROPPED),
                                Figure.against(PLAIN, Metric.RATE, BBR, AT_LEAST, 1)),
                        Campaign.Part.of("veth", "tcp:up", Figure.against(PLAIN, Metric.RATE, BBR, AT_LEAST, 0.95)),
                        Campaign.Part.of("veth", "tcp:down", Figure.against(PLAIN, Metric.RATE, BBR, AT_LEAST, 0.95))));
    }

    /** 87 datagrams at once, thirty times a second, on a link with four times the room: only a queue that is too short loses any. */
    private static Campaign.Part video() {
        List<Figure> figures = new ArrayList<>();
        for (int length : new int[] {500, 100, 50}) {
            figures.add(Figure.of(Metric.TUN_DROPPED, Peer.withQueueLength(BBR, length), AT_MOST, 0));
        }
        figures.add(Figure.of(Metric.TUN_DROPPED_SHARE, Peer.withQueueLength(BBR, 25), AT_MOST, 0.1));
        for (int length : new int[] {10, 1}) {
            String tailDrop = Peer.withQueueLength(BBR, length) + ",queue.aqm=false,tun.shaper=off";
            figures.add(Figure.against(tailDrop, Metric.TUN_DROPPED, Peer.withQueueLength(BBR, length), AT_MOST, 0.1));
        }
        return Campaign.Part.of("baseline", "stream:up,rate=25,seconds=8", figures.toArray(Figure[]::new))
                .with("delay=5ms");
    }
}
