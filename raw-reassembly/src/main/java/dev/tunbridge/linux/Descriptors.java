package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * Reading and writing a raw descriptor where Netty's native transport is missing. Addresses are those of native memory that the
 * caller keeps alive, such as a direct {@code ByteBuf}'s {@code memoryAddress()}.
 */
public final class Descriptors {
    /** The descriptor is non-blocking and has nothing to give, or no room to take. */
    public static final int WOULD_BLOCK = -1;

    /** Bytes of one {@code struct iovec}: an address and a {@code size_t}. */
    public static final int VECTOR_BYTES = 2 * Native.POINTER_SIZE;

    /** UIO_MAXIOV: the kernel takes no longer list. */
    public static final int MAX_VECTORS = 1024;

    private static final int O_RDWR = 2;
    private static final int O_RDONLY = 0;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int EFD_NONBLOCK_CLOEXEC = O_NONBLOCK | O_CLOEXEC;

    private Descriptors() {}

    /** Returns the bytes read, 0 at the end, or {@link #WOULD_BLOCK}. */
    public static int read(int fd, long address, int length) throws LinuxException {
        return checked(LibC.read(fd, new Pointer(address), length), "read", fd);
    }

    /** Returns the bytes written, or {@link #WOULD_BLOCK}. */
    public static int write(int fd, long address, int length) throws LinuxException {
        return checked(LibC.write(fd, new Pointer(address), length), "write", fd);
    }

    /** Writes {@code count} vectors of {@link #VECTOR_BYTES} each. Returns the bytes written, or {@link #WOULD_BLOCK}. */
    public static int writev(int fd, long vectorsAddress, int count) throws LinuxException {
        return checked(LibC.writev(fd, new Pointer(vectorsAddress), count), "writev", fd);
    }

    /** Closing frees the number even where it reports an error, so it is never tried twice and nothing is reported. */
    public static void close(int fd) {
        LibC.close(fd);
    }

    public static void setNonBlocking(int fd) throws LinuxException {
        int flags = LibC.fcntl(fd, F_GETFL, 0);
        if (flags < 0 || LibC.fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
            throw LinuxException.last("fcntl O_NONBLOCK", "descriptor " + fd);
        }
    }

    /** A descriptor that becomes readable once 8 bytes are written to it: it ends a {@link Poll} from another thread. */
    public static int newEventDescriptor() throws LinuxException {
        int fd = LibC.eventfd(0, EFD_NONBLOCK_CLOEXEC);
        if (fd < 0) {
            throw LinuxException.last("eventfd", "");
        }
        return fd;
    }

    /** Makes an {@linkplain #newEventDescriptor event descriptor} readable. */
    public static void signal(int eventFd) throws LinuxException {
        Memory one = new Memory(Long.BYTES);
        one.setLong(0, 1);
        if (LibC.write(eventFd, one, Long.BYTES) < 0) {
            throw LinuxException.last("write", "event descriptor " + eventFd);
        }
    }

    static int openReadWrite(String path) throws LinuxException {
        return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }

    static int openReadOnly(String path) throws LinuxException {
        return open(path, O_RDONLY | O_CLOEXEC);
    }

    private static int open(String path, int flags) throws LinuxException {
        int fd = LibC.open(path, flags);
        if (fd < 0) {
            throw LinuxException.last("open", path);
        }
        return fd;
    }

    static int checked(int result, String operation, int fd) throws LinuxException {
        if (result >= 0) {
            return result;
        }
        int number = Native.getLastError();
        if (number == Errno.EAGAIN.number() || number == Errno.EINTR.number()) {
            return WOULD_BLOCK;
        }
        throw new LinuxException(operation, "descriptor " + fd, new Errno(number));
    }
}
