package dev.tunbridge.linux;

/**
 * Network interfaces of the calling thread's namespace, by name. {@code java.net.NetworkInterface} knows none that has
 * no address.
 */
public final class Interfaces {
    private Interfaces() {}

    /** The number of this interface; ENODEV where there is none of that name. */
    public static int index(String name) throws LinuxException {
        int index = LibC.if_nametoindex(name);
        if (index == 0) {
            throw LinuxException.last("if_nametoindex", name);
        }
        return index;
    }
}
