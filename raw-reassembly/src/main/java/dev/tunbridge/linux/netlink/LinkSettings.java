package dev.tunbridge.linux.netlink;

import java.util.OptionalInt;

/**
 * What of a {@link Link} is to change; what is empty stays.
 *
 * @param mtu longest packet, in bytes
 * @param txQueueLength packets that its queue holds
 * @param addressGeneration how IPv6 makes link-local addresses; refused where the interface has no IPv6
 */
public record LinkSettings(OptionalInt mtu, OptionalInt txQueueLength, OptionalInt addressGeneration) {
    public static final LinkSettings NONE =
            new LinkSettings(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

    public LinkSettings mtu(int bytes) {
        return new LinkSettings(OptionalInt.of(bytes), txQueueLength, addressGeneration);
    }

    public LinkSettings txQueueLength(int packets) {
        return new LinkSettings(mtu, OptionalInt.of(packets), addressGeneration);
    }

    public LinkSettings addressGeneration(int mode) {
        return new LinkSettings(mtu, txQueueLength, OptionalInt.of(mode));
    }
}
