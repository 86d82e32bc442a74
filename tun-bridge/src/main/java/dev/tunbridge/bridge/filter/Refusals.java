package dev.tunbridge.bridge.filter;

import java.util.EnumMap;
import java.util.Map;

/** How many packets the filter refused, by direction and reason. Loop thread only. */
public final class Refusals {
    private static final Refusal[] REASONS = Refusal.values();

    private final long[] fromTunnel = new long[REASONS.length];
    private final long[] fromDevice = new long[REASONS.length];

    public void fromTunnel(Refusal reason) {
        fromTunnel[reason.ordinal()]++;
    }

    public void fromDevice(Refusal reason) {
        fromDevice[reason.ordinal()]++;
    }

    public Map<Refusal, Long> fromTunnel() {
        return nonZero(fromTunnel);
    }

    public Map<Refusal, Long> fromDevice() {
        return nonZero(fromDevice);
    }

    private static Map<Refusal, Long> nonZero(long[] counts) {
        Map<Refusal, Long> map = new EnumMap<>(Refusal.class);
        for (Refusal reason : REASONS) {
            if (counts[reason.ordinal()] != 0) {
                map.put(reason, counts[reason.ordinal()]);
            }
        }
        return map;
    }
}
