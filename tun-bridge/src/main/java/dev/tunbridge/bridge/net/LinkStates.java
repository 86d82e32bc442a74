package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.NetworkChange.Kind;
import dev.tunbridge.linux.netlink.NetworkChange.LinkChange;
import java.util.HashMap;
import java.util.Map;

/** Which interfaces can be used, as far as they were announced: the kernel announces them for many other reasons. One thread. */
final class LinkStates {
    private record State(boolean isUp, boolean isRunning) {}

    private final Map<Integer, State> states = new HashMap<>();

    /** Whether this interface is gone, or was not known to be as it is. */
    boolean isNews(LinkChange change) {
        Link link = change.link();
        if (change.kind() == Kind.GONE) {
            states.remove(link.index());
            return true;
        }
        State now = new State(link.isUp(), link.isRunning());
        return !now.equals(states.put(link.index(), now));
    }

    /** Anything may have happened since. */
    void forget() {
        states.clear();
    }
}
