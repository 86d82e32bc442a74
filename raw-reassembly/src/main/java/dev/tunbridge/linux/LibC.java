package dev.tunbridge.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * The C library, bound directly: a mapped interface would cost five times as much per call.
 *
 * <p>Every length, count and ioctl request is declared {@code int}. That is safe on each ABI that we run on: the value
 * goes into a whole register, sign-extended, lengths are far below 2³¹, and the kernel looks at the low 32 bits of a
 * request only. Results of type {@code ssize_t} are cut to {@code int} for the same reason.
 *
 * <p>Functions return -1 on failure and leave errno to {@link Native#getLastError()}; a mapping that throws {@code
 * LastErrorException} would cost 5 µs for each EAGAIN.
 */
final class LibC {
    static {
        Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int open(String path, int flags);

    static native int close(int fd);

    static native int read(int fd, Pointer buffer, int length);

    static native int write(int fd, Pointer buffer, int length);

    static native int writev(int fd, Pointer vectors, int count);

    static native int ioctl(int fd, int request, Pointer argument);

    static native int fcntl(int fd, int command, int argument);

    static native int setns(int fd, int kind);

    static native int getsockopt(int fd, int level, int option, Pointer value, Pointer length);

    static native int setsockopt(int fd, int level, int option, Pointer value, int length);

    static native int ppoll(Pointer entries, int count, Pointer timeout, Pointer signals);

    static native int eventfd(int initial, int flags);

    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, Pointer address, int length);

    static native int sendto(int fd, Pointer message, int length, int flags, Pointer address, int addressLength);

    static native int recvmsg(int fd, Pointer message, int flags);

    static native int getsockname(int fd, Pointer address, Pointer length);

    static native Pointer mmap(Pointer address, int length, int protection, int flags, int fd, int offset);

    static native int munmap(Pointer address, int length);

    static native int if_nametoindex(String name);
}
