package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Link;
import java.net.InetAddress;

/**
 * Where a load plays: two hosts and the addresses by which they reach each other, through a tunnel or without. Clients
 * are at the server's side and call the device, as real ones do.
 *
 * @param servicePort of services that clients call by TCP; 0 for any
 * @param link between the hosts, whatever tunnel goes over it
 */
public record Ends(
        LabNamespace deviceSide,
        InetAddress device,
        LabNamespace serverSide,
        InetAddress server,
        int servicePort,
        Link link) {}
