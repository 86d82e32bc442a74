package dev.tunbridge.bridge.replay;

import java.util.ArrayList;
import java.util.List;

/** Draws the conclusions of a replay that has ended. */
final class ReplayFindings {
    /** A few acknowledgements may pass their segment on another queue; more tell where the capture was taken. */
    private static final long SOME = 3;

    private final Replay replay;
    private final Survey survey;
    private final HandshakeReport handshake;
    private final KernelReport kernel;
    private final LaneReport lane;

    ReplayFindings(Replay replay, Survey survey) {
        this.replay = replay;
        this.survey = survey;
        handshake = HandshakeReport.of(replay.chosen());
        kernel = replay.receiver().report();
        lane = replay.lane();
    }

    ReplayReport report() {
        Verdict verdict = verdict();
        return new ReplayReport(
                replay.options().format().name(),
                verdict,
                detail(verdict),
                warnings(),
                survey.tally(),
                survey.total(),
                PathReport.of(replay.chosen()),
                handshake,
                kernel,
                replay.receiver().holes(),
                replay.stream(),
                lane,
                replay.delivery());
    }

    private Verdict verdict() {
        if (kernel.deliveredBytes() == 0) {
            return Verdict.EMPTY;
        }
        if (replay.messages().messages() == 0) {
            return Verdict.OTHER_FORMAT;
        }
        return replay.lost() == null ? Verdict.REPLAYED : Verdict.LOST_SYNCHRONISATION;
    }

    private String detail(Verdict verdict) {
        String format = "format '" + replay.options().format().name() + "'";
        RuntimeException lost = replay.lost();
        StreamReport stream = replay.stream();
        return switch (verdict) {
            case EMPTY -> nothingReceived();
            case OTHER_FORMAT -> "not " + format + ": " + (lost != null ? lost.getMessage() : nothingRead(stream));
            case LOST_SYNCHRONISATION ->
                format + " for " + stream.frames() + " frames, then no more: "
                        + (lost == null ? "" : lost.getMessage());
            case REPLAYED -> format + ", " + stream.frames() + " frames";
        };
    }

    private String nothingReceived() {
        long waiting = replay.receiver().waitingBytes();
        if (waiting > 0) {
            return "nothing was received in order: the file lacks the first of " + waiting + " bytes";
        }
        String nothing = "nothing was received on this connection";
        long unacceptable = sender().unacceptable();
        if (unacceptable > 0) {
            return nothing + ": " + unacceptable
                    + " segments with payload lack the ACK flag, and a kernel takes none of those"
                    + " (RFC 9293 section 3.10.7.4); text2pcap -T writes such, a capture of a real connection has none";
        }
        long refused =
                kernel.refused().values().stream().mapToLong(Long::longValue).sum();
        return nothing
                + (refused == 0 ? "" : ": the played kernel refused " + refused + " segments " + kernel.refused());
    }

    private Half sender() {
        return replay.chosen().connection().other(replay.chosen().receiver());
    }

    private String nothingRead(StreamReport stream) {
        if (stream.frames() == 0) {
            return "no whole frame in " + kernel.deliveredBytes() + " bytes";
        }
        return stream.frames() + " frames, " + stream.unknownTypes() + " of unknown types and " + stream.malformed()
                + " malformed";
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (handshake.isComplete() && !handshake.sack()) {
            warnings.add(
                    "no SACK: after a loss the sender repeats what was not lost and stalls, whatever the receiver does");
        }
        addCompleteness(warnings);
        addTrust(warnings);
        addAlarms(warnings);
        warnings.addAll(replay.messages().notes());
        return warnings;
    }

    private void addCompleteness(List<String> warnings) {
        if (!survey.damage().isEmpty()) {
            warnings.add("not read to its end: " + survey.damage());
        }
        PathReport path = PathReport.of(replay.chosen());
        if (!replay.receiver().knowsBeginning()) {
            warnings.add(
                    "late start: the file lacks the handshake, so the raw lane cannot place a segment and nothing goes early;"
                            + " record again, from before the bridge connects");
        } else if (!handshake.isComplete()) {
            warnings.add("the file lacks one of the two SYNs");
        }
        if (!path.isInitiatorKnown()) {
            warnings.add("who connected is a guess by the ports");
        }
        if (path.sentSegments() == 0) {
            warnings.add("the file has nothing that the receiving end sent: what it had is not known");
        }
        if (kernel.missingBytes() > 0) {
            long fragments = survey.tally().fragments();
            warnings.add("the file lacks " + kernel.missingBytes()
                    + " bytes that were received: the capture has lost or cut them"
                    + (fragments == 0
                            ? ""
                            : ", or they are in the " + fragments + " IP fragments, which are not put together"));
        }
        warnings.addAll(survey.tally().remarks());
        if (survey.tally().truncated() > 0) {
            warnings.add(survey.tally().truncated()
                    + " segments are cut, and the raw lane uses none of them: capture with a larger snap length");
        }
    }

    private void addTrust(List<String> warnings) {
        Half sender = sender();
        if (!sender.sumsCount()) {
            warnings.add(sender.wrongSums() + " of " + sender.segments()
                    + " checksums are wrong: nobody went by them, and" + " the played kernel does not either");
        }
        if (kernel.unseenHoles() > SOME && kernel.unseenHoles() * 10 > kernel.acknowledgements()) {
            warnings.add("not captured at the receiver, which reports holes that the file has not: the times are those"
                    + " at the place of the capture");
        }
        if (kernel.doubtfulBytes() > 0) {
            warnings.add(kernel.doubtfulBytes()
                    + " bytes of segments that a kernel refuses or the capture has cut were acknowledged,"
                    + " and so taken");
        }
        if (kernel.differentBytes() > 0) {
            warnings.add(kernel.differentBytes() + " bytes came twice and were not the same");
        }
    }

    private void addAlarms(List<String> warnings) {
        long mismatches = lane.mismatchedBytes() + lane.mismatchedBoundaries();
        if (mismatches > 0) {
            warnings.add(mismatches + " early frames were not what the kernel's stream brought");
        }
        if (lane.contradictions() > 0) {
            warnings.add("the stream contradicts its own frame boundaries");
        }
    }
}
