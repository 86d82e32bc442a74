package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tunbridge.linux.netlink.OtherHost;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A TUN device that an administrator has made, in a namespace of the test's own; up, with 198.18.0.1/30. */
final class PersistentTun implements AutoCloseable {
    /** A virtio header as it is where nobody says otherwise ({@code tun->vnet_hdr_sz} in drivers/net/tun.c). */
    static final int HEADER_BYTES = 10;

    private static final String DEVICE = "tbp0";
    private static final int TUNSETIFF = 0x400454ca;
    private static final int TUNGETVNETHDRSZ = 0x800454d7;
    private static final short IFF_TUN_NO_PI = 0x1001;
    private static final int IPV4_AND_UDP_HEADER = 28;
    private static final int UDP = 17;

    private final OtherHost host = new OtherHost();

    private PersistentTun() throws Exception {
        host.ip("tuntap add dev " + DEVICE + " mode tun");
        host.ip("link set " + DEVICE + " addrgenmode none up");
        host.ip("addr add 198.18.0.1/30 dev " + DEVICE);
    }

    static PersistentTun make() throws Exception {
        return new PersistentTun();
    }

    TunInterface open(TunFlag... flags) throws Exception {
        return host.call(() -> TunInterface.open(DEVICE, TunKind.TUN, flags));
    }

    /** As a program would that reads plain packets: a descriptor. */
    int openAsAnother() throws Exception {
        return host.call(() -> {
            int fd = Descriptors.openReadWrite("/dev/net/tun");
            Memory request = InterfaceRequest.of(DEVICE);
            request.setShort(InterfaceRequest.FLAGS_AT, IFF_TUN_NO_PI);
            if (LibC.ioctl(fd, TUNSETIFF, request) < 0) {
                throw LinuxException.last("ioctl TUNSETIFF", DEVICE);
            }
            return fd;
        });
    }

    int headerBytes(int fd) throws LinuxException {
        Memory word = new Memory(Integer.BYTES);
        if (LibC.ioctl(fd, TUNGETVNETHDRSZ, word) < 0) {
            throw LinuxException.last("ioctl TUNGETVNETHDRSZ", DEVICE);
        }
        return word.getInt(0);
    }

    /** Whether a datagram that the host sends into the device comes with a checksum that holds (RFC 768). */
    boolean hasRightChecksum(int fd) throws Exception {
        byte[] payload = "as a plain reader expects it".getBytes(StandardCharsets.US_ASCII);
        try (DatagramSocket socket = host.call(() -> new DatagramSocket())) {
            socket.send(new DatagramPacket(payload, payload.length, InetAddress.getByName("198.18.0.2"), 9));
        }
        Memory buffer = new Memory(2048);
        int length = Descriptors.read(fd, Pointer.nativeValue(buffer), 2048);
        ByteBuffer packet = ByteBuffer.wrap(buffer.getByteArray(0, length));
        if (length != IPV4_AND_UDP_HEADER + payload.length || packet.get(9) != UDP) {
            throw new IOException("another packet of " + length + " bytes");
        }
        int udpLength = length - 20;
        int sum = UDP + udpLength;
        for (int at = 12; at < length; at += 2) { // addresses, then the datagram; its length is even
            sum += packet.getShort(at) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        return sum == 0xffff;
    }

    @Override
    public void close() throws LinuxException {
        host.close();
    }
}
