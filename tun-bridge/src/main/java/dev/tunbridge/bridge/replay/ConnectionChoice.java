package dev.tunbridge.bridge.replay;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Which connection of a recording is replayed, and which of its ends receives. */
public sealed interface ConnectionChoice {
    /** The connection with most payload towards who connected. */
    record Largest() implements ConnectionChoice {}

    /** The connection to one of these ends with most payload from there; the bridge's server, under each of its addresses. */
    record ToServer(Collection<End> servers) implements ConnectionChoice {}

    /** What {@code receiver} received from {@code sender}; of several such connections, the one with most payload. */
    record Between(End receiver, End sender) implements ConnectionChoice {}

    /** By its number, and received by who connected. */
    record Numbered(int number) implements ConnectionChoice {}

    /** How {@link #parse} wants it. */
    String ALLOWED = "ADDRESS:PORT-ADDRESS:PORT with the receiving end first (IPv6 in brackets), or a number of --list";

    /** A connection and its receiving end. */
    record Chosen(Connection connection, End receiver) {
        public End sender() {
            return connection.other(receiver).end();
        }

        /** The other direction of the same connection. */
        public Chosen reversed() {
            return new Chosen(connection, sender());
        }
    }

    /** Reads what a user wrote; {@link IllegalArgumentException} where it is not {@link #ALLOWED}. */
    static ConnectionChoice parse(String text) {
        if (text.matches("\\d{1,9}")) {
            return new Numbered(Integer.parseInt(text));
        }
        int dash = text.indexOf('-');
        if (dash < 0) {
            throw new IllegalArgumentException(text);
        }
        return new Between(End.parse(text.substring(0, dash)), End.parse(text.substring(dash + 1)));
    }

    /** The connection; empty where the recording has no such. */
    default Optional<Chosen> among(List<Connection> connections) {
        return connections.stream()
                .filter(this::admits)
                .map(connection -> new Chosen(connection, receiver(connection)))
                .max(Comparator.<Chosen>comparingLong(
                                chosen -> chosen.connection().payloadBytesTo(chosen.receiver()))
                        .thenComparing(chosen -> -chosen.connection().number()));
    }

    /** Whether this may be the connection. */
    default boolean admits(Connection connection) {
        if (this instanceof Numbered numbered) {
            return connection.number() == numbered.number();
        }
        if (this instanceof ToServer toServer) {
            return toServer.servers().contains(connection.responder())
                    || (!connection.isInitiatorKnown() && toServer.servers().contains(connection.initiator()));
        }
        return !(this instanceof Between between) || connection.isBetween(between.receiver(), between.sender());
    }

    private End receiver(Connection connection) {
        if (this instanceof Between between) {
            return between.receiver();
        }
        boolean isServer =
                this instanceof ToServer toServer && toServer.servers().contains(connection.initiator());
        return isServer ? connection.responder() : connection.initiator();
    }
}
