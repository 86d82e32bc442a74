package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageLayouts;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who asks for signs of life, who gives them, and to whom silence is death. */
class KeepAliveTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final FrameFormat FORMAT = FrameFormat.builtin("reference"); // every 15 s, dead after 45 s
    private static final InetAddress ADDRESS = InetAddress.getLoopbackAddress();
    private static final TunnelParameters TUNNEL =
            new TunnelParameters(Carriage.PACKET, 0, 1_400, 30, ADDRESS, ADDRESS);

    private static final MessageLayouts MESSAGES = MessageLayouts.parse(
            Description.read("{ping: [{number: n, size: 4}], pong: [{number: n, size: 4}]}", "messages.yaml"));

    @ParameterizedTest(name = "{0}: the client asks {1}, dies {2}; the server asks {3}, dies {4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "session: none                                              | false | false | false | false",
                "{message: ping, with: {n: 0}}                              | true  | true  | true  | true",
                "{from: client, message: ping, with: {n: 0}}                | true  | false | false | true",
                "{from: server, message: ping, with: {n: 0}}                | false | true  | true  | false",
                "{from: client, message: ping, with: {n: \"${counter}\"}, answer: {message: pong, with: {n: \"${ping.n}\"}}} | true  | true  | false | true",
                "{from: server, message: ping, with: {n: \"${counter}\"}, answer: {message: pong, with: {n: \"${ping.n}\"}}} | false | true  | true  | true",
            })
    void asksAndDies(String keepAlive, boolean clientAsks, boolean clientDies, boolean serverAsks, boolean serverDies) {
        SessionScript script = keepAlive.startsWith("session")
                ? SessionScript.NONE
                : SessionScript.parse(Description.read("keepalive: " + keepAlive, "session.yaml"), MESSAGES);
        Session client = Session.client(script, FORMAT, TUNNEL.toVariables(), Script.STILL);
        Session server = Session.server(script, FORMAT, Map.of(), said -> Script.admit(TUNNEL), Script.STILL);
        verify(client, clientAsks, clientDies);
        verify(server, serverAsks, serverDies);
    }

    private static void verify(Session session, boolean asks, boolean dies) {
        session.connected(0);
        assertThat(session.isEstablished()).isTrue();
        assertThat(session.nextDeadlineNanos())
                .isEqualTo(asks ? 15 * SECOND : dies ? 45 * SECOND : Session.NO_DEADLINE);
        List<SessionAction> actions = session.tick(15 * SECOND);
        if (asks) {
            assertThat(actions)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            SessionAction.Send.class,
                            sent -> assertThat(sent.message())
                                    .isInstanceOfSatisfying(
                                            Message.Signal.class,
                                            signal -> assertThat(signal.name()).isEqualTo("ping")));
        } else {
            assertThat(actions).isEmpty();
            assertThat(session.keepAlive(16 * SECOND))
                    .as("nor when it is wanted")
                    .isEmpty();
        }
        List<SessionAction> late = session.tick(45 * SECOND);
        assertThat(late.stream().anyMatch(SessionAction.Closed.class::isInstance))
                .isEqualTo(dies);
        assertThat(session.isClosed()).isEqualTo(dies);
    }
}
