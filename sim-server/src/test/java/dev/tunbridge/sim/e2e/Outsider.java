package dev.tunbridge.sim.e2e;

import com.google.common.net.InetAddresses;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import java.io.IOException;
import java.net.InetAddress;

/**
 * A client beyond the server whose address is of no network that the device knows, while the device has a default route by
 * its uplink and counts what leaves there for the client.
 */
final class Outsider {
    private final Scene scene;
    private final Family family;

    private Outsider(Scene scene, Family family) {
        this.scene = scene;
        this.family = family;
    }

    /** Moves in on the server's side: what calls the device from there has this address. */
    static Outsider of(Scene scene) throws IOException {
        Family family = scene.plan().inner();
        Outsider outsider = new Outsider(scene, family);
        String bits = family == Family.IPV4 ? "/32" : "/128";
        run(scene.serverSide(), "ip", "address", "add", outsider.text() + bits, "dev", "lo");
        outsider.routeOnServer();
        if (family == scene.plan().outer()) {
            String gateway = family == Family.IPV4 ? "198.18.0.2" : "2001:2:0:1::2";
            run(scene.deviceSide(), "ip", "route", "add", "default", "via", gateway, "dev", "out0");
        }
        String match = family == Family.IPV4 ? "ip daddr " : "ip6 daddr ";
        nft(
                scene.deviceSide(),
                "add table inet watch; add chain inet watch out { type filter hook postrouting priority 100; };"
                        + " add rule inet watch out oifname out0 " + match + outsider.text() + " counter");
        return outsider;
    }

    /** Again, once the server has a new device. */
    void routeOnServer() throws IOException {
        run(
                scene.serverSide(),
                "ip",
                "route",
                "replace",
                InetAddresses.toAddrString(family.device()),
                "dev",
                "sim0",
                "src",
                text());
    }

    InetAddress address() {
        return InetAddresses.forString(text());
    }

    private String text() {
        return family == Family.IPV4 ? "198.19.200.5" : "2001:2:0:99::5";
    }

    /** Packets for the client that left the device by its uplink. */
    long strayed() throws IOException {
        String rules = run(scene.deviceSide(), "nft", "list", "table", "inet", "watch");
        return Long.parseLong(rules.replaceAll("(?s).*counter packets (\\d+).*", "$1"));
    }

    static void nft(LabNamespace namespace, String commands) throws IOException {
        run(namespace, "nft", commands);
    }

    static String run(LabNamespace namespace, String... command) throws IOException {
        return namespace.call(() -> Command.run(command));
    }
}
