package dev.tunbridge.bridge.tun;

/**
 * How a TUN device is opened.
 *
 * @param name the interface's name; {@code %d} in it lets the kernel choose a number
 * @param offload whether the kernel hands over and takes super-packets; the switch to blame one's problems on
 * @param coalescing whether consecutive segments of a flow are joined on their way to the kernel; needs offload
 * @param backpressure whether a full device stops its senders, where the kernel offers it
 */
public record TunOptions(String name, Offload offload, Coalescing coalescing, Backpressure backpressure) {
    /** Virtio headers, unfinished checksums and super-packets. */
    public enum Offload {
        ON,
        OFF
    }

    /** Joining of segments on write. */
    public enum Coalescing {
        ON,
        OFF
    }

    /** What a full device does with one packet more. */
    public enum Backpressure {
        /** It waits in the queue in front, where the kernel offers that; else it is dropped. */
        WHERE_OFFERED,
        /** It is dropped. */
        OFF
    }

    /** A device that drops when it is full, as every kernel's does. */
    public TunOptions(String name, Offload offload, Coalescing coalescing) {
        this(name, offload, coalescing, Backpressure.OFF);
    }

    /** A device of this name with everything on. */
    public static TunOptions named(String name) {
        return new TunOptions(name, Offload.ON, Coalescing.ON, Backpressure.WHERE_OFFERED);
    }

    boolean coalesces() {
        return offload == Offload.ON && coalescing == Coalescing.ON;
    }
}
