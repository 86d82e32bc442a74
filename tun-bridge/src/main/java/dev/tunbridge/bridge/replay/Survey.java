package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The first look at a recording: which connections are in it.
 *
 * @param connections in the order of appearance; of very many, those with most payload
 * @param damage why it could not be read to its end; empty where it could
 */
public record Survey(List<Connection> connections, String damage, Tally tally) {
    private static final Pass.Visitor NOBODY = (connection, segment, captured) -> {};

    /** Reads the recording from beginning to end. */
    public static Survey of(Recording recording) throws IOException {
        return of(recording, new ConnectionChoice.Largest());
    }

    /** The same, and of more connections than can be kept apart those that may be chosen are the last to go. */
    public static Survey of(Recording recording, ConnectionChoice choice) throws IOException {
        return read(recording, Pass.overAll(choice::admits, NOBODY));
    }

    private static Survey read(Recording recording, Pass pass) throws IOException {
        try (SegmentSource source = recording.open()) {
            return pass.read(source);
        }
    }

    /**
     * The connection that is meant, whole; empty where the recording has no such. Where some had to go, it is looked for once
     * more by itself, because it may have gone for a while.
     */
    public Optional<ConnectionChoice.Chosen> choose(Recording recording, ConnectionChoice choice) throws IOException {
        Optional<ConnectionChoice.Chosen> chosen = choice.among(connections);
        if (chosen.isEmpty() || tally.notListed() == 0) {
            return chosen;
        }
        Connection found = chosen.get().connection();
        List<Connection> whole = new ArrayList<>(
                read(recording, Pass.overThoseBetweenTheEndsOf(found, NOBODY)).connections());
        whole.removeIf(connection -> !connection.spans(found.lastPacket()));
        whole.forEach(connection -> connection.renumber(found.number()));
        return choice.among(whole);
    }

    /** How many there are, those that had to go included. */
    public long total() {
        return connections.size() + tally.notListed();
    }
}
