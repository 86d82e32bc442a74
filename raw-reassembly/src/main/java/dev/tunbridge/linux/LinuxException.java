package dev.tunbridge.linux;

import com.sun.jna.Native;
import java.io.IOException;

/** A C function that failed: which one, on what, and the kernel's reason. */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String operation;
    private final String subject;
    private final int errorNumber;

    public LinuxException(String operation, String subject, Errno errno) {
        this(operation, subject, errno, "");
    }

    /** With the kernel's own words, where it has some. */
    public LinuxException(String operation, String subject, Errno errno, String words) {
        super(operation + " " + subject + ": " + errno + (words.isEmpty() ? "" : ": " + words));
        this.operation = operation;
        this.subject = subject;
        this.errorNumber = errno.number();
    }

    /** The exception for the call that this thread has just made. */
    static LinuxException last(String operation, String subject) {
        return new LinuxException(operation, subject, new Errno(Native.getLastError()));
    }

    public String operation() {
        return operation;
    }

    public String subject() {
        return subject;
    }

    /** Whether root or a capability is what is missing. */
    public boolean isForbidden() {
        return errno().equals(Errno.EPERM) || errno().equals(Errno.EACCES);
    }

    public Errno errno() {
        return new Errno(errorNumber);
    }
}
