package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.LinkChanges;
import dev.tunbridge.linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees that somebody takes the TUN device down and up. It loses its routes by that, and an IPv6 one its address, and
 * nobody gives them back. What is announced is only a reason to look, and what counts is how the device is then. One
 * thread at a time, in the namespace of the device; a look costs some microseconds where nothing was announced.
 */
public final class NetworkWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkWatch.class);

    private final String device;
    private final int deviceIndex;
    private final LinkChanges changes;
    private final Listener listener = new Listener();

    private boolean announced;
    /** Its routes may be gone. */
    private boolean isDoubtful;

    private boolean isKnownDown;

    private NetworkWatch(String device, int deviceIndex, LinkChanges changes) {
        this.device = device;
        this.deviceIndex = deviceIndex;
        this.changes = changes;
    }

    /** For a device that exists, in the calling thread's namespace. */
    public static NetworkWatch open(String device) throws LinuxException {
        return new NetworkWatch(device, Interfaces.index(device), LinkChanges.open());
    }

    /** Answers whether the device is up, and may have lost its routes since this was asked last. */
    public boolean look() throws LinuxException {
        changes.drain(listener);
        if (!announced) {
            return false;
        }
        announced = false;
        boolean isDown = !Interfaces.isUp(device);
        if (isDown && !isKnownDown) {
            LOG.warn("{} was taken down: nothing comes through until it is up again", device);
        }
        isKnownDown = isDown;
        boolean mustLook = isDoubtful && !isDown;
        isDoubtful = isDoubtful && isDown;
        return mustLook;
    }

    @Override
    public void close() {
        changes.close();
    }

    private final class Listener implements LinkChanges.Listener {
        @Override
        public void onInterface(int interfaceIndex, boolean isUp) {
            if (interfaceIndex == deviceIndex) {
                announced = true;
                isDoubtful |= !isUp;
            }
        }

        @Override
        public void onLost() {
            announced = true;
            isDoubtful = true;
        }
    }
}
