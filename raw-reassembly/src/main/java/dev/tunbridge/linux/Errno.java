package dev.tunbridge.linux;

import java.util.Map;
import java.util.Objects;

/** An error number of the kernel. Shown by its name, which is what one searches for. */
public record Errno(int number) {
    public static final Errno EPERM = new Errno(1);
    public static final Errno ENOENT = new Errno(2);
    public static final Errno EINTR = new Errno(4);
    public static final Errno EIO = new Errno(5);
    public static final Errno ESRCH = new Errno(3);
    public static final Errno EBADF = new Errno(9);
    public static final Errno EAGAIN = new Errno(11);
    public static final Errno ENOMEM = new Errno(12);
    public static final Errno EACCES = new Errno(13);
    public static final Errno EBUSY = new Errno(16);
    public static final Errno ENODEV = new Errno(19);
    public static final Errno EEXIST = new Errno(17);
    public static final Errno EINVAL = new Errno(22);
    public static final Errno EBADFD = new Errno(77);
    public static final Errno ENOPROTOOPT = new Errno(92);
    public static final Errno EPROTONOSUPPORT = new Errno(93);
    public static final Errno EOPNOTSUPP = new Errno(95);
    public static final Errno EAFNOSUPPORT = new Errno(97);
    public static final Errno EADDRINUSE = new Errno(98);
    public static final Errno EADDRNOTAVAIL = new Errno(99);
    public static final Errno ENETUNREACH = new Errno(101);
    public static final Errno ECONNRESET = new Errno(104);
    public static final Errno ECONNREFUSED = new Errno(111);
    public static final Errno EHOSTUNREACH = new Errno(113);
    public static final Errno ENETDOWN = new Errno(100);
    public static final Errno ENOBUFS = new Errno(105);

    /** Numbers of asm-generic/errno.h, which x86, ARM and RISC-V share. */
    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(1, "EPERM (operation not permitted)"),
            Map.entry(2, "ENOENT (no such file or directory)"),
            Map.entry(3, "ESRCH (no such process)"),
            Map.entry(4, "EINTR (interrupted)"),
            Map.entry(5, "EIO (input/output error)"),
            Map.entry(6, "ENXIO (no such device or address)"),
            Map.entry(7, "E2BIG (argument list too long)"),
            Map.entry(9, "EBADF (bad file descriptor)"),
            Map.entry(11, "EAGAIN (would block)"),
            Map.entry(12, "ENOMEM (out of memory)"),
            Map.entry(13, "EACCES (permission denied)"),
            Map.entry(14, "EFAULT (bad address)"),
            Map.entry(16, "EBUSY (device or resource busy)"),
            Map.entry(17, "EEXIST (exists already)"),
            Map.entry(19, "ENODEV (no such device)"),
            Map.entry(20, "ENOTDIR (not a directory)"),
            Map.entry(22, "EINVAL (invalid argument)"),
            Map.entry(23, "ENFILE (too many open files in the system)"),
            Map.entry(24, "EMFILE (too many open files)"),
            Map.entry(25, "ENOTTY (not a device of this kind)"),
            Map.entry(28, "ENOSPC (no space left)"),
            Map.entry(32, "EPIPE (broken pipe)"),
            Map.entry(38, "ENOSYS (function not implemented)"),
            Map.entry(77, "EBADFD (descriptor in a bad state)"),
            Map.entry(88, "ENOTSOCK (not a socket)"),
            Map.entry(90, "EMSGSIZE (message too long)"),
            Map.entry(92, "ENOPROTOOPT (option not available)"),
            Map.entry(93, "EPROTONOSUPPORT (protocol not supported)"),
            Map.entry(95, "EOPNOTSUPP (operation not supported)"),
            Map.entry(97, "EAFNOSUPPORT (address family not supported)"),
            Map.entry(98, "EADDRINUSE (address in use)"),
            Map.entry(99, "EADDRNOTAVAIL (address not available)"),
            Map.entry(100, "ENETDOWN (network is down)"),
            Map.entry(101, "ENETUNREACH (network is unreachable)"),
            Map.entry(104, "ECONNRESET (connection reset)"),
            Map.entry(105, "ENOBUFS (no buffer space)"),
            Map.entry(106, "EISCONN (already connected)"),
            Map.entry(107, "ENOTCONN (not connected)"),
            Map.entry(110, "ETIMEDOUT (timed out)"),
            Map.entry(111, "ECONNREFUSED (connection refused)"),
            Map.entry(113, "EHOSTUNREACH (no route to host)"));

    @Override
    public String toString() {
        return Objects.requireNonNullElse(NAMES.get(number), "errno " + number);
    }
}
