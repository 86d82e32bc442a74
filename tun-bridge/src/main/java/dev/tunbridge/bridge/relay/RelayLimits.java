package dev.tunbridge.bridge.relay;

import java.util.concurrent.TimeUnit;

/**
 * How much a relay may have and hold.
 *
 * @param channels at once, those whose service has still to take the rest among them
 * @param halfOpen of these, connections whose service has not answered yet
 * @param opensPerSecond on average; a second's worth may come at once
 * @param channelBytes of one channel, for each direction: credit that is out or bytes not taken yet, and bytes in the queue
 * @param totalBytes the sum over all channels and both directions; at least 2 KiB a channel, which each has for itself
 * @param connectNanos until a service has answered
 * @param idleNanos until a UDP channel is over on which nothing goes either way
 * @param drainNanos that a service may take nothing of the rest of a channel that is over
 */
public record RelayLimits(
        int channels,
        int halfOpen,
        int opensPerSecond,
        int channelBytes,
        int totalBytes,
        long connectNanos,
        long idleNanos,
        long drainNanos) {

    /** What each direction of a channel may have whatever the others do: less, and a frame would carry more header than bytes. */
    public static final int OWN_BYTES = 1024;

    /** What a frame in the queue costs besides its bytes: otherwise bytes that a service sends one by one would cost nothing. */
    public static final int FRAME_OVERHEAD_BYTES = 256;

    /**
     * A number has 16 bits, and so has the answer to it; 1,024 channels keep the part that is shared as large as the one that is not. 1 MiB is
     * twice what 40 Mbit/s need at 100 ms. The times are those of other relays: 10 s to connect, a minute of silence as RFC 4787 wants at
     * the least (REQ-5: two, or one configured; NAT devices in the field have 30 to 60 s).
     */
    public static final RelayLimits DEFAULTS = new RelayLimits(
            1024,
            128,
            2000,
            1 << 20,
            4 << 20,
            TimeUnit.SECONDS.toNanos(10),
            TimeUnit.SECONDS.toNanos(60),
            TimeUnit.SECONDS.toNanos(60));

    public RelayLimits {
        within("channels", channels, 1, 1 << 16);
        within("halfOpen", halfOpen, 1, channels);
        within("opensPerSecond", opensPerSecond, 1, 1_000_000);
        within("channelBytes", channelBytes, OWN_BYTES, 1 << 30);
        within("totalBytes", totalBytes, 2L * OWN_BYTES * channels, 1 << 30);
        within("connectNanos", connectNanos, 1, Long.MAX_VALUE / 4);
        within("idleNanos", idleNanos, 1, Long.MAX_VALUE / 4);
        within("drainNanos", drainNanos, 1, Long.MAX_VALUE / 4);
    }

    private static void within(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + "; allowed " + least + " to " + most);
        }
    }
}
