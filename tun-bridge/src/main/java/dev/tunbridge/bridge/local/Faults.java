package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.linux.Errno;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Errors;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.PortUnreachableException;

/** What an error of the kernel means for who has asked for a service. */
final class Faults {
    /** Netty has one exception for it and for a refusal, which differ in their text alone. */
    private static final String NO_PORT_LEFT = "Cannot assign requested address";

    private Faults() {}

    /** What a call has thrown. */
    static OpenRefusal refusal(Exception fault) {
        if (fault instanceof ServiceSource.NotAClientException) {
            return OpenRefusal.NOT_ALLOWED;
        }
        if (fault instanceof BindException || fault instanceof ChannelException) {
            return OpenRefusal.HOST_LIMIT; // no port left, or no descriptor
        }
        if (fault instanceof ConnectException) {
            return String.valueOf(fault.getMessage()).contains(NO_PORT_LEFT)
                    ? OpenRefusal.HOST_LIMIT
                    : OpenRefusal.SERVICE_REFUSED;
        }
        return fault instanceof FileNotFoundException // no such Unix socket: nobody listens there
                ? OpenRefusal.SERVICE_REFUSED
                : OpenRefusal.SERVICE_UNREACHABLE;
    }

    /** Whether a datagram's fault means that nobody takes any, as opposed to this one. */
    static boolean isRefusal(IOException fault) {
        return fault instanceof PortUnreachableException
                || (fault instanceof Errors.NativeIoException named
                        && named.expectedErr() == -Errno.ECONNREFUSED.number());
    }

    /** What a socket has found out later (SO_ERROR). */
    static OpenRefusal refusal(int errno) {
        return errno == Errno.ECONNREFUSED.number() || errno == Errno.ECONNRESET.number()
                ? OpenRefusal.SERVICE_REFUSED
                : OpenRefusal.SERVICE_UNREACHABLE;
    }
}
