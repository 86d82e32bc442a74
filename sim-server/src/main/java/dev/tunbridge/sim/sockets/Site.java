package dev.tunbridge.sim.sockets;

import static dev.tunbridge.linux.netfilter.Expression.destination;
import static dev.tunbridge.linux.netfilter.Expression.equal;
import static dev.tunbridge.linux.netfilter.Expression.meta;
import static dev.tunbridge.linux.netfilter.Expression.toSocket;

import dev.tunbridge.bridge.net.Identity;
import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netfilter.BaseChain;
import dev.tunbridge.linux.netfilter.MetaKey;
import dev.tunbridge.linux.netfilter.Nftables;
import dev.tunbridge.linux.netfilter.Operand;
import dev.tunbridge.linux.netfilter.TableKind;
import dev.tunbridge.linux.netfilter.Transaction;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.protocol.message.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * What makes a host the place where everything to the device's address ends, as TPROXY does it:
 *
 * <pre>
 *   ip route add local DEVICE dev sim0 src OWN table local      local, so that it is routed to no one, whoever sends it
 *   table inet simserver_sim0, chain clients (prerouting)       TCP to DEVICE, any port -&gt; the listening socket
 *                                                               UDP the same, unless a socket has the flow
 * </pre>
 *
 * What this host itself sends there comes by the loopback and through the same hook, from OWN. Nothing stays behind a kill: the route goes
 * with the TUN device, the table with the socket that owns it.
 */
final class Site implements AutoCloseable {
    private static final BaseChain CLIENTS =
            new BaseChain("clients", BaseChain.FILTER, BaseChain.Hook.PREROUTING, BaseChain.MANGLE);

    private final KernelRoute route;
    private final Nftables nftables;
    private final String table;

    private Site(KernelRoute route, Nftables nftables, String table) {
        this.route = route;
        this.nftables = nftables;
        this.table = table;
    }

    /** Makes the device's address one of this host. */
    static KernelRoute addRoute(String tun, InetAddress own, InetAddress device) throws IOException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            KernelRoute route = KernelRoute.toThisHost(
                    device,
                    own,
                    new KernelRoute.Key(KernelRoute.TABLE_LOCAL, 0, Identity.PROTOCOL, 0),
                    configuration.link(tun).index());
            configuration.add(route);
            return route;
        }
    }

    /**
     * Has what goes to the device come to these sockets. On failure the route is gone too.
     *
     * @param route as {@link #addRoute} has made it
     * @throws LinuxException EPERM also where another process serves the same device name here
     */
    static Site setUp(KernelRoute route, String tun, int tcpPort, int udpPort) throws IOException {
        String table = "simserver_" + tun;
        try {
            Nftables nftables = Nftables.open();
            try {
                nftables.execute(Transaction.of(table)
                        .removeTableIfPresent()
                        .addTable(TableKind.OWNED)
                        .addChain(CLIENTS)
                        .addRule(
                                CLIENTS.name(),
                                List.of(meta(MetaKey.NFPROTO), equal(Operand.family(route.family()))),
                                List.of(destination(route.family()), equal(Operand.address(route.destination()))),
                                List.of(meta(MetaKey.L4PROTO), equal(Operand.octet(Message.TCP))),
                                toSocket(route.destination(), tcpPort))
                        .addRule(
                                CLIENTS.name(),
                                List.of(meta(MetaKey.NFPROTO), equal(Operand.family(route.family()))),
                                List.of(destination(route.family()), equal(Operand.address(route.destination()))),
                                List.of(meta(MetaKey.L4PROTO), equal(Operand.octet(Message.UDP))),
                                toSocket(route.destination(), udpPort)));
                return new Site(route, nftables, table);
            } catch (IOException | RuntimeException e) {
                nftables.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            removeRoute(route);
            throw e;
        }
    }

    /** Takes everything back; what is gone already is no fault. */
    @Override
    public void close() throws IOException {
        try (nftables) {
            nftables.execute(Transaction.of(table).removeTable());
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ENOENT)) {
                throw e;
            }
        } finally {
            removeRoute(route);
        }
    }

    static void removeRoute(KernelRoute route) throws IOException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            configuration.remove(route);
        } catch (LinuxException e) {
            boolean isGone = e.errno().equals(Errno.ESRCH)
                    || e.errno().equals(Errno.ENOENT)
                    || e.errno().equals(Errno.ENODEV);
            if (!isGone) {
                throw e;
            }
        }
    }
}
