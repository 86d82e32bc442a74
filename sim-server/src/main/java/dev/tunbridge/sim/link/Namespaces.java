package dev.tunbridge.sim.link;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetworkNamespace;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;

/** Work inside a named namespace whose failures are those of input and output. */
final class Namespaces {
    private Namespaces() {}

    static <T> T in(String namespace, Callable<T> work) throws IOException {
        try (NetworkNamespace entered = open(namespace)) {
            return entered.call(work);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("in namespace " + namespace + ": interrupted");
        } catch (Exception e) {
            throw new IOException("in namespace " + namespace + ": " + e.getMessage(), e);
        }
    }

    private static NetworkNamespace open(String namespace) throws IOException {
        try {
            return NetworkNamespace.open(namespace);
        } catch (LinuxException e) {
            String found = "'" + namespace + "' (ip netns add " + namespace + ")";
            throw e.errno().equals(Errno.ENOENT)
                    ? new LinuxException("there is no network namespace", found, e.errno())
                    : e;
        }
    }
}
