package dev.tunbridge.bridge.server;

import java.util.OptionalInt;

/**
 * Sizes of a TCP segment, with its options, that are tried one after the other where longer ones vanish: what is left of a
 * link's packet beside IP and TCP headers. Of 1400 bytes (mobile and tunnelled links, IPsec), of 1280 (the least that IPv6
 * asks of any link), of 1064, and of 576 (the least that every host must take, RFC 791). IPv6 has nothing under 1280.
 */
public final class SegmentSteps {
    private static final int[] PACKETS = {1400, 1280, 1064, 576};
    private static final int IPV6_LEAST = 1280;
    private static final int IPV4_HEADERS = 40;
    private static final int IPV6_HEADERS = 60;

    private SegmentSteps() {}

    /** The next size below this one; nothing where there is none. */
    public static OptionalInt below(int segmentBytes, int addressBytes) {
        boolean isIpv4 = addressBytes == 4;
        for (int packet : PACKETS) {
            int step = packet - (isIpv4 ? IPV4_HEADERS : IPV6_HEADERS);
            if (step < segmentBytes && (isIpv4 || packet >= IPV6_LEAST)) {
                return OptionalInt.of(step);
            }
        }
        return OptionalInt.empty();
    }
}
