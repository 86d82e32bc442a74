package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Signals;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    /** Close to where a nanosecond clock wraps, which must not matter. */
    private static final long START = Long.MAX_VALUE - 20 * SECOND;

    private static final InetAddress ADDRESS = InetAddress.getLoopbackAddress();
    private static final List<Carriage> OFFERED = List.of(Carriage.SEGMENT, Carriage.PACKET);
    private static final Message.Signal HELLO = Signals.hello(1, OFFERED, "device", Octets.EMPTY);
    private static final TunnelParameters TUNNEL =
            new TunnelParameters(Carriage.SEGMENT, 7, 1400, 30, ADDRESS, ADDRESS);
    private static final Message.Signal WELCOME = Signals.welcome(TUNNEL);

    private final Session client = Script.client(OFFERED);
    private final Session server = Script.server(said -> Script.admit(TUNNEL));

    @Test
    void helloAndWelcomeOpenTheSessionAtBothEnds() {
        assertThat(client.connected(START)).containsExactly(send(HELLO));
        assertThat(server.connected(START)).isEmpty();
        assertThat(client.admits(Carriage.SEGMENT)).isFalse();
        assertThat(server.received(HELLO, START)).containsExactly(send(WELCOME), new SessionAction.Established(TUNNEL));
        assertThat(client.received(WELCOME, START)).containsExactly(new SessionAction.Established(TUNNEL));
        for (Session session : List.of(client, server)) {
            assertThat(session.isEstablished()).isTrue();
            assertThat(session.admits(Carriage.SEGMENT)).isTrue();
            assertThat(session.admits(Carriage.PACKET))
                    .as("not what was agreed")
                    .isFalse();
        }
    }

    @Test
    void theServerWaitsFiveSecondsForTheHello() {
        server.connected(START);
        assertThat(server.nextDeadlineNanos()).isEqualTo(START + 5 * SECOND);
        server.heard(START + 4 * SECOND);
        assertThat(server.tick(START + 5 * SECOND - 1)).isEmpty();
        assertClosed(server.tick(START + 5 * SECOND), CloseReason.LOGIN_TIMEOUT);
        assertIsOver(server);
    }

    @Test
    void theClientWaitsTenSecondsForTheWelcome() {
        client.connected(START);
        assertThat(client.tick(START + 10 * SECOND - 1)).isEmpty();
        assertClosed(client.tick(START + 10 * SECOND), CloseReason.LOGIN_TIMEOUT);
        assertIsOver(client);
    }

    @ParameterizedTest
    @ValueSource(strings = {"version", "carriage", "credentials", "busy"})
    void aRejectEndsBoth(String reason) {
        Message.Signal reject = Signals.reject(reason, "not today");
        Session refusing = Script.server(said -> new Admission.Decision.Refused(reason, "not today"));
        client.connected(START);
        refusing.connected(START);
        SessionAction closed = new SessionAction.Closed(CloseReason.REFUSED, reason + ": not today");
        assertThat(refusing.received(HELLO, START)).containsExactly(send(reject), closed);
        assertThat(client.received(reject, START))
                .containsExactly(new SessionAction.Refused(reason, "not today", reason.equals("busy")), closed);
        assertIsOver(client);
        assertIsOver(refusing);
    }

    @Test
    void anAdmissionHearsWhatTheDeviceSaysOfItself() {
        Map<String, Value> heard = new HashMap<>();
        Session curious = Script.server(said -> {
            heard.putAll(said);
            return Script.admit(TUNNEL);
        });
        curious.connected(START);
        curious.received(HELLO, START);
        assertThat(heard)
                .containsEntry("identity.device-id", new Value.Text("device"))
                .containsEntry("offer.carriages", Signals.names(OFFERED))
                .containsEntry("hello.version", new Value.Whole(1));
    }

    @ParameterizedTest
    @MethodSource("everyMessage")
    void beforeTheWelcomeOnlyTheAnswerIsAllowed(Message message) {
        client.connected(START);
        List<SessionAction> actions = client.received(message, START);
        if (isOneOf(message, "welcome", "reject")) {
            assertThat(actions).isNotEmpty();
        } else if (isOneOf(message, "bye")) {
            String reason = "bye (reason 0) in place of the welcome, step 2 of 2 of the login";
            assertThat(actions)
                    .as("the server's answer")
                    .containsExactly(
                            new SessionAction.Refused(reason, "", true),
                            new SessionAction.Closed(CloseReason.REFUSED, reason));
            assertIsOver(client);
        } else {
            assertClosed(actions, CloseReason.PROTOCOL_VIOLATION);
            assertIsOver(client);
        }
    }

    @ParameterizedTest
    @MethodSource("everyMessage")
    void beforeTheHelloNothingElseIsAllowed(Message message) {
        server.connected(START);
        List<SessionAction> actions = server.received(message, START);
        if (isOneOf(message, "hello")) {
            assertThat(server.isEstablished()).isTrue();
        } else {
            assertClosed(actions, CloseReason.PROTOCOL_VIOLATION);
            assertIsOver(server);
        }
    }

    @ParameterizedTest
    @MethodSource("everyMessage")
    void afterTheWelcomeNobodyIntroducesHimselfAgain(Message message) {
        for (Session session : established()) {
            List<SessionAction> actions = session.received(message, START);
            if (isOneOf(message, "hello", "welcome", "reject")) {
                boolean isTheServers = isOneOf(message, "reject") && session != server;
                assertClosed(actions, isTheServers ? CloseReason.REFUSED : CloseReason.PROTOCOL_VIOLATION);
            } else {
                assertThat(session.isEstablished()).isEqualTo(!isOneOf(message, "bye"));
            }
        }
    }

    @Test
    void aCarriageThatWasNotOfferedIsAViolation() {
        client.connected(START);
        Message socket = Signals.welcome(new TunnelParameters(Carriage.SOCKET, 7, 1400, 30, ADDRESS, ADDRESS));
        assertClosed(client.received(socket, START), CloseReason.PROTOCOL_VIOLATION);
    }

    @Test
    void trafficBeforeTheWelcomeIsAViolation() {
        client.connected(START);
        assertClosed(client.violated("tcp before the welcome", START), CloseReason.PROTOCOL_VIOLATION);
        assertThat(client.violated("again", START)).isEmpty();
    }

    @Test
    void aKeepAliveIsAnsweredWithItsNonce() {
        for (Session session : established()) {
            assertThat(session.received(Signals.keepAlive(0xFFFF_FFFFL), START))
                    .containsExactly(send(Signals.keepAliveAck(0xFFFF_FFFFL)));
            assertThat(session.received(Signals.keepAliveAck(3), START)).isEmpty();
        }
    }

    @Test
    void messagesOfTheApplicationAreDelivered() {
        Message.App message = new Message.App(9, Octets.of((byte) 1));
        for (Session session : established()) {
            assertThat(session.received(message, START)).containsExactly(new SessionAction.Deliver(message));
        }
    }

    @Test
    void aKeepAliveIsSentEveryFifteenSecondsHoweverMuchIsHeard() {
        for (Session session : established()) {
            long now = START;
            for (int nonce = 1; nonce <= 10; nonce++) {
                session.heard(now + SECOND);
                now += 15 * SECOND;
                assertThat(session.nextDeadlineNanos()).isEqualTo(now);
                assertThat(session.tick(now - 1)).isEmpty();
                assertThat(session.tick(now)).containsExactly(send(Signals.keepAlive(nonce)));
                assertThat(session.tick(now)).isEmpty();
            }
        }
    }

    @Test
    void aKeepAliveMayBeSentBeforeItIsDueButNotTwiceInASecond() {
        for (Session session : established()) {
            assertThat(session.keepAlive(START + SECOND - 1)).isEmpty();
            assertThat(session.keepAlive(START + SECOND)).containsExactly(send(Signals.keepAlive(1)));
            assertThat(session.keepAlive(START + 2 * SECOND - 1)).isEmpty();
            assertThat(session.nextDeadlineNanos()).isEqualTo(START + 16 * SECOND);
            assertThat(session.tick(START + 16 * SECOND)).containsExactly(send(Signals.keepAlive(2)));
            session.close(START + 17 * SECOND);
            assertThat(session.keepAlive(START + 30 * SECOND)).isEmpty();
        }
    }

    @Test
    void aSilentPeerIsDeadAfterFortyFiveSeconds() {
        for (Session session : established()) {
            session.heard(START + SECOND);
            session.tick(START + 15 * SECOND);
            session.tick(START + 30 * SECOND);
            session.tick(START + 45 * SECOND);
            assertThat(session.nextDeadlineNanos()).isEqualTo(START + 46 * SECOND);
            assertThat(session.tick(START + 46 * SECOND - 1)).isEmpty();
            assertClosed(session.tick(START + 46 * SECOND), CloseReason.PEER_DEAD);
            assertIsOver(session);
        }
    }

    @Test
    void afterAPauseOneKeepAliveIsEnough() {
        for (Session session : established()) {
            long late = START + 40 * SECOND;
            assertThat(session.tick(late)).hasSize(1);
            assertThat(session.tick(late + SECOND)).isEmpty();
        }
    }

    @Test
    void closingSaysGoodbyeOnce() {
        for (Session session : established()) {
            List<SessionAction> actions = session.close(START);
            assertThat(actions).hasSize(2).startsWith(send(Signals.bye(0)));
            assertClosed(actions.subList(1, 2), CloseReason.LOCAL);
            assertIsOver(session);
        }
    }

    @Test
    void closingBeforeTheWelcomeSaysNothing() {
        client.connected(START);
        assertClosed(client.close(START), CloseReason.LOCAL);
    }

    @Test
    void goodbyeOfThePeerEndsTheSession() {
        for (Session session : established()) {
            assertClosed(session.received(Signals.bye(4), START), CloseReason.BYE);
            assertIsOver(session);
        }
    }

    @Test
    void aSessionServesOneConnection() {
        client.connected(START);
        assertThatThrownBy(() -> client.connected(START)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nothingHappensBeforeTheConnectionIsUp() {
        assertThat(client.nextDeadlineNanos()).isEqualTo(Session.NO_DEADLINE);
        assertThat(client.tick(START)).isEmpty();
        assertThat(client.received(WELCOME, START)).isEmpty();
    }

    private List<Session> established() {
        client.connected(START);
        server.connected(START);
        server.received(HELLO, START);
        client.received(WELCOME, START);
        return List.of(client, server);
    }

    private static List<Message> everyMessage() {
        List<Message> messages = List.of(
                HELLO,
                WELCOME,
                Signals.reject("busy", ""),
                Signals.keepAlive(1),
                Signals.keepAliveAck(1),
                Signals.bye(0),
                new Message.App(1, Octets.EMPTY),
                new Message.Packet(Octets.EMPTY),
                new Message.Segment(Message.TCP, ADDRESS, ADDRESS, Octets.EMPTY),
                new Message.Open(1, Message.TCP, 80, ADDRESS, 1024),
                new Message.Opened(1, Message.OpenStatus.OPEN, 0),
                new Message.Data(1, Octets.EMPTY),
                new Message.Credit(1, 1),
                new Message.Close(1, Message.CloseHow.RESET));
        assertThat(messages.stream().map(Message::getClass).collect(Collectors.toSet()))
                .as("all but those of a link below IP, which no session hears")
                .hasSize(Message.class.getPermittedSubclasses().length - 1);
        return messages;
    }

    private static boolean isOneOf(Message message, String... names) {
        return message instanceof Message.Signal signal && List.of(names).contains(signal.name());
    }

    private static SessionAction send(Message message) {
        return new SessionAction.Send(message);
    }

    private static void assertClosed(List<SessionAction> actions, CloseReason reason) {
        assertThat(actions)
                .singleElement()
                .isInstanceOfSatisfying(
                        SessionAction.Closed.class,
                        closed -> assertThat(closed.reason()).isEqualTo(reason));
    }

    private static void assertIsOver(Session session) {
        assertThat(session.isClosed()).isTrue();
        assertThat(session.isEstablished()).isFalse();
        assertThat(session.admits(Carriage.SEGMENT)).isFalse();
        assertThat(session.nextDeadlineNanos()).isEqualTo(Session.NO_DEADLINE);
        assertThat(session.tick(START + 100 * SECOND)).isEmpty();
        assertThat(session.received(Signals.keepAlive(1), START)).isEmpty();
        assertThat(session.close(START)).isEmpty();
    }
}
