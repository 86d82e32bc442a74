package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A TUN or TAP interface that lives as long as its descriptor. The descriptor does not block. The interface is made in
 * the network namespace of the calling thread; reading and writing then work from any thread.
 */
public final class TunInterface implements AutoCloseable {
    /** Bytes of {@code struct virtio_net_hdr}, in front of each packet with {@link TunFlag#VIRTIO_HEADER}. */
    public static final int VIRTIO_HEADER_BYTES = 10;

    /** IFNAMSIZ without the closing zero. */
    public static final int MAX_NAME_LENGTH = InterfaceRequest.MAX_NAME_LENGTH;

    private static final String DEVICE = "/dev/net/tun";
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_MULTI_QUEUE = 0x0100;

    private static final int TUNSETIFF = 0x400454ca;
    private static final int TUNGETFEATURES = 0x800454cf;
    private static final int TUNSETOFFLOAD = 0x400454d0;
    private static final int TUNGETVNETHDRSZ = 0x800454d7;
    private static final int TUNSETVNETHDRSZ = 0x400454d8;

    private final int fd;
    private final String name;
    private final TunKind kind;
    private final int features;
    private final boolean backpressure;
    private final int headerBytesBefore;
    private boolean closed;

    private TunInterface(int fd, String name, TunKind kind, int features, boolean backpressure, int headerBytesBefore) {
        this.fd = fd;
        this.name = name;
        this.kind = kind;
        this.features = features;
        this.backpressure = backpressure;
        this.headerBytesBefore = headerBytesBefore;
    }

    /** Makes the interface; a name such as {@code tb%d} lets the kernel choose the number. */
    public static TunInterface open(String name, TunKind kind, TunFlag... flags) throws LinuxException {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "interface name '" + name + "': 1 to " + MAX_NAME_LENGTH + " bytes are allowed");
        }
        int requested = kind.flag | IFF_NO_PI;
        boolean virtioHeader = false;
        for (TunFlag flag : flags) {
            requested |= flag.flag;
            virtioHeader |= flag == TunFlag.VIRTIO_HEADER;
        }
        int fd = Descriptors.openReadWrite(DEVICE);
        try {
            Memory word = new Memory(Integer.BYTES);
            control(fd, TUNGETFEATURES, word, "TUNGETFEATURES", name);
            int features = word.getInt(0);
            if ((features & TunFlag.BACKPRESSURE.flag) == 0) {
                requested &= ~TunFlag.BACKPRESSURE.flag;
            }
            Memory request = InterfaceRequest.of(name);
            request.setShort(InterfaceRequest.FLAGS_AT, (short) requested);
            if (LibC.ioctl(fd, TUNSETIFF, request) < 0) {
                Errno errno = new Errno(Native.getLastError());
                throw new LinuxException("ioctl TUNSETIFF", name + hint(errno, name, requested), errno);
            }
            String actualName = InterfaceRequest.name(request);
            // A persistent device has those of its last user, header or not (tun_set_iff in drivers/net/tun.c).
            control(fd, TUNSETOFFLOAD, Pointer.NULL, "TUNSETOFFLOAD 0", actualName);
            control(fd, TUNGETVNETHDRSZ, word, "TUNGETVNETHDRSZ", actualName);
            int headerBytesBefore = word.getInt(0);
            if (virtioHeader) {
                word.setInt(0, VIRTIO_HEADER_BYTES);
                control(fd, TUNSETVNETHDRSZ, word, "TUNSETVNETHDRSZ", actualName);
            }
            boolean backpressure = (requested & TunFlag.BACKPRESSURE.flag) != 0;
            return new TunInterface(fd, actualName, kind, features, backpressure, headerBytesBefore);
        } catch (LinuxException | RuntimeException failure) {
            Descriptors.close(fd);
            throw failure;
        }
    }

    /**
     * Asks for each of the offloads in turn and returns those that this kernel took. Nothing is asked for twice, so a
     * missing one leaves the others as they are.
     */
    public Set<TunOffload> enableOffloads(Set<TunOffload> wanted) throws LinuxException {
        EnumSet<TunOffload> taken = EnumSet.noneOf(TunOffload.class);
        int flags = 0;
        for (TunOffload offload : TunOffload.values()) {
            if (!wanted.contains(offload)) {
                continue;
            }
            if (LibC.ioctl(fd, TUNSETOFFLOAD, new Pointer(flags | offload.flag)) == 0) {
                flags |= offload.flag;
                taken.add(offload);
                continue;
            }
            LinuxException failure = LinuxException.last("ioctl TUNSETOFFLOAD " + offload, name);
            if (!failure.errno().equals(Errno.EINVAL)) {
                throw failure;
            }
        }
        return Collections.unmodifiableSet(taken);
    }

    /** What the kernel's number means here: it has one word for several things. */
    private static String hint(Errno errno, String name, int requested) {
        if (errno.equals(Errno.EINVAL) && isMultiQueue(name, requested)) {
            return " (it was made multi_queue, so that packets may go to several processes; make it anew without:"
                    + " ip link delete " + name + " && ip tuntap add dev " + name + " mode tun)";
        }
        if (errno.equals(Errno.EBUSY)) {
            return " (a device that another process holds)";
        }
        if (errno.equals(Errno.EINVAL)) {
            return " (an interface of another kind has this name, or it is not valid)";
        }
        return "";
    }

    /** Asked by joining it for a moment: EINVAL has no other difference, and neither sysfs nor ethtool tells it in every namespace. */
    private static boolean isMultiQueue(String name, int requested) {
        int fd = -1;
        try {
            Interfaces.index(name); // or asking would make it
            fd = Descriptors.openReadWrite(DEVICE);
            Memory request = InterfaceRequest.of(name);
            request.setShort(InterfaceRequest.FLAGS_AT, (short) (requested | IFF_MULTI_QUEUE));
            return LibC.ioctl(fd, TUNSETIFF, request) == 0;
        } catch (LinuxException e) {
            return false;
        } finally {
            if (fd >= 0) {
                Descriptors.close(fd);
            }
        }
    }

    private static void control(int fd, int request, Pointer argument, String requestName, String subject)
            throws LinuxException {
        if (LibC.ioctl(fd, request, argument) < 0) {
            throw LinuxException.last("ioctl " + requestName, subject);
        }
    }

    public int fd() {
        return fd;
    }

    /** The name that the kernel gave. */
    public String name() {
        return name;
    }

    public TunKind kind() {
        return kind;
    }

    /** {@code IFF_*} flags that this kernel's driver knows, from TUNGETFEATURES. */
    public int features() {
        return features;
    }

    /** Whether a full ring stops its senders: asked for, and offered by this kernel. */
    public boolean hasBackpressure() {
        return backpressure;
    }

    /** Removes the interface. One that stays has no offloads any more, and the header that it had before. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            // Both fail where the device is gone already, and then there is nothing to give back.
            LibC.ioctl(fd, TUNSETOFFLOAD, Pointer.NULL);
            Memory word = new Memory(Integer.BYTES);
            word.setInt(0, headerBytesBefore);
            LibC.ioctl(fd, TUNSETVNETHDRSZ, word);
            Descriptors.close(fd);
        }
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}
