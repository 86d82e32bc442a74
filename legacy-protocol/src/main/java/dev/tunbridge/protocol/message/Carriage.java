package dev.tunbridge.protocol.message;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How traffic travels in frames: one way, or virtual sockets beside packets. */
public enum Carriage {
    /** Whole IP packets. */
    PACKET("packet"),
    /** TCP segments and UDP datagrams without an IP header. */
    SEGMENT("segment"),
    /** Virtual sockets: byte streams and datagrams on channels. */
    SOCKET("socket"),
    /** Both on one connection. */
    PACKET_AND_SOCKET("packet+socket"),
    /** Both on one connection. */
    SEGMENT_AND_SOCKET("segment+socket");

    private final String key;

    Carriage(String key) {
        this.key = key;
    }

    /** As descriptions and configurations name it. */
    public String key() {
        return key;
    }

    /** The one way, or both. */
    public Set<Carriage> parts() {
        return Stream.of(PACKET, SEGMENT, SOCKET).filter(this::includes).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether frames of this one way travel. */
    public boolean includes(Carriage way) {
        return switch (this) {
            case PACKET, SEGMENT, SOCKET -> this == way;
            case PACKET_AND_SOCKET -> way == PACKET || way == SOCKET;
            case SEGMENT_AND_SOCKET -> way == SEGMENT || way == SOCKET;
        };
    }

    /** The ways that these have in all. */
    public static Set<Carriage> partsOf(Collection<Carriage> carriages) {
        EnumSet<Carriage> ways = EnumSet.noneOf(Carriage.class);
        carriages.forEach(carriage -> ways.addAll(carriage.parts()));
        return Collections.unmodifiableSet(ways);
    }

    /** The one that a description names so. */
    public static Optional<Carriage> of(String key) {
        return List.of(values()).stream()
                .filter(carriage -> carriage.key.equals(key))
                .findFirst();
    }

    /** The carriage of these ways; nothing where none has just them. */
    public static Optional<Carriage> of(Set<Carriage> ways) {
        return List.of(values()).stream()
                .filter(carriage -> carriage.parts().equals(ways))
                .findFirst();
    }
}
