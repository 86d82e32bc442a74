package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.LinuxException;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Readings of what changes by itself, each of which serves all who asked before it began: as fresh for them as one of their own, and
 * however many ask at once, one is read while they wait, and perhaps one more. Thread-safe.
 *
 * @param <T> immutable
 */
final class SharedReadings<T> {
    /** Network namespaces that one process looks at, by family. */
    private static final int MOST = 64;

    /** One reading; its fault is the reader's own, and the next who waits reads itself. */
    @FunctionalInterface
    interface Reader<T> {
        T read() throws LinuxException;
    }

    private static final class Slot<T> {
        private long begunNanos;
        private @Nullable SoftReference<T> last;
    }

    /** Guarded by itself; what was not asked for longest is forgotten first. */
    private final Map<String, Slot<T>> slots = new LinkedHashMap<>(MOST, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Slot<T>> eldest) {
            return size() > MOST;
        }
    };

    /** The result of a reading that began after this call did. */
    T get(String subject, Reader<T> reader) throws LinuxException {
        long askedNanos = System.nanoTime();
        Slot<T> slot;
        synchronized (slots) {
            slot = slots.computeIfAbsent(subject, first -> new Slot<>());
        }
        synchronized (slot) {
            T last = slot.last == null ? null : slot.last.get();
            if (last != null && slot.begunNanos - askedNanos > 0) {
                return last;
            }
            long begunNanos = System.nanoTime();
            T read = reader.read();
            slot.begunNanos = begunNanos;
            slot.last = new SoftReference<>(read);
            return read;
        }
    }
}
