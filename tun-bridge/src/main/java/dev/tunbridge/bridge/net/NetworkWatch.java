package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetworkChanges;
import dev.tunbridge.linux.TrafficControl;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What others do to the network while a session is established. A device that is taken down loses its routes, and an
 * IPv6 one its address, and nobody gives them back when it comes up again; and the way to the server, of which the host
 * route is a copy, may become another. One thread at a time; a look takes some microseconds.
 */
final class NetworkWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkWatch.class);

    private final String device;
    private final int deviceIndex;
    private final NetworkChanges changes;
    private final Listener listener = new Listener();

    /** Whether the other interfaces were up and running when they were heard of last. */
    private final Map<Integer, Boolean> carries = new HashMap<>();

    private boolean isDown;
    private boolean returned;
    private boolean wayChanged;

    private NetworkWatch(String device, int deviceIndex, NetworkChanges changes) {
        this.device = device;
        this.deviceIndex = deviceIndex;
        this.changes = changes;
    }

    /** For a device that exists, in the calling thread's namespace. */
    static NetworkWatch open(String device) throws LinuxException {
        return new NetworkWatch(device, TrafficControl.interfaceIndex(device), NetworkChanges.open());
    }

    /** What has happened so far was our own set-up. */
    void begin() throws LinuxException {
        changes.drain(listener);
        returned = false;
        wayChanged = false;
    }

    /** Sees what has happened since. */
    void look() throws LinuxException {
        boolean wasDown = isDown;
        changes.drain(listener);
        if (isDown && !wasDown) {
            LOG.warn("{} was taken down: nothing comes through until it is up again", device);
        }
    }

    /** Whether the device was down, and is up again; asked once. */
    boolean takeReturn() {
        boolean taken = returned;
        returned = false;
        return taken;
    }

    /** Whether another way may lead to the server now; asked once. */
    boolean takeWayChange() {
        boolean taken = wayChanged;
        wayChanged = false;
        return taken;
    }

    @Override
    public void close() {
        changes.close();
    }

    private final class Listener implements NetworkChanges.Listener {
        @Override
        public void onInterface(int interfaceIndex, boolean isUp, boolean isRunning) {
            if (interfaceIndex != deviceIndex) {
                Boolean before = carries.put(interfaceIndex, isUp && isRunning);
                wayChanged |= before == null || before != (isUp && isRunning);
            } else {
                returned |= isUp && isDown;
                isDown = !isUp;
            }
        }

        @Override
        public void onInterfaceGone(int interfaceIndex) {
            wayChanged |= carries.remove(interfaceIndex) != null;
        }

        @Override
        public void onRoute(int protocol, int interfaceIndex) {
            wayChanged |= protocol != StaleRules.PROTOCOL && interfaceIndex != deviceIndex;
        }

        @Override
        public void onLost() {
            returned |= !isDown;
            wayChanged = true;
        }
    }
}
