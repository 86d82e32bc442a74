package dev.tunbridge.bridge.filter;

import dev.tunbridge.bridge.flow.InnerPacket;
import java.util.BitSet;
import java.util.Collection;

/** Allow rules as four bit sets of ports: one look-up a packet, however many rules. */
final class AllowList {
    private final BitSet tcpDevice = new BitSet();
    private final BitSet tcpRemote = new BitSet();
    private final BitSet udpDevice = new BitSet();
    private final BitSet udpRemote = new BitSet();
    private boolean icmp;

    AllowList(Collection<AllowRule> rules) {
        for (AllowRule rule : rules) {
            boolean isDevice = rule.side() == AllowRule.Side.DEVICE;
            switch (rule.protocol()) {
                case ICMP -> icmp = true;
                case TCP -> (isDevice ? tcpDevice : tcpRemote).set(rule.firstPort(), rule.lastPort() + 1);
                case UDP -> (isDevice ? udpDevice : udpRemote).set(rule.firstPort(), rule.lastPort() + 1);
            }
        }
    }

    boolean allowsFromTunnel(InnerPacket packet) {
        return packet.hasTransportHeader()
                ? allows(packet, packet.destinationPort(), packet.sourcePort())
                : allowsWithoutPorts(packet);
    }

    boolean allowsFromDevice(InnerPacket packet) {
        return packet.hasTransportHeader()
                ? allows(packet, packet.sourcePort(), packet.destinationPort())
                : allowsWithoutPorts(packet);
    }

    private boolean allows(InnerPacket packet, int devicePort, int remotePort) {
        return allows(packet.isTcp(), devicePort, remotePort);
    }

    /** @param isTcp otherwise UDP */
    boolean allows(boolean isTcp, int devicePort, int remotePort) {
        return isTcp
                ? tcpDevice.get(devicePort) || tcpRemote.get(remotePort)
                : udpDevice.get(devicePort) || udpRemote.get(remotePort);
    }

    /** A later fragment has no ports; without its first, which is judged, nobody can reassemble it. */
    private boolean allowsWithoutPorts(InnerPacket packet) {
        return packet.isTcpOrUdp() ? packet.fragment() == InnerPacket.Fragment.LATER : packet.isIcmp() && icmp;
    }
}
