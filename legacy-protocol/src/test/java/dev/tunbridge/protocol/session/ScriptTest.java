package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scripts unlike that of the reference protocol, played by both ends. */
class ScriptTest {
    private static final long SECOND = 1_000_000_000L;
    private static final FrameFormat FORMAT = FrameFormat.builtin("reference");

    private static final String MESSAGES = """
            banner:    [{number: version, size: 1}, {bytes: challenge, size: 16}]
            proof:     [{text: name, length: {size: 1}}, {bytes: mac, size: 32}, {number: time, size: 8}]
            accepted:  [{address: address, of: ipv4}, {number: mtu, size: 2}]
            sorry:     [{text: words, length: {size: 1}}]
            alive:     [{number: n, size: 4}]
            """;

    private static final String CHALLENGE = """
            login:
              - {from: server, message: banner, within: 3s, with: {version: 2, challenge: {random: 16}}}
              - from: client
                message: proof
                with:
                  name: "${identity.device-id}"
                  mac: {hmac: HmacSHA256, key: "${identity.token}", of: ["${banner.challenge}", "${identity.device-id}"]}
                  time: {clock: s}
              - from: server
                message: accepted
                with: {address: "${tunnel.device-address}", mtu: "${tunnel.mtu}"}
                refusal: {message: sorry, with: {words: "${refusal.text}"}}
            keepalive: {message: alive, with: {n: "${counter}"}}
            """;

    private final List<SessionAction> atClient = new ArrayList<>();
    private final List<SessionAction> atServer = new ArrayList<>();

    private static MessageLayouts messages() {
        return MessageLayouts.parse(Description.read(MESSAGES, "messages.yaml"));
    }

    private static SessionScript script(String yaml) {
        return SessionScript.parse(Description.read(yaml, "session.yaml"), messages());
    }

    private static Map<String, Value> configured(String token) throws Exception {
        Map<String, Value> variables = new HashMap<>(tunnel().toVariables());
        variables.remove(TunnelParameters.DEVICE_ADDRESS); // the server says it
        variables.remove(TunnelParameters.MTU);
        variables.put("identity.device-id", new Value.Text("pump"));
        variables.put("identity.token", new Value.Text(token));
        return variables;
    }

    private static TunnelParameters tunnel() throws Exception {
        return new TunnelParameters(
                Carriage.PACKET,
                0,
                1_280,
                30,
                InetAddress.getByName("198.19.0.1"),
                InetAddress.getByName("198.19.0.2"));
    }

    private void play(Session client, Session server) {
        atServer.addAll(server.connected(0));
        atClient.addAll(client.connected(0));
        int toClient = 0;
        int toServer = 0;
        while (toClient < atServer.size() || toServer < atClient.size()) {
            if (toClient < atServer.size() && atServer.get(toClient++) instanceof SessionAction.Send send) {
                atClient.addAll(client.received(send.message(), 0));
            }
            if (toServer < atClient.size() && atClient.get(toServer++) instanceof SessionAction.Send send) {
                atServer.addAll(server.received(send.message(), 0));
            }
        }
    }

    private Session server(String token) throws Exception {
        Admission.Decision admitted = Script.admit(tunnel());
        return Session.server(
                script(CHALLENGE),
                FORMAT,
                Map.of("identity.token", new Value.Text(token)),
                said -> admitted,
                Script.STILL);
    }

    @Test
    void aChallengeIsAnsweredAndTheTunnelIsPartlyTheServersAndPartlyConfigured() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured("secret"), Script.STILL);
        play(client, server("secret"));
        assertThat(atClient).endsWith(new SessionAction.Established(tunnel()));
        assertThat(atServer).endsWith(new SessionAction.Established(tunnel()));
        assertThat(atClient.get(0))
                .isInstanceOfSatisfying(
                        SessionAction.Send.class,
                        send -> assertThat(((Message.Signal) send.message())
                                        .fields()
                                        .get("time"))
                                .isEqualTo(new Value.Whole(1_700_000_000L)));
    }

    @Test
    void anHmacWithAnotherKeyIsAViolation() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured("wrong"), Script.STILL);
        play(client, server("secret"));
        assertThat(atServer)
                .last()
                .isEqualTo(new SessionAction.Closed(
                        CloseReason.PROTOCOL_VIOLATION,
                        "proof.mac is not what the description says, step 2 of 3 of the login"));
    }

    @Test
    void whatCannotBeSaidIsNamed() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured(""), Script.STILL);
        play(client, server("secret"));
        assertThat(atClient)
                .singleElement()
                .isInstanceOfSatisfying(
                        SessionAction.Closed.class,
                        closed -> assertThat(closed.detail()).startsWith("proof.mac cannot be said: "));
    }

    @Test
    void aConstantOfTheServerThatIsOtherwiseIsItsAnswer() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured("secret"), Script.STILL);
        client.connected(0);
        Message banner = new Message.Signal(
                "banner", Map.of("version", new Value.Whole(3), "challenge", new Value.Bytes(Octets.EMPTY)));
        assertThat(client.received(banner, 0))
                .containsExactly(refused("banner.version is 3 and not 2, step 1 of 3 of the login", "", true));
    }

    /** Without the end of the session behind it, which says the same. */
    private static SessionAction[] refused(String reason, String text, boolean isPassing) {
        return new SessionAction[] {
            new SessionAction.Refused(reason, text, isPassing),
            new SessionAction.Closed(CloseReason.REFUSED, text.isEmpty() ? reason : reason + ": " + text)
        };
    }

    private static final String RESULT = """
            login:   [{text: key, length: {size: 1}}]
            result:  [{number: status, size: 1}, {text: words, length: {size: 1}}]
            ready:   [{address: address, of: ipv4}, {number: mtu, size: 2}]
            sorry:   [{text: words, length: {size: 1}}]
            notice:  [{number: code, size: 2}, {text: words, length: {size: 1}}]
            alive:   [{number: n, size: 4}]
            """;
    private static final String LOGIN = """
            login:
              - {from: client, message: login, with: {key: "${identity.token}"}}
              - {from: server, message: result, with: {status: 0, words: {any: ok}}}
              - from: server
                message: ready
                with: {address: "${tunnel.device-address}", mtu: "${tunnel.mtu}"}
                refusal: {message: sorry, with: {words: "${refusal.text}"}}
            keepalive: {message: alive, with: {n: "${counter}"}}
            """;

    private static Session loggingIn(String login) throws Exception {
        MessageLayouts layouts = MessageLayouts.parse(Description.read(RESULT, "messages.yaml"));
        SessionScript script = SessionScript.parse(Description.read(login, "session.yaml"), layouts);
        Session client = Session.client(script, FORMAT, configured("secret"), Script.STILL);
        assertThat(client.connected(0)).hasSize(1);
        return client;
    }

    private static Message result(long status, String words) {
        return new Message.Signal("result", Map.of("status", new Value.Whole(status), "words", new Value.Text(words)));
    }

    private static Message notice(String words) {
        return new Message.Signal("notice", Map.of("code", new Value.Whole(17), "words", new Value.Text(words)));
    }

    @Test
    void anAnswerWithAnotherStatusIsARefusalWithItsNumberItsTextAndItsPlace() throws Exception {
        assertThat(loggingIn(LOGIN).received(result(5, "bad key"), 0))
                .containsExactly(
                        refused("result.status is 5 and not 0, step 2 of 3 of the login", "\"bad key\"", true));
        assertThat(loggingIn(LOGIN).received(result(5, "no key secret here"), 0))
                .as("the token that it was told")
                .containsExactly(
                        refused("result.status is 5 and not 0, step 2 of 3 of the login", "(not shown)", true));
    }

    @Test
    void aRefusalMayBeTheMessageThatIsDueWithAnotherStatus() throws Exception {
        String login = LOGIN.replace(
                        "words: {any: ok}}}",
                        "words: {any: ok}}, refusal: {message: result, with: {status: \"${refusal.reason}\", words: \"${refusal.text}\"}}}")
                + "passing: [\"7\"]\n";
        assertThat(loggingIn(login).received(result(5, "bad key"), 0)).containsExactly(refused("5", "bad key", false));
        assertThat(loggingIn(login).received(result(7, "full"), 0)).containsExactly(refused("7", "full", true));
        assertThat(loggingIn(login).received(result(0, ""), 0)).isEmpty();
    }

    @Test
    void aRefusalThatAnotherStepNamesIsOne() throws Exception {
        Message sorry = new Message.Signal("sorry", Map.of("words", new Value.Text("closed on Monday")));
        assertThat(loggingIn(LOGIN).received(sorry, 0)).containsExactly(refused("sorry", "closed on Monday", false));
    }

    @Test
    void aMessageThatTheSessionDoesNotSpeakOfIsARefusalInTheLoginAndPassedOverBehindIt() throws Exception {
        String reason = "notice (code 17, words \"go away\") in place of the result, step 2 of 3 of the login";
        assertThat(loggingIn(LOGIN).received(notice("go away"), 0)).containsExactly(refused(reason, "", true));
        Session client = loggingIn(LOGIN);
        client.received(result(0, "ok"), 0);
        client.received(
                new Message.Signal(
                        "ready",
                        Map.of(
                                "address", new Value.Address(InetAddress.getByName("198.19.0.1")),
                                "mtu", new Value.Whole(1_280))),
                0);
        assertThat(client.isEstablished()).isTrue();
        assertThat(client.received(notice("hello"), 0))
                .containsExactly(new SessionAction.PassedOver((Message.Signal) notice("hello")));
        assertThat(client.isEstablished()).isTrue();
        Message sorry = new Message.Signal("sorry", Map.of("words", new Value.Text("closing")));
        assertThat(client.received(sorry, 0))
                .containsExactly(new SessionAction.Closed(
                        CloseReason.REFUSED, "the server ended the session: sorry (words \"closing\")"));
    }

    @Test
    void withoutASessionAMessageThatIsNoPacketIsPassedOver() throws Exception {
        Session client = Session.client(SessionScript.NONE, FORMAT, tunnel().toVariables(), Script.STILL);
        client.connected(0);
        assertThat(client.isEstablished()).isTrue();
        assertThat(client.received(notice("hello"), 0))
                .containsExactly(new SessionAction.PassedOver((Message.Signal) notice("hello")));
        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void aServerThatSpeaksFirstIsWaitedForAsLongAsItsStepSays() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured("secret"), Script.STILL);
        assertThat(client.connected(0)).isEmpty();
        assertThat(client.nextDeadlineNanos()).isEqualTo(3 * SECOND);
        assertThat(client.awaited()).isEqualTo("banner");
        assertThat(client.tick(3 * SECOND))
                .containsExactly(new SessionAction.Closed(CloseReason.LOGIN_TIMEOUT, "no banner within 3000 ms"));
    }

    @Test
    void aRefusalInItsOwnWordsIsTold() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured("secret"), Script.STILL);
        Session refusing = Session.server(
                script(CHALLENGE),
                FORMAT,
                Map.of("identity.token", new Value.Text("secret")),
                said -> new Admission.Decision.Refused("full", "come back on Monday"),
                Script.STILL);
        play(client, refusing);
        assertThat(atClient).contains(new SessionAction.Refused("sorry", "come back on Monday", false));
    }

    @Test
    void whatNobodySaysOfTheTunnelIsNamed() throws Exception {
        Map<String, Value> lacking = configured("secret");
        lacking.remove(TunnelParameters.PREFIX_LENGTH);
        Session client = Session.client(script(CHALLENGE), FORMAT, lacking, Script.STILL);
        play(client, server("secret"));
        assertThat(atClient)
                .last()
                .isEqualTo(new SessionAction.Closed(
                        CloseReason.PROTOCOL_VIOLATION,
                        "no tunnel can be made of what the login said: tunnel.prefix-length is missing"));
    }

    @Test
    void aKeepAliveWithoutAnAnswerKeepsAliveByItself() throws Exception {
        Session client = Session.client(script(CHALLENGE), FORMAT, configured("secret"), Script.STILL);
        Session server = server("secret");
        play(client, server);
        assertThat(client.received(new Message.Signal("alive", Map.of("n", new Value.Whole(4))), SECOND))
                .isEmpty();
        assertThat(client.tick(15 * SECOND)).hasSize(1);
        assertThat(client.close(16 * SECOND)).as("no farewell is known").hasSize(1);
    }

    @Test
    void withoutASessionTheTunnelStandsAtOnceAndSilenceIsNoDeath() throws Exception {
        Session client = Session.client(SessionScript.NONE, FORMAT, tunnel().toVariables(), Script.STILL);
        assertThat(client.connected(0)).containsExactly(new SessionAction.Established(tunnel()));
        assertThat(client.nextDeadlineNanos()).isEqualTo(Session.NO_DEADLINE);
        assertThat(client.tick(86_400 * SECOND)).isEmpty();
        assertThat(client.keepAlive(86_400 * SECOND)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "login: [{message: banner}] | from | is missing; allowed client, server",
                "login: [{from: server, message: bannr}] | message | is \"bannr\"; the nearest is banner; allowed accepted, alive, banner, proof, sorry",
                "login: [{from: server, message: banner, with: {version: 2}}] | with | lacks the field challenge of banner",
                "login: [{from: server, message: banner, with: {version: 2, chalenge: 1}}] | chalenge | is an unknown key; the nearest is challenge; allowed challenge, version",
                "login: [{from: server, message: sorry, with: {words: '${banner.version}'}}] | words | is \"banner.version\"; the nearest is offer.version; allowed counter, identity.device-id",
                "login: [{from: server, message: sorry, with: {words: '${identity.tokn}'}}] | words | is \"identity.tokn\"; the nearest is identity.token",
                "login: [{from: server, message: sorry, with: {words: {randm: 4}}}] | words | is an unknown key; the nearest is random",
                "login: [{from: server, message: sorry, with: {words: 'a ${counter}'}}] | words | a variable by itself",
                "login: [{from: client, message: sorry, with: {words: x}, refusal: {message: sorry, with: {words: x}}}] | refusal | allowed for steps of the server",
                "login: [{from: server, message: sorry, with: {words: {digest: SHA-257, of: [a]}}}] | digest | such as SHA-256",
                "login: [{from: server, message: sorry, with: {words: {random: 0}}}] | random | allowed 1 to 1024 bytes",
                "login: [{from: server, message: sorry, with: {words: {clock: h}}}] | clock | allowed s, ms",
                "login: [{from: server, message: sorry, with: {words: {}}}] | words | allowed: one of hex, random, clock",
                "logon: [] | logon | is an unknown key",
            })
    void refusesWhatCannotWork(String yaml, String key, String reason) {
        assertThatThrownBy(() -> script(yaml))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).contains(key))
                .hasMessageContaining(reason);
    }
}
