package dev.tunbridge.linux;

import com.sun.jna.Memory;

/**
 * Network interfaces of the calling thread's namespace, by name. {@code java.net.NetworkInterface} knows none that has
 * no address.
 */
public final class Interfaces {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int IFF_UP = 1;

    private Interfaces() {}

    /** The number of this interface; ENODEV where there is none of that name. */
    public static int index(String name) throws LinuxException {
        int index = LibC.if_nametoindex(name);
        if (index == 0) {
            throw LinuxException.last("if_nametoindex", name);
        }
        return index;
    }

    /** Whether somebody wants it to work (netdevice(7), IFF_UP); ENODEV where there is none of that name. */
    public static boolean isUp(String name) throws LinuxException {
        int fd = LibC.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        if (fd < 0) {
            throw LinuxException.last("socket AF_INET", "SOCK_DGRAM");
        }
        try {
            Memory request = InterfaceRequest.of(name);
            if (LibC.ioctl(fd, SIOCGIFFLAGS, request) < 0) {
                throw LinuxException.last("ioctl SIOCGIFFLAGS", name);
            }
            return (request.getShort(InterfaceRequest.FLAGS_AT) & IFF_UP) != 0;
        } finally {
            Descriptors.close(fd);
        }
    }
}
