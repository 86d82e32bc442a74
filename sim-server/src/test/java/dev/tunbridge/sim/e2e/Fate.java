package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What became of one segment between the two TUN devices.
 *
 * @param sent as local TCP handed it over
 * @param arrived what of it came out of the tunnel
 */
record Fate(RecordedSegment sent, Optional<RecordedSegment> arrived) {
    private static final int STRIPPED_FLAGS = TcpView.PSH | TcpView.FIN | TcpView.SYN;

    /**
     * Compares what went in with what came out. Each segment that came out is one that went in, or what is left of one; anything else
     * fails. The egress queue may put an acknowledgement before data, so the order is not compared.
     */
    static List<Fate> compare(List<RecordedSegment> sent, List<RecordedSegment> arrived) {
        List<RecordedSegment> unmatched = new ArrayList<>(arrived);
        List<Fate> fates = new ArrayList<>();
        for (RecordedSegment segment : sent) {
            fates.add(new Fate(segment, take(unmatched, unmatched.stream().filter(segment::isSameAs))));
        }
        for (int at = 0; at < fates.size(); at++) {
            RecordedSegment segment = fates.get(at).sent;
            if (fates.get(at).arrived.isEmpty()) {
                fates.set(
                        at,
                        new Fate(segment, take(unmatched, unmatched.stream().filter(left -> isLeftOf(left, segment)))));
            }
        }
        assertThat(unmatched)
                .as("came out of the tunnel, and nobody had sent it")
                .isEmpty();
        assertThat(arrived).as("checksums").allMatch(RecordedSegment::isSound);
        return fates;
    }

    private static Optional<RecordedSegment> take(
            List<RecordedSegment> from, java.util.stream.Stream<RecordedSegment> candidates) {
        Optional<RecordedSegment> first = candidates.findFirst();
        first.ifPresent(from::remove);
        return first;
    }

    private static boolean isLeftOf(RecordedSegment left, RecordedSegment segment) {
        if (!left.tellsTheSameAs(segment) || segment.sequenceLength() == 0) {
            return false;
        }
        return left.sequenceLength() == 0
                ? left.flags() == (segment.flags() & ~STRIPPED_FLAGS)
                : isPartOf(left, segment);
    }

    private static boolean isPartOf(RecordedSegment part, RecordedSegment whole) {
        int skipped = SequenceNumber.difference(part.sequenceNumber(), whole.sequenceNumber());
        int behind = SequenceNumber.difference(whole.end(), part.end());
        if (skipped < 0 || behind < 0 || skipped + part.payloadLength() > whole.payloadLength()) {
            return false;
        }
        int flags = behind == 0 ? whole.flags() : whole.flags() & ~(TcpView.PSH | TcpView.FIN);
        ByteBuffer same = whole.payload().slice(skipped, part.payloadLength());
        return part.flags() == flags && part.payload().equals(same);
    }

    boolean isWhole() {
        return arrived.isPresent() && arrived.get().isSameAs(sent);
    }

    boolean isDropped() {
        return arrived.isEmpty();
    }

    /** Its payload was taken off, and what it tells went on. */
    boolean isStripped() {
        return arrived.isPresent() && sent.sequenceLength() > 0 && arrived.get().sequenceLength() == 0;
    }

    boolean isTrimmed() {
        return arrived.isPresent() && !isWhole() && !isStripped();
    }
}
