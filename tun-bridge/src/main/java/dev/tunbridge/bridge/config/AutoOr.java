package dev.tunbridge.bridge.config;

/** What is tuned by itself, left as the kernel has it, or given a value by the user. */
public sealed interface AutoOr<T> {

    /** From what is measured. */
    record Auto<T>() implements AutoOr<T> {}

    /** Left alone. */
    record Off<T>() implements AutoOr<T> {}

    /** What the user said. */
    record Fixed<T>(T value) implements AutoOr<T> {}

    static <T> AutoOr<T> auto() {
        return new Auto<>();
    }

    static <T> AutoOr<T> off() {
        return new Off<>();
    }

    static <T> AutoOr<T> fixed(T value) {
        return new Fixed<>(value);
    }

    default boolean isOff() {
        return this instanceof Off;
    }
}
