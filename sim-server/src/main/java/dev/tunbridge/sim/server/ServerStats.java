package dev.tunbridge.sim.server;

import dev.tunbridge.bridge.tun.TunStats;
import dev.tunbridge.sim.sockets.SocketStats;

/**
 * The simulated server at one moment; every counter since its start.
 *
 * @param sessions sessions welcomed
 * @param rejected hellos rejected
 * @param packetsToDevice inner packets framed
 * @param packetsFromDevice inner packets written to its TUN device
 * @param unfit packets from its TUN device that the carriage has no room for
 * @param notConnected packets from its TUN device while no device was there
 * @param badFrames frames that were none
 * @param tun its device's counters
 * @param sockets clients of virtual sockets
 */
public record ServerStats(
        long sessions,
        long rejected,
        long packetsToDevice,
        long packetsFromDevice,
        long unfit,
        long notConnected,
        long badFrames,
        TunStats tun,
        SocketStats sockets) {}
