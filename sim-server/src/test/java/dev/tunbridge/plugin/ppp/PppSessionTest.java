package dev.tunbridge.plugin.ppp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.plugin.Binding;
import dev.tunbridge.protocol.session.CloseReason;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One end of PPP against what peers say, octet by octet. */
class PppSessionTest {
    private static final String DEVICE = "198.19.0.1";
    private static final String SERVER = "198.19.0.2";
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int MOST_EXCHANGES = 100;
    private static final Surroundings STILL = new Surroundings() {
        @Override
        public long unixMillis() {
            return 0;
        }

        @Override
        public byte[] randomBytes(int count) {
            return new byte[count];
        }
    };

    private static SessionDriver session(String device, String server) {
        Map<String, Value> configured = new HashMap<>();
        if (!device.isEmpty()) {
            configured.put("tunnel.device-address", new Value.Address(InetAddresses.forString(device)));
        }
        if (!server.isEmpty()) {
            configured.put("tunnel.server-address", new Value.Address(InetAddresses.forString(server)));
        }
        return new PppFactory()
                .bind(new Binding(End.CLIENT, Protocol.builtin("ppp").format(), configured, Map.of(), STILL));
    }

    private static Message says(String protocol, String hex) {
        byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
        return new Message.Signal(protocol, Map.of("content", new Value.Bytes(Octets.of(octets))));
    }

    /** Protocol and octets of what is sent, and the rest by its text. */
    private static List<String> told(List<SessionAction> actions) {
        List<String> told = new ArrayList<>();
        for (SessionAction action : actions) {
            if (action instanceof SessionAction.Send send
                    && send.message() instanceof Message.Signal signal
                    && signal.fields().get("content") instanceof Value.Bytes content) {
                told.add(signal.name() + " "
                        + HexFormat.of().formatHex(content.octets().toByteArray()));
            } else {
                told.add(action.toString());
            }
        }
        return told;
    }

    /** The link is up, and the peer has been asked for an address. */
    private static SessionDriver withLink(String device, String server) {
        SessionDriver session = session(device, server);
        session.connected(0);
        session.received(says("lcp", "01 07 000a 0206 00000000"), 1);
        session.received(says("lcp", "02 00 0004"), 2);
        assertThat(session.awaited()).isEqualTo("ipcp");
        return session;
    }

    private static SessionDriver established() {
        SessionDriver session = withLink(DEVICE, SERVER);
        session.received(says("ipcp", "01 09 000a 0306 c6130002"), 3);
        session.received(says("ipcp", "02 00 000a 0306 c6130001"), 4);
        assertThat(session.isEstablished()).isTrue();
        return session;
    }

    @Test
    void comesToTermsWithAnotherOfItsKind() {
        SessionDriver one = session(DEVICE, SERVER);
        SessionDriver other = session(SERVER, DEVICE);
        Deque<SessionAction> toOther = new ArrayDeque<>(one.connected(0));
        Deque<SessionAction> toOne = new ArrayDeque<>(other.connected(0));
        List<TunnelParameters> tunnels = new ArrayList<>();
        for (int i = 0; i < MOST_EXCHANGES && !(toOther.isEmpty() && toOne.isEmpty()); i++) {
            deliver(toOther, other, toOne, tunnels);
            deliver(toOne, one, toOther, tunnels);
        }
        assertThat(one.isEstablished()).isTrue();
        assertThat(other.isEstablished()).isTrue();
        assertThat(tunnels)
                .extracting(tunnel -> InetAddresses.toAddrString(tunnel.deviceAddress()))
                .containsExactlyInAnyOrder(DEVICE, SERVER);
    }

    private static void deliver(
            Deque<SessionAction> from, SessionDriver to, Deque<SessionAction> answers, List<TunnelParameters> tunnels) {
        SessionAction action = from.poll();
        if (action instanceof SessionAction.Established established) {
            tunnels.add(established.tunnel());
        } else if (action instanceof SessionAction.Send send) {
            answers.addAll(to.received(send.message(), 1));
        }
    }

    @Test
    void aPeerThatIsNeverContentEndsIt() {
        SessionDriver session = withLink(DEVICE, SERVER);
        for (int identifier = 0; !session.isClosed(); identifier++) {
            assertThat(identifier).isLessThan(20);
            List<SessionAction> answer =
                    session.received(says("ipcp", "03 %02x 000a 0306 0a000001".formatted(identifier)), 5 + identifier);
            assertThat(answer).hasSize(1);
        }
    }

    @Test
    void aPeerThatIsSilentIsAskedTenTimesForTheSame() {
        SessionDriver session = session(DEVICE, SERVER);
        List<String> first = told(session.connected(0));
        long now = 0;
        int asked = 1;
        while (!session.isClosed()) {
            now = session.nextDeadlineNanos();
            List<SessionAction> actions = session.tick(now);
            if (session.isClosed()) {
                assertThat(actions.toString()).contains(CloseReason.LOGIN_TIMEOUT.toString(), "no lcp");
            } else {
                asked++;
                assertThat(told(actions)).isEqualTo(first);
            }
        }
        assertThat(asked).isEqualTo(10);
        assertThat(now).isEqualTo(30 * SECOND);
    }

    /** Its answer to the first may take longer than until the second. */
    @Test
    void anAnswerThatIsLateCounts() {
        SessionDriver session = session(DEVICE, SERVER);
        session.connected(0);
        session.tick(3 * SECOND);
        session.received(says("lcp", "01 07 000a 0206 00000000"), 4 * SECOND);
        session.received(says("lcp", "02 00 0004"), 4 * SECOND);
        assertThat(session.awaited()).isEqualTo("ipcp");
    }

    @Test
    void whatIsAskedForOnceMoreIsGivenOnceMore() {
        SessionDriver session = established();
        assertThat(told(session.received(says("ipcp", "01 0a 000a 0306 c6130002"), 5)))
                .containsExactly("ipcp 020a000a0306c6130002");
        assertThat(session.isEstablished()).isTrue();
        assertThat(session.received(says("ipcp", "01 0b 000a 0306 c6130003"), 6).toString())
                .contains("negotiates anew");
        assertThat(session.isClosed()).isTrue();
    }

    @Test
    void whatIsNoOptionIsPassedOver() {
        SessionDriver session = session(DEVICE, SERVER);
        session.connected(0);
        assertThat(session.received(says("lcp", "01 07 000c 0206 00000000 0509"), 1))
                .isEmpty();
        assertThat(session.received(says("lcp", "01 07 0009 0206 00000000"), 1)).isEmpty();
        assertThat(session.received(says("lcp", "01 07 0006 0200"), 1)).isEmpty();
    }

    @Test
    void rejectsInTheOrderOfTheRequest() {
        SessionDriver session = session(DEVICE, SERVER);
        session.connected(0);
        assertThat(told(session.received(says("lcp", "01 07 0010 0802 0702 0206 00000000 0802"), 1)))
                .containsExactly("lcp 0407000a080207020802");
    }

    @Test
    void sendsNoMoreThanThePeerReceives() {
        SessionDriver session = session(DEVICE, SERVER);
        session.connected(0);
        session.received(says("lcp", "01 07 000e 0104 03e8 0206 00000000"), 1);
        session.received(says("lcp", "02 00 0004"), 2);
        session.received(says("ipcp", "01 09 000a 0306 c6130002"), 3);
        List<SessionAction> last = session.received(says("ipcp", "02 00 000a 0306 c6130001"), 4);
        assertThat(last.get(0)).isInstanceOfSatisfying(SessionAction.Established.class, established -> {
            assertThat(established.tunnel().mtu()).isEqualTo(1_000);
            assertThat(established.tunnel().serverAddress()).isEqualTo(InetAddresses.forString(SERVER));
        });
    }

    @Test
    void takesTheAddressThatThePeerGives() {
        SessionDriver session = withLink("", "");
        session.received(says("ipcp", "01 09 000a 0306 c6130002"), 3);
        assertThat(told(session.received(says("ipcp", "03 00 000a 0306 c6130007"), 4)))
                .containsExactly("ipcp 0101000a0306c6130007");
        assertThat(session.received(says("ipcp", "02 01 000a 0306 c6130007"), 5).toString())
                .contains("198.19.0.7");
    }

    @Test
    void withoutAnyAddressThereIsNoTunnel() {
        SessionDriver session = withLink("", "");
        session.received(says("ipcp", "01 09 0004"), 3);
        session.received(says("ipcp", "04 00 000a 0306 00000000"), 4);
        assertThat(session.received(says("ipcp", "02 01 0004"), 5).toString())
                .contains("the peer gives no address; allowed with tunnel.device-address and tunnel.server-address");
    }

    @Test
    void anAddressOfIpv6IsRefusedBeforeAnythingBegins() {
        assertThatThrownBy(() -> session("2001:2::1", ""))
                .hasMessage("tunnel.device-address is of IPv6; allowed: an IPv4 address, or none");
    }

    @Test
    void allThatIsAnsweredWheneverItComesIsAQuestion() {
        SessionDriver session = established();
        assertThat(session.isQuestion(says("lcp", "09 01 0008 00000000"))).isTrue();
        assertThat(session.isQuestion(says("ipcp", "01 01 0004"))).isTrue();
        assertThat(session.isQuestion(says("ipv6cp", "01 01 0004"))).isTrue();
        assertThat(session.isQuestion(says("lcp", "0a 01 0008 00000000"))).isFalse();
        assertThat(told(session.received(says("ipv6cp", "01 05 0004"), 9))).containsExactly("lcp 0805000a805701050004");
    }
}
