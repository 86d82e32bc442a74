package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.Nullable;

/** Flow queues one after the other; each is in one list at most. */
final class FlowList {
    private @Nullable FlowQueue first;
    private @Nullable FlowQueue last;

    @Nullable
    FlowQueue first() {
        return first;
    }

    boolean isEmpty() {
        return first == null;
    }

    /** Puts it at the end of this list, whichever it was in before. */
    void add(FlowQueue flow) {
        FlowList old = flow.list;
        if (old != null) {
            old.remove(flow);
        }
        flow.list = this;
        flow.before = last;
        if (last == null) {
            first = flow;
        } else {
            last.after = flow;
        }
        last = flow;
    }

    void remove(FlowQueue flow) {
        FlowQueue before = flow.before;
        FlowQueue after = flow.after;
        if (before == null) {
            first = after;
        } else {
            before.after = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.before = before;
        }
        flow.list = null;
        flow.before = null;
        flow.after = null;
    }
}
