package dev.tunbridge.sim.link;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A named link: what each direction does, and who carries it.
 *
 * @param name as on the command line
 * @param carrier user space, or the kernel's own pair
 * @param ab from end a to end b
 * @param ba from end b to end a
 */
public record LinkProfile(String name, Carrier carrier, Impairment ab, Impairment ba) {

    /** Who moves the packets. */
    public enum Carrier {
        /** Two TAP devices and the model of this package. */
        USER_SPACE,
        /** A veth pair, as fast as the kernel is and without any impairment. */
        KERNEL_PAIR
    }

    /** User space without any impairment: the start for settings when no profile is named. */
    public static final LinkProfile CLEAR = symmetric("clear", builder -> {});

    public static final LinkProfile VETH =
            new LinkProfile("veth", Carrier.KERNEL_PAIR, Impairment.NONE, Impairment.NONE);

    private static final long MICROSECOND = 1_000;
    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000_000_000;
    private static final long MBIT = 1_000_000;

    /** The published profiles; every figure of the project names one of them, so they do not change. */
    private static final Map<String, LinkProfile> PROFILES = byName(List.of(
            VETH,
            CLEAR,
            symmetric("baseline", builder -> {
                line(builder, 300 * MICROSECOND, 100 * MBIT, 400_000);
            }),
            symmetric("wan0", LinkProfile::wan),
            symmetric("wan1", builder -> {
                wan(builder);
                builder.loss = Chance.independent(0.01);
            }),
            symmetric("wan3", builder -> {
                wan(builder);
                builder.loss = Chance.independent(0.03);
            }),
            // Low, medium and high follow a study of ten VPNs, at a tenth of its rate.
            symmetric("low", builder -> {
                line(builder, 2 * MILLISECOND, 100 * MBIT, 400_000);
                builder.jitterNanos = 500 * MICROSECOND;
                builder.loss = Chance.independent(0.0025);
                builder.reorder = Chance.independent(0.005);
            }),
            symmetric("medium", builder -> {
                line(builder, 4 * MILLISECOND, 100 * MBIT, 400_000);
                builder.jitterNanos = MILLISECOND;
                builder.loss = Chance.correlated(0.01, 0.5);
                builder.reorder = Chance.independent(0.025);
            }),
            symmetric("high", builder -> {
                line(builder, 6 * MILLISECOND, 100 * MBIT, 400_000);
                builder.jitterNanos = 1_500 * MICROSECOND;
                builder.loss = Chance.correlated(0.025, 0.5);
                builder.reorder = Chance.independent(0.05);
            }),
            symmetric("ge", builder -> {
                line(builder, 100 * MILLISECOND, 50 * MBIT, 1_250_000);
                builder.gilbertElliott = new GilbertElliott(0.01, 0.25, 0.9, 0.01);
            }),
            symmetric("blackout", builder -> {
                wan(builder);
                // Repeated, so that a load of any start meets one; "blackout.every=0s" leaves the first alone.
                builder.blackoutAtNanos = 5 * SECOND;
                builder.blackoutForNanos = 2 * SECOND;
                builder.blackoutEveryNanos = 20 * SECOND;
            }),
            symmetric("sea120", builder -> {
                line(builder, 60 * MILLISECOND, 50 * MBIT, 1_500_000);
                builder.loss = Chance.independent(0.001);
            })));

    public LinkProfile {
        if (carrier == Carrier.KERNEL_PAIR && !(ab.equals(Impairment.NONE) && ba.equals(Impairment.NONE))) {
            throw new IllegalArgumentException(
                    "profile " + name + " is a kernel pair and carries no impairment; allowed: profile clear");
        }
    }

    /** The published profile of that name; an unknown one is refused with those there are. */
    public static LinkProfile named(String name) throws LinkSettingException {
        LinkProfile profile = PROFILES.get(name);
        if (profile == null) {
            throw new LinkSettingException("profile", name, String.join(", ", names()));
        }
        return profile;
    }

    public static List<String> names() {
        return List.copyOf(PROFILES.keySet());
    }

    /**
     * This profile with settings on top, such as {@code ab.loss=1} or {@code rate=20mbit}; see {@link LinkSettings}.
     *
     * @throws LinkSettingException for the first setting that cannot be
     */
    public LinkProfile with(List<String> settings) throws LinkSettingException {
        return LinkSettings.apply(this, settings);
    }

    private static LinkProfile symmetric(String name, Consumer<Impairment.Builder> setting) {
        Impairment.Builder builder = Impairment.NONE.toBuilder();
        setting.accept(builder);
        Impairment both = builder.build();
        return new LinkProfile(name, Carrier.USER_SPACE, both, both);
    }

    private static void wan(Impairment.Builder builder) {
        line(builder, 25 * MILLISECOND, 20 * MBIT, 250_000);
    }

    private static void line(Impairment.Builder builder, long delayNanos, long bitsPerSecond, long queueBytes) {
        builder.delayNanos = delayNanos;
        builder.bitsPerSecond = bitsPerSecond;
        builder.queueBytes = queueBytes;
    }

    private static Map<String, LinkProfile> byName(List<LinkProfile> profiles) {
        Map<String, LinkProfile> map = new LinkedHashMap<>();
        for (LinkProfile profile : profiles) {
            map.put(profile.name, profile);
        }
        return map;
    }
}
