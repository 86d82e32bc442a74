package dev.tunbridge.bridge.path;

import java.util.Optional;

/**
 * The outer socket now.
 *
 * @param congestionControl by its name
 * @param rtoMaxMillis longest wait between two retransmissions; nothing where the kernel was not told
 * @param unsentLimitBytes how much it may hold unsent; nothing where that is left to the kernel
 * @param heldBack whether its pacing is limited for the moment, to keep BBR's queue out of the path
 * @param timeouts retransmission timeouts in a row without an acknowledgement; 0 while the server's host answers
 * @param outageRetries times that the kernel was made to try again in an outage before its own timer would have
 */
public record SocketStats(
        String congestionControl,
        Optional<Integer> rtoMaxMillis,
        Optional<Integer> unsentLimitBytes,
        boolean heldBack,
        long timeouts,
        long outageRetries) {}
