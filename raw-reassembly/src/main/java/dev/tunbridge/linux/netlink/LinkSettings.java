package dev.tunbridge.linux.netlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What of a {@link Link} is to change; what is empty stays.
 *
 * @param mtu longest packet, in bytes
 * @param txQueueLength packets that its queue holds
 * @param addressGeneration how IPv6 makes link-local addresses; refused where the interface has no IPv6
 * @param alias free text, {@value #MOST_ALIAS_BYTES} bytes at most; an empty one takes it away
 */
public record LinkSettings(
        OptionalInt mtu, OptionalInt txQueueLength, OptionalInt addressGeneration, Optional<String> alias) {
    /** IFALIASZ, but for the byte that ends it. */
    public static final int MOST_ALIAS_BYTES = 255;

    public static final LinkSettings NONE =
            new LinkSettings(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), Optional.empty());

    public LinkSettings mtu(int bytes) {
        return new LinkSettings(OptionalInt.of(bytes), txQueueLength, addressGeneration, alias);
    }

    public LinkSettings txQueueLength(int packets) {
        return new LinkSettings(mtu, OptionalInt.of(packets), addressGeneration, alias);
    }

    public LinkSettings addressGeneration(int mode) {
        return new LinkSettings(mtu, txQueueLength, OptionalInt.of(mode), alias);
    }

    public LinkSettings alias(String text) {
        return new LinkSettings(mtu, txQueueLength, addressGeneration, Optional.of(text));
    }
}
