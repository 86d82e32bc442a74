package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.net.Overlap;
import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gives sockets the addresses that their services are to see. Loop thread only, in the network namespace of the services. */
final class ServiceSource {
    private final SourceMode mode;
    private final boolean mayBeNeighbours;
    private InetAddress deviceAddress = InetAddress.getLoopbackAddress();
    private @Nullable NetworkConfiguration host;

    /** @param mayBeNeighbours whether a client may have the address of a host that this one reaches directly */
    ServiceSource(SourceMode mode, boolean mayBeNeighbours) {
        this.mode = mode;
        this.mayBeNeighbours = mayBeNeighbours;
    }

    SourceMode mode() {
        return mode;
    }

    InetAddress deviceAddress() {
        return deviceAddress;
    }

    /** The session has given the device this address. */
    void established(InetAddress deviceAddress) {
        this.deviceAddress = deviceAddress;
    }

    /**
     * Before it connects.
     *
     * @param service where it will connect to
     * @throws NoRouteToHostException where the service is of another address family
     * @throws NotAClientException for an address that no client can have
     */
    void bind(LinuxSocket socket, Channel channel, InetSocketAddress service) throws IOException {
        if (mode == SourceMode.DEVICE) {
            requireFamily(deviceAddress, service);
            // So that a port is chosen when it connects: two services may be spoken to from one.
            Sockets.trySet(socket.intValue(), SocketOption.IP_BIND_ADDRESS_NO_PORT, 1);
            socket.bind(new InetSocketAddress(deviceAddress, 0));
        } else if (mode == SourceMode.CLIENT) {
            InetAddress client = channel.clientAddress();
            requireFamily(client, service);
            requireForeign(client);
            Sockets.set(
                    socket.intValue(),
                    client instanceof Inet4Address ? SocketOption.IP_TRANSPARENT : SocketOption.IPV6_TRANSPARENT,
                    1);
            socket.setReuseAddress(true); // one port of a client may reach several services
            socket.bind(new InetSocketAddress(client, channel.clientPort()));
        }
    }

    private static void requireFamily(InetAddress source, InetSocketAddress service) throws NoRouteToHostException {
        if (source.getAddress().length != service.getAddress().getAddress().length) {
            throw new NoRouteToHostException(source.getHostAddress() + " cannot speak with "
                    + service.getAddress().getHostAddress() + ", which is of the other address family");
        }
    }

    /** A service that trusts its own host, or its neighbours, would trust a client that claims to be one. */
    private void requireForeign(InetAddress client) throws IOException {
        boolean isSpecial = TunnelFilter.isSpecial(client);
        Optional<KernelRoute> way = isSpecial ? Optional.empty() : host().match(client, IpView.PROTOCOL_TCP);
        if (isSpecial || way.filter(ServiceSource::isThisHosts).isPresent()) {
            throw new NotAClientException(client, "this host's own, or nobody's");
        }
        if (!mayBeNeighbours && way.filter(Overlap::leadsToNeighbours).isPresent()) {
            throw new NotAClientException(client, "a neighbour's of this host (tun.overlap=warn lets it pass)");
        }
    }

    /** Whole networks of it may stand in any table; the local one has broadcast addresses too. */
    private static boolean isThisHosts(KernelRoute route) {
        return route.kind().isLocal() || route.key().table() == KernelRoute.TABLE_LOCAL;
    }

    private NetworkConfiguration host() throws IOException {
        NetworkConfiguration open = host;
        if (open == null) {
            open = NetworkConfiguration.open();
            host = open;
        }
        return open;
    }

    void close() {
        NetworkConfiguration open = host;
        host = null;
        if (open != null) {
            open.close();
        }
    }

    /** The server says that the client has an address of this host, of one beside it, or of no host. */
    static final class NotAClientException extends IOException {
        private static final long serialVersionUID = 1L;

        NotAClientException(InetAddress client, String whose) {
            super(client.getHostAddress() + " is no client's: it is " + whose);
        }
    }
}
