package dev.tunbridge.sim.link;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The kernel's own shaper. It loses packets in front of its queue, not behind, and its correlation is its own (see
 * {@link Chance.Law#NETEM}); what it cannot do is refused.
 */
final class Netem {

    /** netem's limit counts packets, those within the delay included. */
    private static final int PACKET_BYTES = 1500;

    private static final int MIN_LIMIT = 1000;

    private Netem() {}

    /** For one direction, from {@code delay} on. */
    static String arguments(String direction, Impairment impairment) throws LinkSettingException {
        if (!impairment.blackout().equals(Blackout.NONE)) {
            throw new LinkSettingException(direction + ".blackout", "a blackout", "none with the shaper netem");
        }
        if (!impairment.drops().dataBytes().isEmpty()) {
            throw new LinkSettingException(direction + ".drop.bytes", "exact drops", "none with the shaper netem");
        }
        if (impairment.loss().isPossible() && impairment.gilbertElliott().isPossible()) {
            throw new LinkSettingException(
                    direction + ".loss", "two kinds of loss", "either loss or ge with the shaper netem");
        }
        StringBuilder text = new StringBuilder("limit ").append(limitPackets(impairment));
        if (impairment.delayNanos() > 0) {
            text.append(" delay ").append(micros(impairment.delayNanos()));
            if (impairment.jitterNanos() > 0) {
                text.append(' ').append(micros(impairment.jitterNanos()));
            }
        }
        append(text, "loss random", impairment.loss());
        GilbertElliott ge = impairment.gilbertElliott();
        if (ge.isPossible()) {
            text.append(" loss gemodel ")
                    .append(percent(ge.toBad()))
                    .append(' ')
                    .append(percent(ge.toGood()))
                    .append(' ')
                    .append(percent(ge.lossBad()))
                    .append(' ')
                    .append(percent(ge.lossGood()));
        }
        append(text, "reorder", impairment.reorder());
        append(text, "duplicate", impairment.duplicate());
        append(text, "corrupt", impairment.corrupt());
        if (impairment.bitsPerSecond() > 0) {
            text.append(" rate ").append(impairment.bitsPerSecond()).append("bit");
        }
        return text.toString();
    }

    static void install(String device, String arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("tc", "qdisc", "add", "dev", device, "root", "netem"));
        command.addAll(List.of(arguments.split(" ")));
        try {
            Command.run(command.toArray(String[]::new));
        } catch (IOException e) {
            String reason = String.valueOf(e.getMessage());
            if (reason.contains("kind is unknown") || reason.contains("No such file")) {
                throw new IOException("this kernel has no netem (sch_netem); use the shaper tap", e);
            }
            throw e;
        }
    }

    private static long limitPackets(Impairment impairment) {
        double delayedBytes = impairment.bitsPerSecond() / 8.0 * (impairment.delayNanos() / 1e9);
        return Math.max(MIN_LIMIT, Math.round((impairment.queueBytes() + delayedBytes) / PACKET_BYTES));
    }

    private static void append(StringBuilder text, String name, Chance chance) {
        if (chance.isPossible()) {
            text.append(' ').append(name).append(' ').append(percent(chance.share()));
            if (chance.correlation() > 0) {
                text.append(' ').append(percent(chance.correlation()));
            }
        }
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.6f%%", share * 100);
    }

    private static String micros(long nanos) {
        return String.format(Locale.ROOT, "%.3fus", nanos / 1e3);
    }
}
