package dev.tunbridge.protocol.frame;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What types may have beyond one number each in a field of the header.
 *
 * @param many all numbers of those types that have many, or one under a mask, by name; the first is written unless the family says
 *     which
 * @param inPayload where the type lies, if in the payload
 */
public record FrameTypes(Map<String, List<TypeNumber>> many, Optional<PayloadType> inPayload) {
    public static final FrameTypes PLAIN = new FrameTypes(Map.of(), Optional.empty());

    public FrameTypes {
        Map<String, List<TypeNumber>> copy = new LinkedHashMap<>();
        many.forEach((name, numbers) -> copy.put(name, List.copyOf(numbers)));
        many = Map.copyOf(copy);
    }

    FrameTypes in(Optional<PayloadType> payload) {
        return new FrameTypes(many, payload);
    }

    /** Bytes in front of what messages are laid out of. */
    int strippedBytes() {
        return inPayload.map(PayloadType::strippedBytes).orElse(0);
    }
}
