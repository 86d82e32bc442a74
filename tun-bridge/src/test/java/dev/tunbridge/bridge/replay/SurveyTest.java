package dev.tunbridge.bridge.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tunbridge.reassembly.wire.TcpView;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SurveyTest {
    private static final InetSocketAddress OTHER = TcpPackets.end("198.18.0.3", 50_000);

    private final MemoryRecording recording = new MemoryRecording();

    private Survey survey() throws Exception {
        return Survey.of(recording);
    }

    private void handshake(InetSocketAddress client, InetSocketAddress server, int clientInitial, int serverInitial) {
        recording.add(TcpPackets.between(client, server)
                .sequence(clientInitial)
                .flags(TcpView.SYN)
                .options(2, 4, 5, 180, 4, 2, 3, 3, 7, 1, 1, 0));
        recording.add(TcpPackets.between(server, client)
                .sequence(serverInitial)
                .flags(TcpView.SYN)
                .ack(clientInitial + 1)
                .options(2, 4, 5, 100, 3, 3, 9, 0));
    }

    private void data(InetSocketAddress from, InetSocketAddress to, int sequence, int bytes) {
        recording.add(TcpPackets.between(from, to).sequence(sequence).ack(1).payload(new byte[bytes]));
    }

    @Test
    void countsWhatIsNoSegmentOfAConnection() throws Exception {
        byte[] udp = TcpPackets.fromServer(1).bytes();
        udp[9] = 17;
        byte[] fragment = TcpPackets.fromServer(1).bytes();
        fragment[6] = 0x20;
        byte[] nonsense = {0x45, 1, 2, 3};
        byte[] cut = java.util.Arrays.copyOf(
                TcpPackets.fromServer(1).payload(new byte[500]).bytes(), 68);
        recording.add(udp).add(fragment).add(nonsense).addCut(cut, 540).add(TcpPackets.fromServer(1));
        Tally tally = survey().tally();
        assertThat(tally).isEqualTo(new Tally(5, 1, 1, 1, 1, 0, 0, 0, 0, 0, List.of()));
        assertThat(survey().connections()).hasSize(1);
    }

    @Test
    void theSynTellsWhoConnectedAndTheSynAckDoesToo() throws Exception {
        handshake(OTHER, TcpPackets.SERVER, 1, 2);
        recording.add(TcpPackets.fromServer(7).flags(TcpView.SYN).ack(1));
        recording.add(TcpPackets.between(TcpPackets.SERVER, TcpPackets.end("198.18.0.9", 2_000))
                .ack(5));
        List<Connection> connections = survey().connections();
        assertThat(connections).extracting(Connection::number).containsExactly(0, 1, 2);
        assertThat(connections.get(0).initiator().socketAddress()).isEqualTo(OTHER);
        assertThat(connections.get(0).isInitiatorKnown()).isTrue();
        assertThat(connections.get(1).initiator().socketAddress()).isEqualTo(TcpPackets.DEVICE);
        assertThat(connections.get(1).isInitiatorKnown()).isTrue();
        assertThat(connections.get(2).isInitiatorKnown()).isFalse();
        assertThat(connections.get(2).initiator().socketAddress())
                .as("the higher port")
                .isEqualTo(TcpPackets.SERVER);
    }

    @Test
    void theHandshakeSettlesWhatBothOffer() throws Exception {
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 100, 200);
        Connection connection = survey().connections().get(0);
        StreamFacts facts = StreamFacts.of(connection, connection.initiator());
        assertThat(facts.remoteInitial()).hasValue(200);
        assertThat(facts.localInitial()).hasValue(100);
        assertThat(facts.localWindowShift()).isEqualTo(7);
        assertThat(facts.remoteWindowShift()).isEqualTo(9);
        assertThat(facts.timestamps()).isFalse();
        assertThat(facts.sumsCount()).isTrue();
        assertThat(connection.of(connection.initiator()).sackPermitted()).isTrue();
        assertThat(connection.of(connection.responder()).sackPermitted()).isFalse();
        assertThat(connection.of(connection.responder()).mss()).isEqualTo(1380);
    }

    @Test
    void theSamePortsUsedAgainAreAnotherConnection() throws Exception {
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 100, 200);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 201, 10);
        recording.add(TcpPackets.fromServer(211).flags(TcpView.RST));
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 5_000_100, 5_000_200);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 5_000_201, 20);
        List<Connection> connections = survey().connections();
        assertThat(connections).hasSize(2);
        assertThat(connections).extracting(c -> c.payloadBytesTo(c.initiator())).containsExactly(10L, 20L);
    }

    @Test
    void aStraySynWithinAConnectionIsNoOther() throws Exception {
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 100, 200);
        recording.add(TcpPackets.fromDevice(7_777).flags(TcpView.SYN));
        recording.add(TcpPackets.fromDevice(100).flags(TcpView.SYN)); // once more
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 201, 10);
        assertThat(survey().connections()).hasSize(1);
    }

    @Test
    void anAnsweredSynBeginsAnotherConnectionAlsoWhereTheEndOfTheFirstIsMissing() throws Exception {
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 100, 200);
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 9_000, 9_500);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 9_501, 10);
        List<Connection> connections = survey().connections();
        assertThat(connections).hasSize(2);
        assertThat(StreamFacts.of(connections.get(1), connections.get(1).initiator())
                        .localInitial())
                .hasValue(9_000);
    }

    @Test
    void thousandsOfConnectionsStayWithinTheBoundAndAreCounted() throws Exception {
        for (int port = 1; port <= 20_000; port++) {
            recording.add(TcpPackets.between(TcpPackets.end("198.18.0.7", port), TcpPackets.SERVER)
                    .flags(TcpView.SYN)
                    .sequence(port));
        }
        Survey survey = survey();
        assertThat(survey.connections()).hasSizeLessThanOrEqualTo(16_384);
        assertThat(survey.total()).isEqualTo(20_000);
        assertThat(survey.tally().notListed())
                .isEqualTo(20_000 - survey.connections().size());
    }

    private void scan(int connections) {
        for (int i = 0; i < connections; i++) {
            InetSocketAddress scanner = TcpPackets.end("198.18." + (16 + (i >>> 14)) + ".7", 1 + (i & 0x3fff));
            recording.add(TcpPackets.between(scanner, TcpPackets.SERVER)
                    .flags(TcpView.SYN)
                    .sequence(i));
        }
    }

    /** A scan in front of the wanted connection, within its handshake, and behind it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "largest",
                "198.18.0.2:7000",
                "198.18.0.1:40000-198.18.0.2:7000",
                "198.18.0.2:7000-198.18.0.1:40000"
            })
    void theWantedConnectionIsFoundWholeBehindAnyNumberOfOthers(String wanted) throws Exception {
        scan(20_000);
        recording.add(TcpPackets.fromDevice(100).flags(TcpView.SYN).options(2, 4, 5, 180, 4, 2, 3, 3, 7, 1, 1, 0));
        scan(40_000);
        recording.add(TcpPackets.fromServer(200).flags(TcpView.SYN).ack(101).options(2, 4, 5, 100, 3, 3, 9, 0));
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 201, 10);
        scan(20_000);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 211, 20);
        ConnectionChoice choice = wanted.equals("largest")
                ? new ConnectionChoice.Largest()
                : wanted.contains("-")
                        ? ConnectionChoice.parse(wanted)
                        : new ConnectionChoice.ToServer(List.of(End.parse(wanted)));
        Survey survey = Survey.of(recording, choice);
        ConnectionChoice.Chosen chosen = survey.choose(recording, choice).orElseThrow();
        Connection connection = chosen.connection();
        assertThat(connection.initiator().socketAddress()).isEqualTo(TcpPackets.DEVICE);
        assertThat(connection.isInitiatorKnown()).isTrue();
        assertThat(connection.segments()).isEqualTo(4);
        assertThat(connection.payloadBytesTo(connection.initiator())).isEqualTo(30);
        assertThat(StreamFacts.of(connection, connection.initiator()).localInitial())
                .as("of before the scan")
                .hasValue(100);
        assertThat(chosen.receiver())
                .isEqualTo(wanted.startsWith("198.18.0.2:7000-") ? connection.responder() : connection.initiator());
        assertThat(survey.connections()).extracting(Connection::number).contains(connection.number());
    }

    @Test
    void ofSeveralBetweenTheSameEndsTheOneIsReplayedThatWasChosen() throws Exception {
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 100, 200);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 201, 10);
        recording.add(TcpPackets.fromServer(211).flags(TcpView.RST));
        scan(30_000);
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 5_000_100, 5_000_200);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 5_000_201, 20);
        recording.add(TcpPackets.fromServer(5_000_221).flags(TcpView.RST));
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 9_000_100, 9_000_200);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 9_000_201, 5);
        ConnectionChoice choice = new ConnectionChoice.Largest();
        ConnectionChoice.Chosen chosen =
                Survey.of(recording, choice).choose(recording, choice).orElseThrow();
        assertThat(StreamFacts.of(chosen.connection(), chosen.receiver()).remoteInitial())
                .hasValue(5_000_200);
        assertThat(chosen.connection().payloadBytesTo(chosen.receiver())).isEqualTo(20);
    }

    @Test
    void whatNoKernelTakesIsNoPayload() throws Exception {
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 100, 200);
        recording.add(TcpPackets.fromServer(201).payload(new byte[700])); // without ACK
        recording.add(TcpPackets.fromServer(201).flags(TcpView.RST).ack(101).payload(new byte[50]));
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 201, 10);
        Connection connection = survey().connections().get(0);
        assertThat(connection.payloadBytesTo(connection.initiator())).isEqualTo(10);
    }

    @Test
    void choosesTheConnectionThatIsMeant() throws Exception {
        InetSocketAddress another = TcpPackets.end("198.18.0.2", 8_000);
        handshake(TcpPackets.DEVICE, another, 1, 2);
        data(another, TcpPackets.DEVICE, 3, 1_000);
        handshake(TcpPackets.DEVICE, TcpPackets.SERVER, 1, 2);
        data(TcpPackets.SERVER, TcpPackets.DEVICE, 3, 10);
        handshake(OTHER, TcpPackets.SERVER, 1, 2);
        data(TcpPackets.SERVER, OTHER, 3, 20);
        data(OTHER, TcpPackets.SERVER, 2, 5_000);
        assertThat(chosen(new ConnectionChoice.Largest())).isEqualTo("0 198.18.0.1:40000");
        End server = End.parse("198.18.0.2:7000");
        assertThat(chosen(new ConnectionChoice.ToServer(List.of(server)))).isEqualTo("2 198.18.0.3:50000");
        assertThat(chosen(ConnectionChoice.parse("198.18.0.1:40000-198.18.0.2:7000")))
                .isEqualTo("1 198.18.0.1:40000");
        assertThat(chosen(ConnectionChoice.parse("198.18.0.2:7000-198.18.0.3:50000")))
                .isEqualTo("2 198.18.0.2:7000");
        assertThat(chosen(ConnectionChoice.parse("1"))).isEqualTo("1 198.18.0.1:40000");
        assertThat(chosen(ConnectionChoice.parse("3"))).isEqualTo("none");
        assertThat(chosen(ConnectionChoice.parse("[2001:2::1]:1-[2001:2::2]:2")))
                .isEqualTo("none");
    }

    private String chosen(ConnectionChoice choice) throws Exception {
        Optional<ConnectionChoice.Chosen> chosen = choice.among(survey().connections());
        return chosen.map(c -> c.connection().number() + " " + c.receiver()).orElse("none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "-1",
                "x",
                "1.2.3.4:5",
                "1.2.3.4:5-",
                "1.2.3.4-1.2.3.4:5",
                "1.2.3.4:5-1.2.3.4:70000",
                "1.2.3.4:5-host:6",
                "2001:2::1:5-2001:2::2:6",
                "[1.2.3.4]:5-1.2.3.4:6",
                "99999999999"
            })
    void refusesWhatIsNoConnection(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ConnectionChoice.parse(text));
    }
}
