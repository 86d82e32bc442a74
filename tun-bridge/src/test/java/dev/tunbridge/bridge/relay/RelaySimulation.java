package dev.tunbridge.bridge.relay;

import static dev.tunbridge.bridge.simulation.VirtualTime.MILLISECOND;
import static dev.tunbridge.bridge.simulation.VirtualTime.SECOND;

import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.Trace;
import dev.tunbridge.bridge.simulation.Violation;
import dev.tunbridge.bridge.simulation.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The world of one seed. */
final class RelaySimulation implements AutoCloseable {
    /** All that clients and services mean to do takes less, whatever the scenario. */
    private static final long PATIENCE_NANOS = 200 * SECOND;

    private static final long RECONNECT_NANOS = 300 * MILLISECOND;
    private static final int MOST_CUTS = 5;

    private final RelayScenario scenario;
    private final VirtualTime time = new VirtualTime(SECOND);
    private final Dice dice;
    private final List<Exchange> exchanges = new ArrayList<>();
    private final ModelServer server;
    private final RelayHost host;
    private ModelLink up;
    private ModelLink down;
    private int cuts;

    /** What has come about, summed up. */
    record Outcome(
            long exchanges,
            long complete,
            long refused,
            long lost,
            long misbehaviours,
            long early,
            long bytes,
            long peakBytes) {
        static final Outcome NONE = new Outcome(0, 0, 0, 0, 0, 0, 0, 0);

        Outcome plus(Outcome other) {
            return new Outcome(
                    exchanges + other.exchanges,
                    complete + other.complete,
                    refused + other.refused,
                    lost + other.lost,
                    misbehaviours + other.misbehaviours,
                    early + other.early,
                    bytes + other.bytes,
                    Math.max(peakBytes, other.peakBytes));
        }
    }

    RelaySimulation(RelayScenario scenario, RelayMutation mutation, Trace trace) {
        this.scenario = scenario;
        dice = new Dice(scenario.seed());
        server = new ModelServer(time, trace, dice.split());
        host = new RelayHost(time, scenario, mutation, trace, dice.split(), exchanges::get);
        up = new ModelLink(time, scenario.delayNanos(), scenario.upBytesPerSecond(), server::arrived);
        down = new ModelLink(time, scenario.delayNanos(), scenario.downBytesPerSecond(), host::arrived);
        server.connected(down);
        host.connected(up);
    }

    void run() {
        for (int i = 0; i < scenario.exchanges(); i++) {
            Exchange exchange = draw();
            time.after(dice.between(0, scenario.spreadNanos()), () -> server.open(exchange));
        }
        for (int i = 0; i < scenario.breaks(); i++) {
            time.after(dice.between(0, 2 * scenario.spreadNanos()), () -> server.breakRule(this::draw));
        }
        tick();
        if (scenario.cutNanos() > 0) {
            time.after(dice.exponential(scenario.cutNanos()), this::cut);
        }
        time.runUntil(time.nowNanos() + 2 * scenario.spreadNanos());
        runUntilOver(exchange -> !exchange.plan.isStalling());
        server.endStalling();
        host.services().stream().filter(service -> !service.isLeftAlone()).forEach(ModelService::breaks);
        runUntilOver(exchange -> true);
        time.runUntil(time.nowNanos() + 2 * SECOND);
        exchanges.forEach(Exchange::judge);
        verifyNothingIsLeft();
    }

    private Exchange draw() {
        Exchange exchange = new Exchange(exchanges.size(), RelayScenario.Plan.draw(dice.split()));
        exchanges.add(exchange);
        return exchange;
    }

    private void tick() {
        host.relay().tick(time.nowNanos());
        host.verify();
        time.after(500 * MILLISECOND, this::tick);
    }

    private void cut() {
        up.cut();
        // What the server takes for done may have been under way.
        exchanges.stream().filter(exchange -> !exchange.isServiceDone).forEach(exchange -> exchange.isLost = true);
        host.disconnected(down.cut());
        server.disconnected();
        time.after(RECONNECT_NANOS, () -> {
            up = new ModelLink(time, scenario.delayNanos(), scenario.upBytesPerSecond(), server::arrived);
            down = new ModelLink(time, scenario.delayNanos(), scenario.downBytesPerSecond(), host::arrived);
            server.connected(down);
            host.connected(up);
            if (++cuts < MOST_CUTS) {
                time.after(dice.exponential(scenario.cutNanos()), this::cut);
            }
        });
    }

    private void runUntilOver(Predicate<Exchange> which) {
        long deadline = time.nowNanos() + PATIENCE_NANOS;
        while (exchanges.stream().anyMatch(exchange -> which.test(exchange) && !isOver(exchange))) {
            if (time.nowNanos() > deadline) {
                exchanges.stream()
                        .filter(which)
                        .filter(exchange -> !isOver(exchange))
                        .forEach(Exchange::judge);
            }
            time.runUntil(time.nowNanos() + SECOND);
        }
    }

    private static boolean isOver(Exchange exchange) {
        return exchange.isClientDone && exchange.isServiceDone;
    }

    private void verifyNothingIsLeft() {
        RelayStats stats = host.relay().stats();
        if (stats.now().channels() != 0
                || stats.now().halfOpen() != 0
                || stats.now().heldBytes() != 0) {
            throw new Violation("left when all is over: " + stats.now());
        }
        if (!host.services().isEmpty() || server.hasConversations()) {
            throw new Violation("left when all is over: " + host.services());
        }
        if (!server.unanswered().isEmpty()) {
            throw new Violation("numbers of which a rule was broken, and nothing was heard: " + server.unanswered());
        }
        if (scenario.breaks() == 0 && stats.misbehaved() > 0) {
            throw new Violation("takes an honest server for one that breaks rules: " + stats.misbehaviours());
        }
    }

    Outcome outcome() {
        RelayStats stats = host.relay().stats();
        return new Outcome(
                exchanges.size(),
                exchanges.stream()
                        .filter(exchange -> exchange.toClient.isEndGot && exchange.toService.isEndGot)
                        .count(),
                exchanges.stream().filter(exchange -> exchange.isRefused).count(),
                exchanges.stream().filter(exchange -> exchange.isLost).count(),
                stats.misbehaved(),
                host.wentEarlyCount,
                stats.bytesDown() + stats.bytesUp(),
                host.peakBytes);
    }

    @Override
    public void close() {
        server.close();
        host.close();
    }
}
