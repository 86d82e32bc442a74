package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;
import java.util.List;

/**
 * The first look at a recording: which connections are in it.
 *
 * @param connections in the order of appearance
 * @param damage why it could not be read to its end; empty where it could
 */
public record Survey(List<Connection> connections, String damage, Tally tally) {
    /** Reads the recording from beginning to end. */
    public static Survey of(Recording recording) throws IOException {
        Pass pass = new Pass((connection, segment, captured) -> {});
        try (SegmentSource source = recording.open()) {
            return pass.read(source);
        }
    }
}
