package dev.tunbridge.sim.sockets;

/**
 * The clients at one moment; every counter since the server's start.
 *
 * @param clients connections and flows now
 * @param channels numbers in use now: that not both ends have closed
 * @param opens asked of the device, for clients that exist or, of a flood, for some that do not
 * @param refusals of these, that the device has not granted
 * @param withoutDevice connections that were reset and datagrams that were dropped because no device was there
 * @param bytesToDevice content of channels
 * @param bytesFromDevice the same the other way
 * @param datagramsDropped of clients: too long for a frame, or too many before the device has answered
 * @param resetsByClient connections that clients have broken off
 * @param resetsByDevice channels that the device has reset, first or in answer
 * @param deviceFaults words of the device that break the rules
 * @param misdeeds of the server's own, as it was told
 */
public record SocketStats(
        int clients,
        int channels,
        long opens,
        long refusals,
        long withoutDevice,
        long bytesToDevice,
        long bytesFromDevice,
        long datagramsDropped,
        long resetsByClient,
        long resetsByDevice,
        long deviceFaults,
        long misdeeds) {
    /** Of a server without virtual sockets. */
    public static final SocketStats NONE = new SocketStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
