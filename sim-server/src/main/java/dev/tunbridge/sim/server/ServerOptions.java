package dev.tunbridge.sim.server;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.sockets.SiteOptions;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a simulated server is.
 *
 * @param listen where devices connect; port 0 for any
 * @param tun name of its TUN device
 * @param tunnelAddress its own address in the tunnel
 * @param prefixLength of the tunnel's network
 * @param deviceAddress the address that its welcome gives to the device
 * @param carriage the carriage that it picks; a hello that does not offer it is rejected
 * @param writeMode how frames are written
 * @param protocol what both ends speak
 * @param mtu the inner MTU that its welcome names
 * @param token what a hello must carry; empty: anything
 * @param site how clients of virtual sockets are kept
 */
public record ServerOptions(
        InetSocketAddress listen,
        String tun,
        InetAddress tunnelAddress,
        int prefixLength,
        InetAddress deviceAddress,
        Carriage carriage,
        WriteMode writeMode,
        Protocol protocol,
        int mtu,
        String token,
        SiteOptions site) {

    private static final Pattern TRAILING_NUMBER = Pattern.compile("(.*?)(\\d{1,6})");

    /** What a server gives its devices unless told otherwise: fits one outer segment on Ethernet in each carriage. */
    public static final int DEFAULT_MTU = 1400;

    public ServerOptions {
        boolean isSameFamily = tunnelAddress.getAddress().length == deviceAddress.getAddress().length;
        if (!isSameFamily || tunnelAddress.equals(deviceAddress)) {
            throw new IllegalArgumentException("device: '" + deviceAddress.getHostAddress()
                    + "' is not valid; allowed: another address of the same family as "
                    + tunnelAddress.getHostAddress());
        }
    }

    /** One that is honest towards clients of virtual sockets, if it has them. */
    public ServerOptions(
            InetSocketAddress listen,
            String tun,
            InetAddress tunnelAddress,
            int prefixLength,
            InetAddress deviceAddress,
            Carriage carriage,
            WriteMode writeMode,
            Protocol protocol,
            int mtu,
            String token) {
        this(
                listen,
                tun,
                tunnelAddress,
                prefixLength,
                deviceAddress,
                carriage,
                writeMode,
                protocol,
                mtu,
                token,
                SiteOptions.HONEST);
    }

    public ServerOptions site(SiteOptions other) {
        return new ServerOptions(
                listen,
                tun,
                tunnelAddress,
                prefixLength,
                deviceAddress,
                carriage,
                writeMode,
                protocol,
                mtu,
                token,
                other);
    }

    /** Of its frames. */
    public FrameFormat format() {
        return protocol.format();
    }

    /** Another server beside this one: the next port, device name and network of the tunnel's length. */
    public ServerOptions next() {
        Matcher name = TRAILING_NUMBER.matcher(tun);
        String counted = name.matches() ? name.group(1) + (Integer.parseInt(name.group(2)) + 1) : tun + "1";
        return new ServerOptions(
                new InetSocketAddress(listen.getAddress(), listen.getPort() == 0 ? 0 : listen.getPort() + 1),
                counted,
                inNextNetwork(tunnelAddress),
                prefixLength,
                inNextNetwork(deviceAddress),
                carriage,
                writeMode,
                protocol,
                mtu,
                token,
                site);
    }

    private InetAddress inNextNetwork(InetAddress address) {
        byte[] bytes = address.getAddress();
        BigInteger next =
                new BigInteger(1, bytes).add(BigInteger.ONE.shiftLeft(bytes.length * Byte.SIZE - prefixLength));
        return bytes.length == 4 ? InetAddresses.fromIPv4BigInteger(next) : InetAddresses.fromIPv6BigInteger(next);
    }
}
