package dev.tunbridge.reassembly.wire;

import java.net.InetSocketAddress;

/**
 * The addresses and ports of one TCP connection, seen from this end. Both addresses are resolved and of one family.
 *
 * @param local this end
 * @param remote the other
 */
public record FourTuple(InetSocketAddress local, InetSocketAddress remote) {
    public FourTuple {
        if (local.isUnresolved() || remote.isUnresolved()) {
            throw new IllegalArgumentException("both addresses must be resolved: " + local + ", " + remote);
        }
        if (local.getAddress().getAddress().length != remote.getAddress().getAddress().length) {
            throw new IllegalArgumentException("addresses of two families: " + local + ", " + remote);
        }
    }

    /** 4 or 16. */
    public int addressBytes() {
        return local.getAddress().getAddress().length;
    }

    public FourTuple reversed() {
        return new FourTuple(remote, local);
    }
}
