package dev.tunbridge.bridge.replay;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells the connections of a file apart, also where two use the same addresses and ports one after the other. It gives the same
 * answer for the same packets, so a second pass over a file finds the connections of the first.
 */
final class ConnectionTable {
    /** A file has one connection of interest, or a few; an endless port scan must not fill the memory (some 6 MB at this many). */
    private static final int MOST_CONNECTIONS = 16_384;

    private final List<Connection> connections = new ArrayList<>();
    private final Map<Pair, Connection> latest = new HashMap<>();
    private long notListed;

    /** Both ends, in an order that does not depend on who sends. */
    private record Pair(End a, End b) {
        static Pair of(End source, End destination) {
            return isBefore(source, destination) ? new Pair(source, destination) : new Pair(destination, source);
        }

        private static boolean isBefore(End a, End b) {
            int order = Long.compareUnsigned(a.high(), b.high());
            order = order != 0 ? order : Long.compareUnsigned(a.low(), b.low());
            return (order != 0 ? order : Integer.compare(a.port(), b.port())) < 0;
        }
    }

    /** The connection that this segment belongs to; null where there is no room for one more. */
    @Nullable
    Connection assign(OuterSegment segment, End source, End destination, long timeNanos) {
        Pair pair = Pair.of(source, destination);
        Connection connection = latest.get(pair);
        if (connection == null || connection.isFollowedBy(segment, source)) {
            if (connections.size() == MOST_CONNECTIONS) {
                notListed++;
                return null;
            }
            connection = new Connection(connections.size(), source, destination);
            connections.add(connection);
            latest.put(pair, connection);
        }
        connection.saw(segment, source, timeNanos);
        return connection;
    }

    /** In the order of appearance. */
    List<Connection> connections() {
        return List.copyOf(connections);
    }

    /** Segments of connections for which there was no room. */
    long notListed() {
        return notListed;
    }
}
