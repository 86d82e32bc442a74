package dev.tunbridge.bridge.json;

import dev.tunbridge.bridge.measure.WaitHistogram;
import dev.tunbridge.reassembly.stream.Handshake;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Counters as one JSON object: a record becomes an object with a key for each component, a map one with a key for each
 * entry, a collection an array. Names are in lower case with underscores, so that {@code bytesIn} is {@code bytes_in}.
 */
public final class StatsJson {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private StatsJson() {}

    /** What is told of a histogram. */
    private record Waits(
            long count, long overOneMs, long overFiveMs, long overFiftyMs, double p50Ms, double p99Ms, double maxMs) {
        static Waits of(WaitHistogram waits) {
            return new Waits(
                    waits.count(),
                    waits.over(TimeUnit.MILLISECONDS.toNanos(1)),
                    waits.over(TimeUnit.MILLISECONDS.toNanos(5)),
                    waits.over(TimeUnit.MILLISECONDS.toNanos(50)),
                    waits.percentileNanos(50) / NANOS_PER_MILLISECOND,
                    waits.percentileNanos(99) / NANOS_PER_MILLISECOND,
                    waits.percentileNanos(100) / NANOS_PER_MILLISECOND);
        }
    }

    /** What was negotiated, numbers of 32 bits without their sign. */
    private record Negotiated(
            boolean sack,
            boolean timestamps,
            int windowScale,
            int maximumSegmentSize,
            long initialSequenceNumber,
            int interfaceIndex) {
        static Negotiated of(Handshake handshake) {
            return new Negotiated(
                    handshake.hasSack(),
                    handshake.hasTimestamps(),
                    handshake.windowScale(),
                    handshake.maximumSegmentSize(),
                    Integer.toUnsignedLong(handshake.initialSequenceNumber()),
                    handshake.interfaceIndex());
        }
    }

    /** Those of several bridges, by the names of their devices. */
    public static String of(Map<String, ? extends Record> stats) {
        return stats.entrySet().stream()
                .map(entry -> JsonText.field(entry.getKey(), of(entry.getValue())))
                .collect(Collectors.joining(",", "{", "}"));
    }

    public static String of(Record stats) {
        return Arrays.stream(stats.getClass().getRecordComponents())
                .map(component -> field(component.getName(), value(read(component, stats))))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static Object read(RecordComponent component, Record stats) {
        try {
            return component.getAccessor().invoke(stats);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static String value(Object value) {
        if (value instanceof Handshake handshake) {
            return of(Negotiated.of(handshake));
        }
        if (value instanceof Record nested) {
            return of(nested);
        }
        if (value instanceof Optional<?> optional) {
            return optional.isPresent() ? value(optional.get()) : "null";
        }
        if (value instanceof WaitHistogram waits) {
            return of(Waits.of(waits));
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> field(String.valueOf(entry.getKey()), value(entry.getValue())))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Collection<?> collection) {
            return JsonText.array(collection.stream().map(StatsJson::value));
        }
        if (value instanceof Double number) {
            return number.isNaN() || number.isInfinite() ? "null" : number.toString();
        }
        if (value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        if (value instanceof Enum<?> constant) {
            return JsonText.text(constant.name().toLowerCase(Locale.ROOT));
        }
        if (value instanceof String string) {
            return JsonText.text(string);
        }
        throw new IllegalArgumentException("nothing says how " + value.getClass() + " looks in JSON");
    }

    private static String field(String name, String value) {
        boolean isConstant = name.equals(name.toUpperCase(Locale.ROOT));
        String key = isConstant ? name : name.replaceAll("([A-Z])", "_$1");
        return JsonText.field(key.toLowerCase(Locale.ROOT), value);
    }
}
