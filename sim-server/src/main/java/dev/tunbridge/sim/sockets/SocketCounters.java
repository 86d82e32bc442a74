package dev.tunbridge.sim.sockets;

/** What {@link SocketStats} counts. */
final class SocketCounters {
    long opens;
    long refusals;
    long withoutDevice;
    long bytesToDevice;
    long bytesFromDevice;
    long datagramsDropped;
    long resetsByClient;
    long resetsByDevice;
    long deviceFaults;
    long misdeeds;

    SocketStats snapshot(int clients, int channels) {
        return new SocketStats(
                clients,
                channels,
                opens,
                refusals,
                withoutDevice,
                bytesToDevice,
                bytesFromDevice,
                datagramsDropped,
                resetsByClient,
                resetsByDevice,
                deviceFaults,
                misdeeds);
    }
}
