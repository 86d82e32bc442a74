package dev.tunbridge.protocol.message;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** How traffic travels in frames. */
public enum Carriage {
    /** Whole IP packets. */
    PACKET(1),
    /** TCP segments and UDP datagrams without an IP header. */
    SEGMENT(2),
    /** Virtual sockets: byte streams and datagrams on channels. */
    SOCKET(4);

    private final int bit;

    Carriage(int bit) {
        this.bit = bit;
    }

    /** The bit of this carriage in a hello or welcome. */
    public int bit() {
        return bit;
    }

    static Optional<Carriage> ofBit(int bit) {
        for (Carriage carriage : values()) {
            if (carriage.bit == bit) {
                return Optional.of(carriage);
            }
        }
        return Optional.empty();
    }

    /** The known carriages among the bits; a newer peer may offer others as well. */
    static Set<Carriage> ofBits(int bits) {
        EnumSet<Carriage> carriages = EnumSet.noneOf(Carriage.class);
        for (Carriage carriage : values()) {
            if ((bits & carriage.bit) != 0) {
                carriages.add(carriage);
            }
        }
        return carriages;
    }

    static int bitsOf(Set<Carriage> carriages) {
        return carriages.stream().mapToInt(Carriage::bit).sum();
    }
}
