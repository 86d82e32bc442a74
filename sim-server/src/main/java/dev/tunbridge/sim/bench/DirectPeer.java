package dev.tunbridge.sim.bench;

import java.util.List;

/** The bare link: what no tunnel can beat by much. */
record DirectPeer() implements Peer {
    @Override
    public String name() {
        return "direct";
    }

    @Override
    public List<Program> programs() {
        return List.of();
    }

    @Override
    public Tunnel start(Site site) {
        return new Tunnel(site.outer(), List.of(), List.of());
    }
}
