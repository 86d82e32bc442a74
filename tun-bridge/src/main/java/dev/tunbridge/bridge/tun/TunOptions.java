package dev.tunbridge.bridge.tun;

/**
 * How a TUN device is opened.
 *
 * @param name the interface's name; {@code %d} in it lets the kernel choose a number
 * @param offload whether the kernel hands over and takes super-packets; the switch to blame one's problems on
 * @param coalescing whether consecutive segments of a flow are joined on their way to the kernel; needs offload
 */
public record TunOptions(String name, Offload offload, Coalescing coalescing) {
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

    /** A device of this name with everything on. */
    public static TunOptions named(String name) {
        return new TunOptions(name, Offload.ON, Coalescing.ON);
    }

    boolean coalesces() {
        return offload == Offload.ON && coalescing == Coalescing.ON;
    }
}
