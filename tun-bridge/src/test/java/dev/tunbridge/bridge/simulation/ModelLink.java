package dev.tunbridge.bridge.simulation;

import java.util.function.BiFunction;
import java.util.function.Consumer;

/** One direction of the path: a bottleneck with a queue, then delay, then whatever goes wrong. */
final class ModelLink<T> {
    private final VirtualTime time;
    private final Dice dice;
    private final BiFunction<T, Dice, T> damage;
    private final Consumer<T> destination;
    private LinkTraits traits;
    private long freeAtNanos;
    private long lastArrivalNanos;
    private boolean losing;
    private long lost;
    private long damaged;

    /** @param damage makes a corrupt copy of a packet */
    ModelLink(VirtualTime time, Dice dice, LinkTraits traits, BiFunction<T, Dice, T> damage, Consumer<T> destination) {
        this.time = time;
        this.dice = dice;
        this.traits = traits;
        this.damage = damage;
        this.destination = destination;
    }

    void heal() {
        traits = traits.healed();
        losing = false;
    }

    long lost() {
        return lost;
    }

    long damaged() {
        return damaged;
    }

    void send(T packet, int bytes) {
        long now = time.nowNanos();
        long waitNanos = Math.max(0, freeAtNanos - now);
        if (waitNanos * traits.bytesPerSecond() / VirtualTime.SECOND > traits.queueBytes()) {
            lost++;
            return;
        }
        freeAtNanos = now + waitNanos + bytes * VirtualTime.SECOND / traits.bytesPerSecond();
        if (isLost()) {
            lost++;
            return;
        }
        arrive(packet);
        if (dice.chance(traits.duplication())) {
            arrive(packet);
        }
    }

    /** Two states, so that losses come in bursts of the mean length (Gilbert). */
    private boolean isLost() {
        double loss = traits.loss();
        if (loss == 0) {
            return false;
        }
        double stay = 1 - 1 / traits.lossBurst();
        double enter = Math.min(1, (1 - stay) * loss / (1 - loss));
        losing = dice.chance(losing ? stay + (1 - stay) * enter : enter);
        return losing;
    }

    private void arrive(T packet) {
        long at = freeAtNanos + traits.delayNanos();
        if (traits.jitterNanos() > 0) {
            at += dice.between(0L, traits.jitterNanos());
        }
        if (traits.keepsOrder()) {
            at = Math.max(at, lastArrivalNanos);
            lastArrivalNanos = at;
        }
        if (dice.chance(traits.reordering())) {
            at += dice.between(0L, traits.reorderNanos());
        }
        long tick = traits.tickNanos();
        at = (at + tick - 1) / tick * tick;
        T arriving = packet;
        if (dice.chance(traits.corruption())) {
            damaged++;
            arriving = damage.apply(packet, dice);
        }
        T whole = arriving;
        time.at(at, () -> destination.accept(whole));
    }
}
