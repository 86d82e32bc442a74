package dev.tunbridge.linux.netlink;

/**
 * The queueing discipline at the root of an interface.
 *
 * @param kind such as {@code pfifo_fast}
 * @param handle major number in the upper half; 0 for the kernel's own choice
 * @param rateBytesPerSecond of a token bucket; 0 for any other kind
 * @param sentBytes bytes that left it
 * @param sentPackets packets that left it
 * @param dropped packets that it dropped
 * @param backlogBytes bytes that wait
 * @param waitingPackets packets that wait
 */
public record QueueDiscipline(
        String kind,
        int handle,
        long rateBytesPerSecond,
        long sentBytes,
        long sentPackets,
        long dropped,
        long backlogBytes,
        long waitingPackets) {

    /** Whether the kernel chose it, and nobody has configured anything. */
    public boolean isDefault() {
        return handle == 0;
    }

    /** Whether {@link TrafficControl} made it, in this process or in one that was killed. */
    public boolean isOurs() {
        return handle == TrafficControl.HANDLE && kind.equals(TrafficControl.TOKEN_BUCKET);
    }
}
