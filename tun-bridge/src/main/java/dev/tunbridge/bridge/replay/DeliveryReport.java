package dev.tunbridge.bridge.replay;

import dev.tunbridge.bridge.filter.Refusal;
import java.util.Map;

/**
 * Inner packets, and what going early has gained.
 *
 * @param earlyPackets that did not wait for the kernel
 * @param latePackets that came by the kernel's stream in order
 * @param refused by the tunnel filter, by reason
 * @param gained for each early packet, the time until the kernel's stream brought it
 * @param unconfirmed early packets that the kernel's stream had not brought by the end of the file
 * @param waits from the capture of a packet's last byte to its delivery, early and late ones together
 */
public record DeliveryReport(
        long earlyPackets,
        long earlyBytes,
        long latePackets,
        long lateBytes,
        Map<Refusal, Long> refused,
        DurationReport gained,
        long unconfirmed,
        DurationReport waits) {}
