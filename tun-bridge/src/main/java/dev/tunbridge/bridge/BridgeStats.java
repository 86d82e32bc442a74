package dev.tunbridge.bridge;

import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.mapping.MappingStats;
import dev.tunbridge.bridge.path.SocketStats;
import dev.tunbridge.bridge.path.TuningStats;
import dev.tunbridge.bridge.queue.QueueStats;
import dev.tunbridge.bridge.relay.RelayStats;
import dev.tunbridge.bridge.suppress.SuppressionStats;
import dev.tunbridge.bridge.tun.TunStats;
import java.util.Map;
import java.util.Optional;

/**
 * A bridge at one moment; every counter since its start.
 *
 * @param state where it stands
 * @param connections sessions established so far
 * @param down from the server to the device
 * @param up from the device to the server
 * @param outer the outer connections together
 * @param receive the raw lane, which delivers past holes of the outer connection
 * @param refusedFromTunnel packets the filter refused, by reason
 * @param refusedFromDevice the same from the device
 * @param flows inner flows remembered now
 * @param flowsEvicted flows forgotten because the table was full
 * @param suppression what was not sent twice; empty where it is switched off
 * @param mapping who has which address of the pool; empty where clients keep their addresses
 * @param queue packets waiting for the outer connection
 * @param tuning of routes and the TUN device's qdisc; empty for a device that the kernel knows nothing of
 * @param socket the outer socket; empty while there is none
 * @param appWaiting application messages waiting
 * @param tun the device's own counters
 * @param backpressure whether local senders stop where the device is full ({@code IFF_BACKPRESSURE})
 * @param relay virtual sockets; empty where they are not offered
 */
public record BridgeStats(
        BridgeState state,
        long connections,
        Traffic down,
        Traffic up,
        Outer outer,
        ReceiveStats receive,
        Map<Refusal, Long> refusedFromTunnel,
        Map<Refusal, Long> refusedFromDevice,
        int flows,
        long flowsEvicted,
        Optional<SuppressionStats> suppression,
        Optional<MappingStats> mapping,
        QueueStats queue,
        Optional<TuningStats> tuning,
        Optional<SocketStats> socket,
        int appWaiting,
        TunStats tun,
        boolean backpressure,
        Optional<RelayStats> relay) {

    /** Inner packets and their bytes, IP headers included. */
    public record Traffic(long packets, long bytes) {}

    /**
     * What crossed the outer connection, and what was wrong with it.
     *
     * @param bytesIn bytes read from the kernel
     * @param bytesOut bytes handed to the kernel
     * @param framesIn valid frames
     * @param framesOut frames written
     * @param badFrames places where a frame should have been and was not
     * @param skippedBytes bytes passed over to find the next frame
     * @param malformedMessages valid frames with a payload that means nothing
     * @param unknownTypes frames of a type that this end does not know
     * @param keepAlivesUnanswered keep-alives of a server that did not read the answers
     * @param wrongCarriage traffic frames of another carriage than the agreed one
     * @param notConnected packets from the device while there was no session
     */
    public record Outer(
            long bytesIn,
            long bytesOut,
            long framesIn,
            long framesOut,
            long badFrames,
            long skippedBytes,
            long malformedMessages,
            long unknownTypes,
            long keepAlivesUnanswered,
            long wrongCarriage,
            long notConnected) {}
}
