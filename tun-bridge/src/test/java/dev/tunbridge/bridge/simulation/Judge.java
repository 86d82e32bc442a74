package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.reassembly.recovery.RecoveryListener;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Watches what comes out of the receive side, and compares it with the truth: each frame once, none invented, none altered, messages
 * from the kernel lane alone and in order, nothing early that the flow rules forbid, and nothing late that was proven.
 */
final class Judge implements AutoCloseable {
    private final VirtualTime time;
    private final Scenario scenario;
    private final SentStream stream;
    private final HeldModel held;
    private final FlowRules rules = new FlowRules();
    private final ProofModel proofs;
    private final Trace trace;
    /** What was said to be delivered and has not been seen at the device yet, by fingerprint. */
    private final Map<Long, Integer> announced = new HashMap<>();

    private final Queue<Message> messagesDue = new ArrayDeque<>();
    private final Queue<Message> messagesHeard = new ArrayDeque<>();
    /** Of the server's questions about the link, and of the answers. */
    private int linksDue;

    private int linksHeard;
    private int unframedReached;
    private int announcedPackets;
    /** Frames below have been reached by the kernel lane. */
    private int kernelFrames;

    private long position;
    private long boundary;
    private boolean demands;
    /** Before, nobody knows what traffic looks like. */
    private boolean established;

    private final int[] earlyByGrade = new int[BoundaryGrade.values().length];

    Judge(VirtualTime time, Scenario scenario, SentStream stream, HeldModel held, Trace trace) {
        this.time = time;
        this.scenario = scenario;
        this.stream = stream;
        this.held = held;
        this.trace = trace;
        proofs = new ProofModel(scenario.format(), stream);
        demands = scenario.recovery().enabled();
    }

    /** From now on nothing has to go early. */
    void stopDemanding() {
        demands = false;
    }

    int early(BoundaryGrade grade) {
        return earlyByGrade[grade.ordinal()];
    }

    private SentFrame find(long start, long end) {
        SentFrame frame = stream.frameAt(start);
        if (frame == null || frame.end != end) {
            throw new Violation("a frame at " + start + ".." + end + " was delivered that the server never sent");
        }
        return frame;
    }

    /** A frame went early. */
    void early(long start, long end, BoundaryGrade grade) {
        SentFrame frame = find(start, end);
        trace.add(time, () -> "early " + grade + ": " + frame);
        if (frame.delivered) {
            throw new Violation(frame + " went early, and had been delivered before");
        }
        if (frame.start < position) {
            throw new Violation(frame + " went early, and the kernel lane has read to " + position);
        }
        BoundaryGrade lowest = scenario.recovery().boundaries();
        BoundaryGrade ofFormat = scenario.format().resync().boundaries();
        if (grade.compareTo(lowest) > 0 || grade.compareTo(ofFormat) > 0) {
            throw new Violation(frame + " went early by a boundary that is " + grade + ", and only " + lowest
                    + " was allowed, by the format " + ofFormat);
        }
        if (rules.judge(frame, grade, time.nowNanos()) == FlowRules.Verdict.MUST_NOT) {
            throw new Violation(frame + " went early by a boundary that is " + grade + ", against the flow rules: "
                    + rules.describe(frame));
        }
        frame.early = true;
        earlyByGrade[grade.ordinal()]++;
        deliver(frame);
    }

    /** The kernel lane has a frame, and passes it on. */
    void kernel(long start, long end) {
        SentFrame frame = find(start, end);
        trace.add(time, () -> "kernel: " + frame);
        reach(frame);
        if (frame.delivered) {
            throw new Violation(frame + " was delivered a second time by the kernel lane");
        }
        deliver(frame);
        unframedUpTo(start);
        if (frame.message != null) {
            messagesDue.add(frame.message);
        }
        linksDue += frame.kind == SentFrame.Kind.LINK ? 1 : 0;
    }

    /** What stands in front of the first frame is due once the kernel lane has read it. */
    private void unframedUpTo(long offset) {
        List<SentStream.Unframed> unframed = stream.unframed();
        while (unframedReached < unframed.size()
                && unframed.get(unframedReached).end() <= offset) {
            messagesDue.add(unframed.get(unframedReached++).message());
        }
    }

    /** The kernel lane has a frame that went early. */
    void swallowed(long start, long end) {
        SentFrame frame = find(start, end);
        trace.add(time, () -> "swallowed: " + frame);
        reach(frame);
        if (!frame.early || frame.swallowed) {
            throw new Violation(frame + " was swallowed" + (frame.early ? " twice" : ", and never went early"));
        }
        frame.swallowed = true;
        if (frame.flow != null) {
            rules.reached(frame.flow, time.nowNanos());
        }
    }

    private void reach(SentFrame frame) {
        if (frame.index != kernelFrames) {
            throw new Violation("the kernel lane reached " + frame + " when frame " + kernelFrames + " was due");
        }
        kernelFrames++;
    }

    private void deliver(SentFrame frame) {
        frame.delivered = true;
        if (frame.isTraffic() && frame.admitted) {
            rules.delivered(frame, frame.early, time.nowNanos());
            announced.merge(frame.fingerprint, 1, Integer::sum);
            announcedPackets++;
        }
    }

    /** The application or the session gets a message. */
    void message(Message message) {
        if (message instanceof Message.Link) {
            linksHeard++;
        } else {
            messagesHeard.add(message);
        }
    }

    /** The session stands, and with it what tunnel this is. */
    void established() {
        established = true;
    }

    /** A packet came out at the device. */
    void packet(byte[] packet) {
        long fingerprint = InnerPackets.fingerprint(packet, 0, packet.length);
        Integer count = announced.get(fingerprint);
        if (count == null) {
            throw new Violation(
                    "a packet of " + packet.length + " bytes came out at the device that is " + describe(fingerprint));
        }
        announcedPackets--;
        if (count == 1) {
            announced.remove(fingerprint);
        } else {
            announced.put(fingerprint, count - 1);
        }
    }

    private String describe(long fingerprint) {
        for (int i = 0; i < stream.frameCount(); i++) {
            SentFrame frame = stream.frame(i);
            if (frame.isTraffic() && frame.fingerprint == fingerprint) {
                return frame.delivered ? "a second copy of " + frame : "not announced: " + frame;
            }
        }
        return "none that was sent";
    }

    /** The receive core has something to say. */
    void event(RecoveryListener.Event event, long fromOffset, long toOffset) {
        trace.add(time, () -> event + " " + fromOffset + ".." + toOffset);
        switch (event) {
            case CONFLICT, MISMATCHED_BYTES, MISMATCHED_BOUNDARIES, CONTRADICTION ->
                throw new Violation(event + " at " + fromOffset + ".." + toOffset + ", and nobody was dishonest");
            case OVER_CAP -> {
                boolean isFull = 2 * held.reach() > scenario.recovery().heldBytes()
                        || 2 * held.segments() > scenario.recovery().heldRanges();
                if (!isFull) {
                    throw new Violation(
                            "over the cap with " + held.reach() + " bytes and " + held.segments() + " segments held");
                }
                held.forget();
            }
            case KERNEL_LOST, BLIND, FOLLOWED, HOLE_OPENED, HOLE_CLOSED -> {}
        }
    }

    /** The kernel lane has read to the position, and has whole frames up to the boundary. */
    void kernelAt(long position, long boundary) {
        this.position = position;
        this.boundary = boundary;
        held.kernelAt(position);
        unframedUpTo(position);
    }

    /** Ring and socket have been read, and the lane has settled. */
    void settled() {
        if (announcedPackets != 0) {
            throw new Violation(
                    announcedPackets + " packets were said to be delivered, and did not come out at the device");
        }
        while (!messagesDue.isEmpty() || !messagesHeard.isEmpty()) {
            Message due = messagesDue.poll();
            Message heard = messagesHeard.poll();
            if (due == null || !due.equals(heard)) {
                throw new Violation("the message due was " + due + ", and what came was " + heard);
            }
        }
        if (linksDue != linksHeard) {
            throw new Violation(linksDue + " questions about the link were due, and " + linksHeard + " answered");
        }
        if (demands && established && held.isAtHole()) {
            demand();
        }
    }

    private void demand() {
        ByteRanges ranges = held.held();
        for (int range = 0; range < ranges.size(); range++) {
            for (int i = stream.firstFrom(ranges.start(range)); i < stream.frameCount(); i++) {
                SentFrame frame = stream.frame(i);
                if (frame.end > ranges.end(range)) {
                    break;
                }
                if (!frame.delivered
                        && rules.judge(frame, BoundaryGrade.PROVEN, time.nowNanos()) == FlowRules.Verdict.MUST) {
                    demand(frame, ranges);
                }
            }
        }
    }

    private void demand(SentFrame frame, ByteRanges ranges) {
        if (proofs.isProven(frame, held, boundary, position)) {
            throw new Violation(
                    frame + " is whole beyond a hole at " + position + " and its boundary is proven, but it did"
                            + " not go early; held: " + ranges + "; " + rules.describe(frame));
        }
    }

    /** Nothing more comes. */
    void finish() {
        if (kernelFrames != stream.frameCount()) {
            throw new Violation("the kernel lane has reached " + kernelFrames + " of " + stream.frameCount()
                    + " frames at the end; next: " + stream.frame(kernelFrames));
        }
        for (int i = 0; i < stream.frameCount(); i++) {
            SentFrame frame = stream.frame(i);
            if (!frame.delivered || frame.early != frame.swallowed) {
                throw new Violation(frame + " at the end, " + (frame.swallowed ? "swallowed" : "not swallowed"));
            }
        }
    }

    @Override
    public void close() {
        proofs.close();
    }
}
