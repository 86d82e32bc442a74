package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.RejectReason;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SessionTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    /** Close to where a nanosecond clock wraps, which must not matter. */
    private static final long START = Long.MAX_VALUE - 20 * SECOND;

    private static final FrameFormat FORMAT = FrameFormat.builtin("reference");
    private static final InetAddress ADDRESS = InetAddress.getLoopbackAddress();
    private static final Message.Hello HELLO =
            new Message.Hello(1, EnumSet.of(Carriage.SEGMENT, Carriage.PACKET), "device", Octets.EMPTY);
    private static final Message.Welcome WELCOME = new Message.Welcome(Carriage.SEGMENT, 7, 1400, 30, ADDRESS, ADDRESS);

    private final ClientSession client = new ClientSession(HELLO, FORMAT);
    private final ServerSession server = new ServerSession(hello -> WELCOME, FORMAT);

    @Test
    void helloAndWelcomeOpenTheSessionAtBothEnds() {
        assertThat(client.connected(START)).containsExactly(send(HELLO));
        assertThat(server.connected(START)).isEmpty();
        assertThat(client.admits(Carriage.SEGMENT)).isFalse();
        assertThat(server.received(HELLO, START))
                .containsExactly(send(WELCOME), new SessionAction.Established(WELCOME));
        assertThat(client.received(WELCOME, START)).containsExactly(new SessionAction.Established(WELCOME));
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
        assertClosed(server.tick(START + 5 * SECOND), CloseReason.HELLO_TIMEOUT);
        assertIsOver(server);
    }

    @Test
    void theClientWaitsTenSecondsForTheWelcome() {
        client.connected(START);
        assertThat(client.tick(START + 10 * SECOND - 1)).isEmpty();
        assertClosed(client.tick(START + 10 * SECOND), CloseReason.WELCOME_TIMEOUT);
        assertIsOver(client);
    }

    @ParameterizedTest
    @EnumSource(RejectReason.class)
    void aRejectEndsBoth(RejectReason reason) {
        Message.Reject reject = new Message.Reject(reason, "not today");
        ServerSession refusing = new ServerSession(hello -> reject, FORMAT);
        client.connected(START);
        refusing.connected(START);
        SessionAction closed = new SessionAction.Closed(CloseReason.REFUSED, reason + ": not today");
        assertThat(refusing.received(HELLO, START)).containsExactly(send(reject), closed);
        assertThat(client.received(reject, START)).containsExactly(new SessionAction.Refused(reject), closed);
        assertIsOver(client);
        assertIsOver(refusing);
    }

    @Test
    void anAdmissionThatAnswersSomethingElseIsAMistakeOfItsOwn() {
        ServerSession wrong = new ServerSession(hello -> hello, FORMAT);
        wrong.connected(START);
        assertThatThrownBy(() -> wrong.received(HELLO, START)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @MethodSource("everyMessage")
    void beforeTheWelcomeOnlyTheAnswerIsAllowed(Message message) {
        client.connected(START);
        List<SessionAction> actions = client.received(message, START);
        if (message instanceof Message.Welcome || message instanceof Message.Reject) {
            assertThat(actions).isNotEmpty();
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
        if (message instanceof Message.Hello) {
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
            if (message instanceof Message.Hello
                    || message instanceof Message.Welcome
                    || message instanceof Message.Reject) {
                assertClosed(actions, CloseReason.PROTOCOL_VIOLATION);
            } else {
                assertThat(session.isEstablished()).isEqualTo(!(message instanceof Message.Bye));
            }
        }
    }

    @Test
    void aCarriageThatWasNotOfferedIsAViolation() {
        client.connected(START);
        Message.Welcome socket = new Message.Welcome(Carriage.SOCKET, 7, 1400, 30, ADDRESS, ADDRESS);
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
            assertThat(session.received(new Message.KeepAlive(0xFFFF_FFFFL), START))
                    .containsExactly(send(new Message.KeepAliveAck(0xFFFF_FFFFL)));
            assertThat(session.received(new Message.KeepAliveAck(3), START)).isEmpty();
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
                assertThat(session.tick(now)).containsExactly(send(new Message.KeepAlive(nonce)));
                assertThat(session.tick(now)).isEmpty();
            }
        }
    }

    @Test
    void aKeepAliveMayBeSentBeforeItIsDueButNotTwiceInASecond() {
        for (Session session : established()) {
            assertThat(session.keepAlive(START + SECOND - 1)).isEmpty();
            assertThat(session.keepAlive(START + SECOND)).containsExactly(send(new Message.KeepAlive(1)));
            assertThat(session.keepAlive(START + 2 * SECOND - 1)).isEmpty();
            assertThat(session.nextDeadlineNanos()).isEqualTo(START + 16 * SECOND);
            assertThat(session.tick(START + 16 * SECOND)).containsExactly(send(new Message.KeepAlive(2)));
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
            assertThat(actions).hasSize(2).startsWith(send(new Message.Bye(0)));
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
            assertClosed(session.received(new Message.Bye(4), START), CloseReason.BYE);
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
                new Message.Reject(RejectReason.BUSY, ""),
                new Message.KeepAlive(1),
                new Message.KeepAliveAck(1),
                new Message.Bye(0),
                new Message.App(1, Octets.EMPTY),
                new Message.Packet(Octets.EMPTY),
                new Message.Segment(Message.TCP, ADDRESS, ADDRESS, Octets.EMPTY),
                new Message.Open(1, Message.TCP, 80, ADDRESS, 1024),
                new Message.Opened(1, Message.OpenStatus.OPEN, 0),
                new Message.Data(1, Octets.EMPTY),
                new Message.Credit(1, 1),
                new Message.Close(1, Message.CloseHow.RESET));
        assertThat(messages.stream().map(Message::getClass))
                .containsExactlyInAnyOrderElementsOf(Set.of(Message.class.getPermittedSubclasses()).stream()
                        .<Class<? extends Message>>map(kind -> kind.asSubclass(Message.class))
                        .toList());
        return messages;
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
        assertThat(session.received(new Message.KeepAlive(1), START)).isEmpty();
        assertThat(session.close(START)).isEmpty();
    }
}
