package dev.tunbridge.reassembly.recording;

import dev.tunbridge.reassembly.capture.Seen;
import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All that a file had, how it ended, and what it said of itself. */
record Reading(List<Seen> packets, String damage, FileTally tally, long dropped) {
    static Reading of(Path file) throws IOException {
        return of(file, MappedWindow.USUAL_BYTES);
    }

    static Reading of(Path file, int windowBytes) throws IOException {
        List<Seen> packets = new ArrayList<>();
        String damage = "";
        try (CaptureFile source = CaptureFile.open(file, windowBytes)) {
            try {
                while (source.drain(segment -> packets.add(Seen.copyOf(segment)), 3) != SegmentSource.END) {
                    // Until the end.
                }
            } catch (IOException e) {
                damage = String.valueOf(e.getMessage());
            }
            return new Reading(
                    packets, damage, source.tally(), source.counters().dropped());
        }
    }

    List<Long> times() {
        return packets.stream().map(Seen::timeNanos).toList();
    }
}
