package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.foreign.Vtund;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.wire.DatagramFrame;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * vtun at both ends: the fair peer.
 *
 * @param queueLength of its TUN devices in packets; the kernel's own where it is empty
 */
record VtunPeer(String name, String congestionControl, OptionalInt queueLength) implements Peer {
    static final Program VTUND = new Program(Vtund.PROGRAM, Vtund.PACKAGE);

    @Override
    public List<Program> programs() {
        return List.of(VTUND);
    }

    @Override
    public boolean canRestartServer() {
        return true;
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        Tunnel.ServerStart serve = () -> atServer(queueLength).serve(site.serverSide(), site.folder());
        LabProcess server = serve.start();
        LabProcess device = new Vtund(Site.INNER_DEVICE, Site.INNER_SERVER, Site.MTU, queueLength)
                .connect(site.deviceSide(), site.folder(), Site.OUTER_SERVER);
        return new Tunnel(site.inner(), List.of(device), List.of(server), Optional.of(wire()), Optional.empty())
                .restartable(serve);
    }

    static Vtund atServer(OptionalInt queueLength) {
        return new Vtund(Site.INNER_SERVER, Site.INNER_DEVICE, Site.MTU, queueLength);
    }

    static OuterWire wire() {
        return new OuterWire(Vtund.PORT, payloadBytes -> Optional.of(DatagramFrame.ofPackets(Vtund.PREFIX_BYTES)));
    }
}
