package dev.tunbridge.bridge.replay;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Tells the connections of a file apart, also where two use the same addresses and ports one after the other. It gives the same
 * answer for the same packets, so a second pass over a file finds the connections of the first.
 *
 * <p>Of more than it may keep, those with least payload go, however they come: a scan in front of the wanted connection does not
 * hide it. One that went and comes again is begun anew, and so lacks its beginning: see {@link Survey#choose}.
 */
final class ConnectionTable {
    /** A file has one connection of interest, or a few; an endless port scan must not fill the memory (some 6 MB at this many). */
    static final int MOST_CONNECTIONS = 16_384;

    /** Of a sweep; so large a part that sorting costs a microsecond for each that comes. */
    private static final int KEPT_CONNECTIONS = MOST_CONNECTIONS / 4 * 3;

    private final Predicate<Connection> isWanted;
    private final List<Connection> connections = new ArrayList<>();
    private final Map<Pair, Connection> latest = new HashMap<>();
    private int begun;

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

    /** Those that are wanted go last. */
    ConnectionTable(Predicate<Connection> isWanted) {
        this.isWanted = isWanted;
    }

    /** The connection that this segment belongs to; {@code packet} is its place in the file. */
    Connection assign(OuterSegment segment, End source, End destination, long timeNanos, long packet) {
        Pair pair = Pair.of(source, destination);
        Connection connection = latest.get(pair);
        if (connection == null || connection.isFollowedBy(segment, source)) {
            if (connections.size() == MOST_CONNECTIONS) {
                sweep();
            }
            connection = new Connection(begun++, source, destination);
            connections.add(connection);
            latest.put(pair, connection);
        }
        connection.saw(segment, source, timeNanos, packet);
        return connection;
    }

    private void sweep() {
        connections.sort(Comparator.comparing(isWanted::test)
                .thenComparingLong(Connection::payloadBytes)
                .thenComparingLong(Connection::lastPacket)
                .reversed());
        List<Connection> gone = connections.subList(KEPT_CONNECTIONS, connections.size());
        for (Connection connection : gone) {
            latest.remove(Pair.of(connection.initiator(), connection.responder()), connection);
        }
        gone.clear();
        connections.sort(Comparator.comparingInt(Connection::number));
    }

    /** In the order of appearance. */
    List<Connection> connections() {
        return List.copyOf(connections);
    }

    /** Connections that there was no room for. */
    long notListed() {
        return (long) begun - connections.size();
    }
}
