package dev.tunbridge.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Protocols unlike the reference's, bridged by a description alone. The servers are written by hand and share nothing with it. */
class DescribedProtocolTest {
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    private static final int PATIENCE_MILLIS = 10_000;

    private static final String BARE = """
            name: bare
            frame:
              length: {at: 0, size: 2, counts: payload, max: 2000}
              payload: {at: 2}
            types: {ip: 0}
            messages: {ip: {means: packet, layout: [{bytes: content}]}}
            session: none
            """;

    private static final String CHALLENGE = """
            name: challenge
            frame:
              sync: {bytes: "C5"}
              header: [{name: type, at: 1, size: 1}]
              length: {at: 2, size: 2, endian: little, counts: payload, max: 1500}
              payload: {at: 4}
              check: {algorithm: xor, from: 1, to: payload-end, at: payload-end}
            resync: {boundaries: proven, maxScan: 0}
            types: {banner: 1, proof: 2, accepted: 3, sorry: 4, ip: 5}
            messages:
              banner: [{number: version, size: 1}, {bytes: nonce, size: 16}]
              proof: [{text: name, size: 8, pad: "00"}, {bytes: mac, size: 32}]
              accepted: [{address: device, of: ipv4}, {address: server, of: ipv4}, {number: bits, size: 1}, {number: mtu, size: 2}]
              sorry: [{choice: reason, size: 1, names: {credentials: 7, busy: 9}}]
              ip: {means: packet, layout: [{constant: "08 00"}, {bytes: content}]}
            session:
              login:
                - {from: server, message: banner, with: {version: 4, nonce: {random: 16}}}
                - from: client
                  message: proof
                  with:
                    name: "${identity.device-id}"
                    mac: {hmac: HmacSHA256, key: "${identity.token}", of: ["${banner.nonce}", "${identity.device-id}"]}
                - from: server
                  message: accepted
                  with: {device: "${tunnel.device-address}", server: "${tunnel.server-address}", bits: "${tunnel.prefix-length}", mtu: "${tunnel.mtu}"}
                  refusal: {message: sorry, with: {reason: "${refusal.reason}"}}
              passing: [busy]
            """;

    private static final String LINES = """
            name: lines
            frame:
              header: [{name: type, at: 0, size: 1}]
              payload: {at: 1, max: 1500}
              check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}
              escape: cobs
            types: {ip: 73, ping: 80, bye: 66}
            messages:
              hello: {unframed: {until: "0A"}, layout: [{literal: "HELLO "}, {text: name, charset: ascii}]}
              nonce: {unframed: {until: "0A"}, layout: [{literal: "NONCE "}, {bytes: nonce, digits: "0123456789abcdef"}]}
              proof: {unframed: {until: "0A"}, layout: [{literal: "PROOF "}, {bytes: digest, digits: "0123456789abcdef"}]}
              welcome:
                unframed: {until: "0A"}
                layout: [{literal: "WELCOME "}, {text: device, until: "2F"}, {text: bits, until: "20"}, {text: server, until: "20"}, {text: mtu}]
              no: {unframed: {until: "0A"}, layout: [{literal: "NO "}, {text: why}]}
              ip: {means: packet, layout: [{bytes: content}]}
              ping: []
              bye: [{text: why}]
            session:
              login:
                - {from: client, message: hello, with: {name: "${identity.device-id}"}}
                - {from: server, message: nonce, with: {nonce: {random: 8}}}
                - {from: client, message: proof, with: {digest: {digest: SHA-256, of: ["${nonce.nonce}", "${identity.token}"]}}}
                - from: server
                  message: welcome
                  with: {device: "${tunnel.device-address}", bits: "${tunnel.prefix-length}", server: "${tunnel.server-address}", mtu: "${tunnel.mtu}"}
                  refusal: {message: no, with: {why: "${refusal.reason}"}}
              passing: [later]
              keepalive: {from: server, message: ping}
              farewell: {message: bye, with: {why: done}}
            keepalive: {every: 1s, deadAfter: 2s}
            """;

    private final MemoryTunDevice tun = new MemoryTunDevice(TunOptions.named("tb0"));
    private ServerSocket listening = socket();

    @BeforeEach
    void listen() throws IOException {
        listening.setSoTimeout(PATIENCE_MILLIS);
    }

    @AfterEach
    void close() throws IOException {
        listening.close();
    }

    private static ServerSocket socket() {
        try {
            return new ServerSocket(0, 4, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Bridge bridge(String yaml, Map<String, String> settings) {
        return Bridge.builder()
                .server("127.0.0.1", listening.getLocalPort())
                .protocol(Protocol.parse(yaml, "acme.yaml"))
                .device(tun)
                .set("reconnect.first", "50ms")
                .set(settings)
                .build();
    }

    private static Map<String, String> tunnel() {
        return Map.of(
                "tunnel.carriage", "packet",
                "tunnel.device-address", "198.19.0.1/30",
                "tunnel.server-address", "198.19.0.2",
                "tunnel.mtu", "1400");
    }

    @Test
    void withoutALoginTheTunnelIsTheConfigurationsOnEachConnection() throws Exception {
        try (Bridge bridge = bridge(BARE, tunnel())) {
            var started = bridge.start().toCompletableFuture();
            for (int connection = 0; connection < 2; connection++) {
                try (Socket peer = listening.accept()) {
                    peer.setSoTimeout(PATIENCE_MILLIS);
                    byte[] down = packet(SERVER, DEVICE, "down " + connection);
                    DataOutputStream out = new DataOutputStream(peer.getOutputStream());
                    out.writeShort(down.length); // at once: nobody waits for a welcome
                    out.write(down);
                    assertThat(started.get(10, TimeUnit.SECONDS).carriage()).isEqualTo(Carriage.PACKET);
                    assertThat(next()).isEqualTo(down);
                    byte[] up = packet(DEVICE, SERVER, "up " + connection);
                    tun.inject(up);
                    DataInputStream in = new DataInputStream(peer.getInputStream());
                    assertThat(in.readNBytes(in.readUnsignedShort())).isEqualTo(up);
                }
            }
        }
    }

    @Test
    void whatNeitherLoginNorConfigurationSayIsRefusedBeforeAnythingBegins() {
        assertThatThrownBy(() -> bridge(BARE, Map.of("tunnel.carriage", "packet")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("tunnel.device-address")
                .hasMessageContaining("the login of 'bare' does not say it");
    }

    @Test
    void aChallengeIsAnsweredAndTrafficPassesBehindIt() throws Exception {
        Map<String, String> settings =
                Map.of("tunnel.carriage", "packet", "identity.device-id", "pump", "identity.token", "s3cret");
        try (Bridge bridge = bridge(CHALLENGE, settings)) {
            var started = bridge.start().toCompletableFuture();
            try (Socket peer = listening.accept()) {
                peer.setSoTimeout(PATIENCE_MILLIS);
                byte[] nonce = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
                write(peer, 1, concat(new byte[] {4}, nonce));
                byte[] proof = read(peer, 2);
                assertThat(new String(proof, 0, 8, StandardCharsets.US_ASCII)).isEqualTo("pump\0\0\0\0");
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec("s3cret".getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
                mac.update(nonce);
                assertThat(ByteBuffer.wrap(proof, 8, 32))
                        .isEqualTo(ByteBuffer.wrap(mac.doFinal("pump".getBytes(StandardCharsets.US_ASCII))));
                ByteBuffer accepted = ByteBuffer.allocate(11)
                        .put(DEVICE.getAddress())
                        .put(SERVER.getAddress())
                        .put((byte) 30)
                        .putShort((short) 1_300);
                write(peer, 3, accepted.array());
                TunnelInfo tunnel = started.get(10, TimeUnit.SECONDS);
                assertThat(tunnel.mtu()).isEqualTo(1_300);
                assertThat(tunnel.deviceAddress()).isEqualTo(DEVICE);
                byte[] down = packet(SERVER, DEVICE, "down");
                write(peer, 5, concat(new byte[] {8, 0}, down));
                assertThat(next()).isEqualTo(down);
                byte[] up = packet(DEVICE, SERVER, "up");
                tun.inject(up);
                assertThat(read(peer, 5)).isEqualTo(concat(new byte[] {8, 0}, up));
            }
        }
    }

    @Test
    void aRefusalInTheProtocolsOwnWordsEndsTheBridgeOrIsWaitedFor() throws Exception {
        try (Bridge bridge = bridge(
                CHALLENGE, Map.of("tunnel.carriage", "packet", "identity.device-id", "pump", "identity.token", "x"))) {
            var started = bridge.start().toCompletableFuture();
            for (int reason : new int[] {9, 7}) {
                try (Socket peer = listening.accept()) {
                    peer.setSoTimeout(PATIENCE_MILLIS);
                    write(peer, 1, new byte[] {4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
                    read(peer, 2);
                    write(peer, 4, new byte[] {(byte) reason});
                }
            }
            assertThatThrownBy(() -> started.get(10, TimeUnit.SECONDS)).hasMessageContaining("refused: credentials");
        }
    }

    @Test
    void whatTheConfigurationGivesAndTheDescriptionHasNoRoomForIsNamedBeforeAnythingBegins() {
        Map<String, String> settings = Map.of("tunnel.carriage", "packet", "identity.device-id", "pump number one");
        assertThatThrownBy(() -> bridge(CHALLENGE, settings))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "identity.device-id: cannot be said to a server of format 'challenge': proof: name length is 15;"
                                + " allowed 0 to 8");
    }

    /** As a server would that speaks lines, and then frames between zeros: the whole of it by hand. */
    @Test
    void linesAndThenFramesAndAServerThatFallsSilent() throws Exception {
        Map<String, String> settings =
                Map.of("tunnel.carriage", "packet", "identity.device-id", "pump", "identity.token", "s3cret");
        try (Bridge bridge = bridge(LINES, settings)) {
            var started = bridge.start().toCompletableFuture();
            try (Socket peer = listening.accept()) {
                peer.setSoTimeout(PATIENCE_MILLIS);
                assertThat(line(peer)).isEqualTo("HELLO pump");
                say(peer, "NONCE 00ff10a0b0c0d0e0\n");
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(HexFormat.of().parseHex("00ff10a0b0c0d0e0"));
                byte[] wanted = digest.digest("s3cret".getBytes(StandardCharsets.US_ASCII));
                assertThat(line(peer)).isEqualTo("PROOF " + HexFormat.of().formatHex(wanted));
                // The first packet comes in the same segment as the last word of the login.
                byte[] down = packet(SERVER, DEVICE, "down");
                ByteBuffer together = ByteBuffer.allocate(200)
                        .put("WELCOME 198.19.0.1/30 198.19.0.2 1280\n".getBytes(StandardCharsets.US_ASCII))
                        .put(cobs('I', down));
                peer.getOutputStream().write(together.array(), 0, together.position());
                assertThat(started.get(10, TimeUnit.SECONDS).mtu()).isEqualTo(1_280);
                assertThat(next()).isEqualTo(down);
                byte[] up = packet(DEVICE, SERVER, "up");
                tun.inject(up);
                byte[] frame = cobs('I', up);
                assertThat(peer.getInputStream().readNBytes(frame.length)).isEqualTo(frame);
                // The server alone gives signs of life; when they stay away the bridge tries again, and is told to
                // wait.
                peer.getOutputStream().write(cobs('P', new byte[0]));
            }
            try (Socket peer = listening.accept()) {
                peer.setSoTimeout(PATIENCE_MILLIS);
                assertThat(line(peer)).isEqualTo("HELLO pump");
                say(peer, "NONCE 0000000000000000\n");
                assertThat(line(peer)).startsWith("PROOF ");
                say(peer, "NO later\n");
            }
            try (Socket peer = listening.accept()) {
                peer.setSoTimeout(PATIENCE_MILLIS);
                line(peer);
                say(peer, "NONCE 0000000000000000\n");
                line(peer);
                say(peer, "WELCOME 198.19.0.1/30 198.19.0.2 1280\n");
                assertThat(peer.getInputStream().read())
                        .as("silence is death, and nothing was asked for before")
                        .isEqualTo(-1);
            }
        }
    }

    private Bridge telling(String yaml, BlockingQueue<String> told) {
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                told.add(state + " " + detail);
            }
        };
        return Bridge.builder()
                .server("127.0.0.1", listening.getLocalPort())
                .protocol(Protocol.parse(yaml, "acme.yaml"))
                .device(tun)
                .token("x")
                .set("identity.device-id", "pump")
                .set("tunnel.carriage", "packet")
                .listener(listener)
                .build();
    }

    /** Why the bridge waits. */
    private static String waiting(BlockingQueue<String> told) throws InterruptedException {
        String next;
        do {
            next = told.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } while (next != null && !next.startsWith("WAITING"));
        return String.valueOf(next);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | 0500000000000000000000000000000000 | the server refused: banner.version is 5 and not 4, step 1 of 3 of the login",
                "4 | 09 | the server refused: busy",
                "7 | 0011026e6f | the server refused: notice (code 17, words \"no\") in place of the banner, step 1 of 3 of the login",
                "3 | 0102 | the server's answer in place of the banner is not laid out as described: accepted: device at byte 0 of the"
                        + " payload needs 4 bytes, but 2 are left",
                "6 | 0102 | before its banner, behind a frame of the unknown type 6",
            })
    void anAnswerThatDoesNotFitTheLoginIsToldAsTheServers(int type, String payload, String words) throws Exception {
        String yaml = CHALLENGE
                .replace("sorry: 4, ip: 5", "sorry: 4, ip: 5, notice: 7")
                .replace(
                        "  ip: {means",
                        "  notice: [{number: code, size: 2}, {text: words, length: {size: 1}}]\n  ip: {means");
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (Bridge bridge = telling(yaml, told)) {
            bridge.start();
            try (Socket peer = listening.accept()) {
                write(peer, type, HexFormat.of().parseHex(payload));
            }
            assertThat(waiting(told)).contains(words);
        }
    }

    @Test
    void anApplicationsMessageThatNoFrameHoldsFailsAndTheOthersPass() throws Exception {
        String yaml = """
                name: least
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 2, counts: payload, adjust: -5, max: 2000}
                  payload: {at: 3}
                types: {ip: 0, app: 1}
                messages:
                  ip: {means: packet, layout: [{bytes: content}]}
                  app: [{number: topic, size: 1}, {bytes: content}]
                session: none
                """;
        try (Bridge bridge = bridge(yaml, tunnel())) {
            var started = bridge.start().toCompletableFuture();
            try (Socket peer = listening.accept()) {
                started.get(10, TimeUnit.SECONDS);
                peer.setSoTimeout(PATIENCE_MILLIS);
                var tooShort = bridge.app().send(7, new byte[] {1}).toCompletableFuture();
                assertThatThrownBy(() -> tooShort.get(10, TimeUnit.SECONDS))
                        .hasRootCauseMessage(
                                "a payload of 2 bytes is too short for a frame of format least; allowed 5 or more")
                        .cause()
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("cannot be said to the server: ");
                bridge.app()
                        .send(7, new byte[] {1, 2, 3, 4})
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
                assertThat(peer.getInputStream().readNBytes(8)).containsExactly(1, 0, 0, 7, 1, 2, 3, 4);
            }
        }
    }

    @Test
    void aServerThatBeginsOtherwiseIsToldInItsOwnWords() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (Bridge bridge = telling(LINES, told)) {
            bridge.start();
            try (Socket peer = listening.accept()) {
                say(peer, "SSH-2.0-OpenSSH_9.2\r\n");
                assertThat(waiting(told))
                        .contains(
                                "the server does not begin as format 'lines' does: nonce: constant at byte 0 of the payload"
                                        + " is \"SSH-2.\"; allowed \"NONCE \"; came \"SSH-2.0-OpenSSH_9.2\\x0D\\x0A\"");
            }
        }
    }

    private static String line(Socket peer) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = peer.getInputStream().read();
                next != '\n';
                next = peer.getInputStream().read()) {
            assertThat(next).as("after " + line).isNotNegative();
            line.append((char) next);
        }
        return line.toString();
    }

    private static void say(Socket peer, String text) throws IOException {
        peer.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Type, content and CRC-16/X-25 (most significant byte first), stuffed so that no zero is left, and a zero. */
    private static byte[] cobs(char type, byte[] payload) {
        ByteBuffer content =
                ByteBuffer.allocate(payload.length + 3).put((byte) type).put(payload);
        int crc = 0xFFFF;
        for (int i = 0; i < content.position(); i++) {
            crc ^= content.get(i) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x8408 : crc >>> 1;
            }
        }
        content.putShort((short) ~crc);
        ByteBuffer stuffed = ByteBuffer.allocate(2 * content.capacity() + 2);
        int code = stuffed.position();
        stuffed.put((byte) 0);
        for (byte next : content.array()) {
            if (next != 0) {
                stuffed.put(next);
            }
            int run = stuffed.position() - code;
            if (next == 0 || run == 0xFF) {
                stuffed.put(code, (byte) run);
                code = stuffed.position();
                stuffed.put((byte) 0);
            }
        }
        stuffed.put(code, (byte) (stuffed.position() - code)).put((byte) 0);
        return Arrays.copyOf(stuffed.array(), stuffed.position());
    }

    private static void write(Socket peer, int type, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 5).order(ByteOrder.LITTLE_ENDIAN);
        frame.put((byte) 0xC5).put((byte) type).putShort((short) payload.length).put(payload);
        frame.put(xor(frame.array(), frame.position()));
        peer.getOutputStream().write(frame.array());
    }

    private static byte[] read(Socket peer, int type) throws IOException {
        byte[] head = peer.getInputStream().readNBytes(4);
        assertThat(head[0]).isEqualTo((byte) 0xC5);
        assertThat(head[1]).isEqualTo((byte) type);
        int length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getShort(2);
        byte[] payload = peer.getInputStream().readNBytes(length);
        byte[] frame = concat(head, payload);
        assertThat(peer.getInputStream().read()).isEqualTo(xor(frame, frame.length) & 0xff);
        return payload;
    }

    private static byte xor(byte[] frame, int end) {
        byte all = 0;
        for (int i = 1; i < end; i++) {
            all ^= frame[i];
        }
        return all;
    }

    private static byte[] concat(byte[] a, byte[] b) {
        return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
    }

    /** What the kernel gets next of the device. */
    private byte[] next() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (System.nanoTime() < end) {
            List<byte[]> written = tun.takeWritten();
            if (!written.isEmpty()) {
                return written.get(0);
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        throw new AssertionError("no packet came");
    }

    /** An IPv4 datagram without a checksum of its own (RFC 768). */
    private static byte[] packet(InetAddress source, InetAddress destination, String text) {
        byte[] content = text.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer packet = ByteBuffer.allocate(28 + content.length);
        packet.putShort((short) 0x4500).putShort((short) packet.capacity()).putInt(0x0001_4000);
        packet.putShort((short) 0x4011)
                .putShort((short) 0)
                .put(source.getAddress())
                .put(destination.getAddress());
        packet.putShort((short) 5_000)
                .putShort((short) 5_001)
                .putShort((short) (8 + content.length))
                .putShort((short) 0);
        packet.put(content);
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += packet.getShort(i) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        packet.putShort(10, (short) ~((sum & 0xffff) + (sum >>> 16)));
        return packet.array();
    }
}
