package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which packets may overtake the kernel, written down a second time: from what the device got, and from the truth about frames. */
final class FlowRules {
    private static final long KNOWN_NANOS = 60 * VirtualTime.SECOND;

    private final Map<InnerFlow, Seen> flows = new HashMap<>();

    /** What the rules say of a frame beyond a hole. */
    enum Verdict {
        /** It has to go early, if its boundary is proven. */
        MUST,
        /** Either is right. */
        MAY,
        MUST_NOT
    }

    private static final class Seen {
        private boolean hasNext;
        private int next;
        private boolean ended;
        /** Its ports have come back with other numbers: what was looked at before that may have been taken for something old. */
        private boolean isReused;

        private boolean byKernel;
        private long byKernelNanos;
    }

    /** The device has got it. */
    void delivered(SentFrame frame, boolean early, long nowNanos) {
        InnerFlow flow = frame.flow;
        if (flow == null || frame.kind == SentFrame.Kind.FRAGMENT) {
            return;
        }
        Seen seen = flows.computeIfAbsent(flow, unused -> new Seen());
        int end = frame.sequence + frame.sequenceLength;
        if ((frame.flags & TcpView.SYN) != 0) {
            seen.isReused |= seen.hasNext && seen.next != end;
            seen.hasNext = true;
            seen.next = end;
            seen.ended = false;
        } else if (frame.sequenceLength > 0 || (!early && !seen.hasNext)) {
            // An acknowledgement alone says nothing of what came before it, if it has overtaken that.
            seen.next = seen.hasNext ? SequenceNumber.max(seen.next, end) : end;
            seen.hasNext = true;
        }
        seen.ended |= (frame.flags & (TcpView.RST | TcpView.FIN)) != 0;
        if (!early) {
            reached(flow, nowNanos);
        }
    }

    /** The kernel lane has reached a packet of the flow. */
    void reached(InnerFlow flow, long nowNanos) {
        Seen seen = flows.get(flow);
        if (seen != null) {
            seen.byKernel = true;
            seen.byKernelNanos = nowNanos;
        }
    }

    /** What is known of the frame's flow. */
    String describe(SentFrame frame) {
        Seen seen = flows.get(frame.flow);
        return seen == null
                ? "its flow is unknown"
                : !seen.hasNext
                        ? "its flow's next number is unknown"
                        : "its flow's next number is " + Integer.toUnsignedString(seen.next)
                                + (seen.byKernel ? "" : ", never by kernel");
    }

    Verdict judge(SentFrame frame, BoundaryGrade grade, long nowNanos) {
        boolean maybe = frame.isTraffic() && frame.kind != SentFrame.Kind.FRAGMENT && frame.admitted && frame.checked;
        if (!maybe || frame.flow == null) {
            return Verdict.MUST_NOT;
        }
        Seen seen = flows.get(frame.flow);
        boolean isProven = grade == BoundaryGrade.PROVEN;
        if (!isProven && (seen == null || !seen.byKernel || nowNanos - seen.byKernelNanos > KNOWN_NANOS)) {
            return Verdict.MUST_NOT;
        }
        return frame.kind == SentFrame.Kind.TCP ? judgeTcp(frame, isProven, seen) : Verdict.MUST;
    }

    private static Verdict judgeTcp(SentFrame frame, boolean isProven, @Nullable Seen seen) {
        if ((frame.flags & TcpView.RST) != 0) {
            return Verdict.MUST_NOT;
        }
        if ((frame.flags & TcpView.SYN) != 0) {
            return !isProven ? Verdict.MUST_NOT : seen == null ? Verdict.MUST : Verdict.MAY;
        }
        boolean isAtNext = seen != null && seen.hasNext && frame.sequence == seen.next;
        if ((frame.flags & TcpView.FIN) != 0) {
            return seen == null || !isAtNext ? Verdict.MUST_NOT : seen.isReused ? Verdict.MAY : Verdict.MUST;
        }
        if (seen != null && seen.ended) {
            return Verdict.MAY;
        }
        if (frame.sequenceLength == 0) {
            return isProven ? Verdict.MUST : Verdict.MAY;
        }
        if (isAtNext) {
            return Verdict.MUST;
        }
        boolean continues = seen != null && seen.hasNext && SequenceNumber.isBefore(frame.sequence, seen.next);
        return isProven && continues ? Verdict.MUST : Verdict.MUST_NOT;
    }
}
