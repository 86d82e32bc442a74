package dev.tunbridge.sim.link;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Settings as they are typed: {@code key=value}, with {@code ab.} or {@code ba.} in front for one direction and
 * without for both. Shares are in percent, times and rates carry their unit.
 */
public final class LinkSettings {

    private interface Setter {
        void set(Impairment.Builder builder, Quantity value) throws LinkSettingException;
    }

    private record Setting(String meaning, Setter setter) {}

    private static final Map<String, Setting> SETTINGS = new LinkedHashMap<>();

    static {
        define("delay", "time from end to end, 25ms", (b, v) -> b.delayNanos = v.nanos());
        define("jitter", "the delay varies by as much to either side, 2ms", (b, v) -> b.jitterNanos = v.nanos());
        define("rate", "20mbit, or 0 for no limit", (b, v) -> b.bitsPerSecond = v.bitsPerSecond());
        define("queue", "bytes in front of the rate, 250kB", (b, v) -> b.queueBytes = v.bytes());
        define("loss", "percent lost", (b, v) -> b.loss = b.loss.withShare(v.share()));
        define(
                "loss.correlation",
                "percent, from packet to packet",
                (b, v) -> b.loss = b.loss.withCorrelation(v.correlation()));
        define("ge.p", "Gilbert-Elliott: percent good to bad", (b, v) -> {
            GilbertElliott ge = b.gilbertElliott;
            b.gilbertElliott = new GilbertElliott(v.share(), ge.toGood(), ge.lossBad(), ge.lossGood());
        });
        define("ge.r", "Gilbert-Elliott: percent bad to good", (b, v) -> {
            GilbertElliott ge = b.gilbertElliott;
            b.gilbertElliott = new GilbertElliott(ge.toBad(), v.share(), ge.lossBad(), ge.lossGood());
        });
        define("ge.bad", "Gilbert-Elliott: percent lost while bad", (b, v) -> {
            GilbertElliott ge = b.gilbertElliott;
            b.gilbertElliott = new GilbertElliott(ge.toBad(), ge.toGood(), v.share(), ge.lossGood());
        });
        define("ge.good", "Gilbert-Elliott: percent lost while good", (b, v) -> {
            GilbertElliott ge = b.gilbertElliott;
            b.gilbertElliott = new GilbertElliott(ge.toBad(), ge.toGood(), ge.lossBad(), v.share());
        });
        define("reorder", "percent that skip the delay", (b, v) -> b.reorder = b.reorder.withShare(v.share()));
        define(
                "reorder.correlation",
                "percent, from packet to packet",
                (b, v) -> b.reorder = b.reorder.withCorrelation(v.correlation()));
        define("duplicate", "percent that arrive twice", (b, v) -> b.duplicate = b.duplicate.withShare(v.share()));
        define(
                "duplicate.correlation",
                "percent, from packet to packet",
                (b, v) -> b.duplicate = b.duplicate.withCorrelation(v.correlation()));
        define(
                "corrupt",
                "percent that arrive with a bit flipped",
                (b, v) -> b.corrupt = b.corrupt.withShare(v.share()));
        define(
                "corrupt.correlation",
                "percent, from packet to packet",
                (b, v) -> b.corrupt = b.corrupt.withCorrelation(v.correlation()));
        define("correlation", "share (it keeps the share) or netem (it does not)", (b, v) -> {
            Chance.Law law = v.correlationLaw();
            b.loss = b.loss.withLaw(law);
            b.reorder = b.reorder.withLaw(law);
            b.duplicate = b.duplicate.withLaw(law);
            b.corrupt = b.corrupt.withLaw(law);
        });
        // A blackout is whole only once all its keys are read, so its own check comes with Impairment.Builder.build.
        define("blackout.at", "from the start of the link, 5s", (b, v) -> b.blackoutAtNanos = v.nanos());
        define("blackout.for", "how long nothing passes, 2s", (b, v) -> b.blackoutForNanos = v.nanos());
        define("blackout.every", "from one to the next, 0s for once", (b, v) -> b.blackoutEveryNanos = v.nanos());
        define(
                "drop.bytes",
                "numbers of TCP data bytes, 1,2897: each drops the segment that first carries it",
                (b, v) -> b.drops = new ExactDrops(v.numbers(), b.drops.port()));
        define(
                "drop.port",
                "exact drops only on this TCP port, 0 for any",
                (b, v) -> b.drops = new ExactDrops(b.drops.dataBytes(), v.port()));
    }

    private LinkSettings() {}

    /** One line for each key, for {@code --help} and documents. */
    public static List<String> describe() {
        List<String> lines = new ArrayList<>();
        SETTINGS.forEach((key, setting) -> lines.add(String.format("%-22s %s", key, setting.meaning)));
        return lines;
    }

    static LinkProfile apply(LinkProfile profile, List<String> settings) throws LinkSettingException {
        if (settings.isEmpty()) {
            return profile;
        }
        if (profile.carrier() == LinkProfile.Carrier.KERNEL_PAIR) {
            throw new LinkSettingException(
                    "set", settings.get(0), "nothing on profile " + profile.name() + "; profile clear takes settings");
        }
        Impairment.Builder ab = profile.ab().toBuilder();
        Impairment.Builder ba = profile.ba().toBuilder();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new LinkSettingException("set", setting, "key=value, such as ab.loss=1 or rate=20mbit");
            }
            String field = setting.substring(0, equals).strip();
            Quantity value = new Quantity(field, setting.substring(equals + 1).strip());
            if (field.startsWith("ab.")) {
                set(ab, field.substring(3), value);
            } else if (field.startsWith("ba.")) {
                set(ba, field.substring(3), value);
            } else {
                set(ab, field, value);
                set(ba, field, value);
            }
        }
        return new LinkProfile(profile.name(), profile.carrier(), build("ab", ab), build("ba", ba));
    }

    private static void set(Impairment.Builder builder, String key, Quantity value) throws LinkSettingException {
        Setting setting = SETTINGS.get(key);
        if (setting == null) {
            throw new LinkSettingException(
                    "set", value.field(), String.join(", ", SETTINGS.keySet()) + ", with ab. or ba. in front or not");
        }
        try {
            setting.setter.set(builder, value);
        } catch (IllegalArgumentException e) {
            throw LinkSettingException.ofReason(value.field(), value.text(), String.valueOf(e.getMessage()));
        }
    }

    /** Values that are each right can still not go together: a jitter beyond the delay, a blackout without end. */
    private static Impairment build(String direction, Impairment.Builder builder) throws LinkSettingException {
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw LinkSettingException.ofReason(direction, "these settings together", String.valueOf(e.getMessage()));
        }
    }

    private static void define(String key, String meaning, Setter setter) {
        SETTINGS.put(key, new Setting(meaning, setter));
    }
}
