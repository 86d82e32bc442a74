package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.LinkSettings;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a TUN device was before a tunnel had it. Of one that outlives the process it stands in its alias meanwhile, for a killed process
 * takes what it knows along:
 *
 * <pre>
 *   tunbridge was mtu=1500 txqueuelen=500 addrgenmode=0 up=0 ipv4.rp_filter=0 ipv6.accept_ra=1 alias=what stood there before
 * </pre>
 *
 * @param addressGeneration empty where it had no IPv6
 * @param sysctls by {@code ipv4.NAME} and {@code ipv6.NAME}
 */
record DeviceBefore(
        int mtu,
        int txQueueLength,
        OptionalInt addressGeneration,
        boolean isUp,
        String alias,
        Map<String, String> sysctls) {
    private static final Pattern KEPT = Pattern.compile(
            "tunbridge was mtu=(\\d{1,9}) txqueuelen=(\\d{1,10})(?: addrgenmode=(\\d))? up=([01])"
                    + "((?: ipv[46]\\.[a-z0-9_]+=-?\\d{1,9})*) alias=(.*)",
            Pattern.DOTALL);

    DeviceBefore {
        sysctls = Map.copyOf(sysctls);
    }

    /** What an earlier process has kept, or what the device is now. */
    static DeviceBefore of(Link link, Map<String, String> sysctls) {
        return keptBy(link)
                .orElseGet(() -> new DeviceBefore(
                        link.mtu(),
                        link.txQueueLength(),
                        link.addressGeneration(),
                        link.isUp(),
                        link.alias(),
                        sysctls));
    }

    /** What an earlier process has kept, as it does before it changes anything. */
    static Optional<DeviceBefore> keptBy(Link link) {
        Matcher kept = KEPT.matcher(link.alias());
        if (!kept.matches()) {
            return Optional.empty();
        }
        Map<String, String> sysctls = new TreeMap<>();
        for (String word : kept.group(5).strip().split(" ", -1)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                sysctls.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return Optional.of(new DeviceBefore(
                Integer.parseInt(kept.group(1)),
                Integer.parseUnsignedInt(kept.group(2)),
                kept.group(3) == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(kept.group(3))),
                kept.group(4).equals("1"),
                kept.group(6),
                sysctls));
    }

    /** The alias that keeps this; nothing where it would not fit. */
    Optional<String> toAlias() {
        StringBuilder text = new StringBuilder(
                "tunbridge was mtu=" + mtu + " txqueuelen=" + Integer.toUnsignedString(txQueueLength));
        addressGeneration.ifPresent(mode -> text.append(" addrgenmode=").append(mode));
        text.append(" up=").append(isUp ? 1 : 0);
        new TreeMap<>(sysctls)
                .forEach((name, value) ->
                        text.append(' ').append(name).append('=').append(value));
        text.append(" alias=").append(alias);
        return Optional.of(text.toString())
                .filter(kept -> kept.getBytes(StandardCharsets.UTF_8).length <= LinkSettings.MOST_ALIAS_BYTES)
                .filter(kept -> KEPT.matcher(kept).matches());
    }
}
