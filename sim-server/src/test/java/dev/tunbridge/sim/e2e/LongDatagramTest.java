package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.sim.rawlane.LogWatch;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a local sender hears of a datagram that is longer than the tunnel's packets, where the carriage takes no fragments: each kind of
 * socket that Linux has, over a real tunnel. docs/operations.md has the same as a table.
 */
class LongDatagramTest {
    private static final int BYTES = 3_000;
    private static final int PORT = 9;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int IPPROTO_IP = 0;
    private static final int IP_MTU_DISCOVER = 10;
    private static final int IP_RECVERR = 11;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_MTU_DISCOVER = 23;
    private static final int IPV6_RECVERR = 25;

    private static final int EMSGSIZE = 90;
    private static final String REFUSED = "refused at once: ";
    private static final String HEARS = "hears: ";
    private static final String NOTHING = "hears nothing";

    /** The kernel's values of IP_MTU_DISCOVER, the same for both families. */
    private enum Discovery {
        DONT,
        WANT,
        DO,
        PROBE,
        INTERFACE,
        OMIT
    }

    private record Sender(Discovery discovery, boolean isConnected, boolean wantsErrors) {}

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
        Epoll.ensureAvailability(); // loads the native library of the sockets
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void aSenderThatCanHearIsToldThatItsDatagramIsTooLong(Family inner) throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth")).families(Family.IPV4, inner);
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.tunnel.Uplink");
                Scene scene = Scene.open(plan)) {
            Map<Sender, String> expected = new LinkedHashMap<>();
            Map<Sender, String> outcomes = new LinkedHashMap<>();
            for (Sender sender : senders()) {
                expected.put(sender, expected(sender, inner));
                outcomes.put(sender, send(scene, sender, inner));
            }
            assertThat(outcomes).isEqualTo(expected);
            assertThat(log.lines())
                    .as("the operator, of those who hear nothing, once a minute")
                    .singleElement()
                    .asString()
                    .contains("to port " + PORT)
                    .contains("takes no fragments");
        }
    }

    private static List<Sender> senders() {
        List<Sender> senders = new ArrayList<>();
        for (Discovery discovery : Discovery.values()) {
            for (boolean isConnected : new boolean[] {false, true}) {
                for (boolean wantsErrors : new boolean[] {false, true}) {
                    senders.add(new Sender(discovery, isConnected, wantsErrors));
                }
            }
        }
        return senders;
    }

    private static String expected(Sender sender, Family inner) {
        boolean isIpv4 = inner == Family.IPV4;
        return switch (sender.discovery()) {
            case DO, PROBE, INTERFACE -> REFUSED + EMSGSIZE;
            case WANT -> sender.isConnected() || sender.wantsErrors() ? HEARS + EMSGSIZE : NOTHING;
            // Asks not to be told of sizes; over IPv6 it is told where it reads its error queue.
            case DONT -> !isIpv4 && sender.wantsErrors() ? HEARS + EMSGSIZE : NOTHING;
            case OMIT -> isIpv4 && (sender.isConnected() || sender.wantsErrors()) ? HEARS + EMSGSIZE : NOTHING;
        };
    }

    private static String send(Scene scene, Sender sender, Family inner) throws Exception {
        boolean isIpv4 = inner == Family.IPV4;
        InetAddress to = inner.server();
        long refusedBefore = refused(scene);
        LinuxSocket socket = scene.deviceSide()
                .call(() ->
                        LinuxSocket.newSocketDgram(isIpv4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6));
        try {
            int level = isIpv4 ? IPPROTO_IP : IPPROTO_IPV6;
            socket.setIntOpt(
                    level,
                    isIpv4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
                    sender.discovery().ordinal());
            socket.setIntOpt(level, isIpv4 ? IP_RECVERR : IPV6_RECVERR, sender.wantsErrors() ? 1 : 0);
            OptionalInt error = sendOn(socket, sender, to);
            if (error.isPresent()) {
                return REFUSED + error.getAsInt();
            }
            // All three fragments have been refused, and the error was written before the answer to this question.
            Awaitility.await().atMost(InnerFlow.LIMIT).until(() -> refused(scene) >= refusedBefore + 3);
            int heard = socket.getIntOpt(SOL_SOCKET, SO_ERROR);
            return heard == 0 ? NOTHING : HEARS + heard;
        } finally {
            socket.close();
        }
    }

    private static OptionalInt sendOn(LinuxSocket socket, Sender sender, InetAddress to) throws IOException {
        ByteBuffer datagram = ByteBuffer.allocateDirect(BYTES);
        try {
            if (sender.isConnected()) {
                socket.connect(new InetSocketAddress(to, PORT));
                socket.send(datagram, 0, BYTES);
            } else {
                socket.sendTo(datagram, 0, BYTES, to, PORT);
            }
            return OptionalInt.empty();
        } catch (Errors.NativeIoException e) {
            return OptionalInt.of(-e.expectedErr());
        }
    }

    private static long refused(Scene scene) throws Exception {
        return scene.stats().refusedFromDevice().getOrDefault(Refusal.CARRIAGE_FRAGMENT, 0L);
    }
}
