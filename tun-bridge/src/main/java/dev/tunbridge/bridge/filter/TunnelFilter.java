package dev.tunbridge.bridge.filter;

import dev.tunbridge.bridge.flow.InnerPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Decides what may pass between the tunnel and the device. A peer at the other end is not trusted with our addresses,
 * nor is a local sender with the outer connection: whatever is not plainly a client talking to this device is refused
 * with a reason. That the IP header itself is well formed is checked before, by the view. One tunnel, one thread; no
 * allocation per packet.
 */
public final class TunnelFilter {
    private final Prefix.Match device;
    private final Prefix.Match outerServer;
    private final int outerServerPort;
    private Prefix.Match[] sources;
    private @Nullable AllowList allowed;

    /**
     * @param device the device's tunnel address; its family is the tunnel's
     * @param outerServer where the outer connection goes, never a party inside the tunnel; resolved
     * @param sources client prefixes that may send; empty: any
     * @param allow allow-list of protocols and ports; empty: all
     */
    public TunnelFilter(
            InetAddress device,
            InetSocketAddress outerServer,
            Collection<Prefix> sources,
            Collection<AllowRule> allow) {
        this.device = exactly(device);
        this.outerServer = exactly(outerServer.getAddress());
        this.outerServerPort = outerServer.getPort();
        this.sources = matches(sources);
        this.allowed = allow.isEmpty() ? null : new AllowList(allow);
    }

    /** From now on these may pass; what is open stays so, if it may. */
    public void permit(Collection<Prefix> newSources, Collection<AllowRule> newAllow) {
        sources = matches(newSources);
        allowed = newAllow.isEmpty() ? null : new AllowList(newAllow);
    }

    private static Prefix.Match[] matches(Collection<Prefix> prefixes) {
        return prefixes.stream().map(Prefix::match).toArray(Prefix.Match[]::new);
    }

    private static Prefix.Match exactly(InetAddress address) {
        return new Prefix(address, address.getAddress().length * 8).match();
    }

    /** Checks a packet that came out of the tunnel; null means that it may pass. */
    public @Nullable Refusal fromTunnel(InnerPacket packet) {
        int addressBytes = packet.addressBytes();
        if (addressBytes != device.addressBytes()) {
            return Refusal.FAMILY;
        }
        long high = packet.sourceHigh();
        long low = packet.sourceLow();
        if (!device.contains(addressBytes, packet.destinationHigh(), packet.destinationLow())) {
            return Refusal.DESTINATION;
        }
        if (device.contains(addressBytes, high, low)) {
            return Refusal.SOURCE_OURS;
        }
        if (isSpecial(addressBytes, high, low)) {
            return Refusal.SOURCE_SPECIAL;
        }
        if (outerServer.contains(addressBytes, high, low)) {
            return Refusal.OUTER_CONNECTION;
        }
        if (!isAllowedSource(addressBytes, high, low)) {
            return Refusal.SOURCE_NOT_ALLOWED;
        }
        Refusal form = form(packet);
        if (form != null) {
            return form;
        }
        AllowList list = allowed;
        return list == null || list.allowsFromTunnel(packet) ? null : Refusal.NOT_ALLOWED;
    }

    /**
     * Checks a client that asks for a service of this host by a virtual socket; null means that it may. Its address goes nowhere as the source
     * of a packet, so it may be any that is allowed.
     *
     * @param isTcp otherwise UDP
     */
    public @Nullable Refusal forService(boolean isTcp, InetAddress client, int clientPort, int devicePort) {
        Prefix.Match exact = exactly(client);
        if (!isAllowedSource(exact.addressBytes(), exact.high(), exact.low())) {
            return Refusal.SOURCE_NOT_ALLOWED;
        }
        AllowList list = allowed;
        return list == null || list.allows(isTcp, devicePort, clientPort) ? null : Refusal.NOT_ALLOWED;
    }

    /** Checks a packet that the device sends into the tunnel; null means that it may pass. */
    public @Nullable Refusal fromDevice(InnerPacket packet) {
        int addressBytes = packet.addressBytes();
        if (addressBytes != device.addressBytes()) {
            return Refusal.FAMILY;
        }
        long high = packet.destinationHigh();
        long low = packet.destinationLow();
        if (!device.contains(addressBytes, packet.sourceHigh(), packet.sourceLow())) {
            return Refusal.SOURCE_OURS;
        }
        if (isSpecial(addressBytes, high, low)) {
            return Refusal.DESTINATION;
        }
        Refusal form = form(packet);
        if (form != null) {
            return form;
        }
        // The outer connection itself, not its whole host: a local program may talk to another service there.
        if (packet.isTcp()
                && packet.hasTransportHeader()
                && packet.destinationPort() == outerServerPort
                && outerServer.contains(addressBytes, high, low)) {
            return Refusal.OUTER_CONNECTION;
        }
        AllowList list = allowed;
        return list == null || list.allowsFromDevice(packet) ? null : Refusal.NOT_ALLOWED;
    }

    private static @Nullable Refusal form(InnerPacket packet) {
        if (packet.hasSourceRoute()) {
            return Refusal.SOURCE_ROUTE;
        }
        boolean isCutOff =
                packet.isTcpOrUdp() && packet.fragment() == InnerPacket.Fragment.WHOLE && !packet.hasTransportHeader();
        return isCutOff ? Refusal.TRUNCATED_TRANSPORT : null;
    }

    private boolean isAllowedSource(int addressBytes, long high, long low) {
        for (Prefix.Match source : sources) {
            if (source.contains(addressBytes, high, low)) {
                return true;
            }
        }
        return sources.length == 0;
    }

    /** Whether it is an address that no client can have, whatever this host's are. */
    public static boolean isSpecial(InetAddress address) {
        Prefix.Match exact = exactly(address);
        return isSpecial(exact.addressBytes(), exact.high(), exact.low());
    }

    /** Unspecified, loopback, link-local, multicast and broadcast: no client has such an address (RFC 6890). */
    private static boolean isSpecial(int addressBytes, long high, long low) {
        if (addressBytes == 4) {
            int first = (int) (low >>> 24);
            boolean isMulticast = first >= 224 && first < 240;
            boolean isLinkLocal = low >>> 16 == 0xa9fe;
            return first == 0 || first == 127 || isMulticast || isLinkLocal || low == 0xffffffffL;
        }
        boolean isUnspecifiedOrLoopback = high == 0 && (low == 0 || low == 1);
        boolean isMappedIpv4 = high == 0 && low >>> 32 == 0xffffL;
        boolean isLinkLocal = high >>> 54 == 0xfe80L >>> 6;
        boolean isMulticast = high >>> 56 == 0xff;
        return isUnspecifiedOrLoopback || isMappedIpv4 || isLinkLocal || isMulticast;
    }
}
