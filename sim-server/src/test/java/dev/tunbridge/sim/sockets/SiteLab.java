package dev.tunbridge.sim.sockets;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/** A server with virtual sockets, a host behind it from which clients come too, and a device that a test plays. */
final class SiteLab implements AutoCloseable {
    static final int TIMEOUT_MILLIS = 10_000;
    static final InetAddress CLIENT_HOST = InetAddresses.forString("198.18.4.2");
    static final InetAddress CLIENT_HOST_IPV6 = InetAddresses.forString("2001:2:0:4::2");

    private final Lab lab;
    private final Family family;
    final LabNamespace site;
    final LabNamespace clients;
    final RunningServer server;
    final ScriptedDevice device;

    private SiteLab(Family family, WriteMode writeMode, SiteOptions options) throws Exception {
        this.family = family;
        lab = Lab.open();
        try {
            site = lab.namespace("site");
            clients = lab.namespace("clients");
            lab.connect(
                    clients.at("c0", "198.18.4.2/30", "2001:2:0:4::2/126"),
                    site.at("c0", "198.18.4.1/30", "2001:2:0:4::1/126"),
                    LinkProfile.VETH,
                    1);
            clients.addRoute("198.19.0.0/30", "198.18.4.1/30");
            clients.addRoute("2001:2:0:2::/126", "2001:2:0:4::1/126");
            server = RunningServer.start(
                    options(family, writeMode).site(options), (topic, payload) -> {}, site.threadFactory("server"));
            device = ScriptedDevice.connect(site, server.address());
        } catch (Exception e) {
            lab.close();
            throw e;
        }
    }

    static ServerOptions options(Family family, WriteMode writeMode) {
        return new ServerOptions(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                "sim0",
                family.server(),
                family == Family.IPV4 ? 30 : 126,
                family.device(),
                Carriage.SOCKET,
                writeMode,
                Protocol.builtin("reference"),
                ServerOptions.DEFAULT_MTU,
                "");
    }

    static SiteLab open(SiteOptions options) throws Exception {
        return new SiteLab(Family.IPV4, WriteMode.FRAME, options);
    }

    static SiteLab open() throws Exception {
        return open(SiteOptions.HONEST);
    }

    static SiteLab open(Family family, WriteMode writeMode) throws Exception {
        return new SiteLab(family, writeMode, SiteOptions.HONEST);
    }

    InetAddress deviceAddress() {
        return family.device();
    }

    /** The address that clients of the server's own host have. */
    InetAddress siteAddress() {
        return family.server();
    }

    /** A client of the server's host, connected to that port of the device. */
    Socket connect(int port) throws IOException {
        return connect(site, port);
    }

    Socket connect(LabNamespace host, int port) throws IOException {
        return host.call(() -> {
            Socket socket = new Socket();
            try {
                socket.setSoTimeout(TIMEOUT_MILLIS);
                socket.connect(new InetSocketAddress(deviceAddress(), port), TIMEOUT_MILLIS);
                return socket;
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        });
    }

    /** A client of datagrams, connected to that port of the device. */
    DatagramSocket datagrams(LabNamespace host, int port) throws IOException {
        return host.call(() -> {
            DatagramSocket socket = new DatagramSocket();
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(deviceAddress(), port));
            return socket;
        });
    }

    SocketStats stats() throws Exception {
        return server.server()
                .stats()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .sockets();
    }

    @Override
    public void close() throws IOException {
        try {
            device.close();
            server.close();
        } finally {
            lab.close();
        }
    }
}
