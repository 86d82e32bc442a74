package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.openmuc.jmbus.MBusConnection;
import org.openmuc.jmbus.VariableDataStructure;
import org.openmuc.jsml.transport.MessageExtractor;
import org.openmuc.jsml.transport.Transport;

/** Readers of meters: implementations of others read what we write, and we read what they write, however it is cut. */
class ForeignMetersTest {
    private static final int VARIABLE = 0x68;
    private static final int FIXED = 0x10;
    private static final int SINGLE = 0xE5;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);

    private List<String> read(FrameFormat format, byte[] stream) {
        return Recorder.decode(format, stream, () -> 1 + random.nextInt(300)).stream()
                .map(event -> event.replaceFirst("^frame [0-9.]+ type ([0-9]+) fields .* payload ", "$1 "))
                .toList();
    }

    private static String event(int type, byte[] payload) {
        return type + " " + HexFormat.of().formatHex(payload);
    }

    /** A meter of M-Bus: answers what asks for data with a frame of variable length, and all else with a single character. */
    private static List<String> answer(ServerSocket server, byte[] data) {
        FrameFormat ft12 = FrameFormat.builtin("ft12");
        List<String> heard = new ArrayList<>();
        ByteBuf in = Unpooled.buffer();
        try (Socket socket = server.accept();
                FrameDecoder decoder = new FrameDecoder(ft12);
                FrameEncoder encoder = new FrameEncoder(ft12)) {
            for (int next = socket.getInputStream().read();
                    next >= 0;
                    next = socket.getInputStream().read()) {
                in.writeByte(next);
                ByteBuf out = Unpooled.buffer();
                decoder.decode(in, new FrameHandler() {
                    @Override
                    public void onFrame(FrameView frame) {
                        byte[] payload =
                                ByteBufUtil.getBytes(frame.buffer(), frame.payloadIndex(), frame.payloadLength());
                        heard.add(event(frame.type(), payload));
                        boolean wantsData = frame.type() == FIXED && (payload[0] & 0x0F) == 0x0B;
                        encoder.encode(
                                out,
                                wantsData ? VARIABLE : SINGLE,
                                wantsData ? Unpooled.wrappedBuffer(data) : Unpooled.EMPTY_BUFFER);
                    }

                    @Override
                    public void onBadFrame(BadFrame reason, long offset) {
                        heard.add("bad " + reason + " at " + offset);
                    }

                    @Override
                    public void onSkipped(long fromOffset, long toOffset) {
                        heard.add("skipped " + fromOffset);
                    }
                });
                out.readBytes(socket.getOutputStream(), out.readableBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return heard;
    }

    /** Response with user data, its fixed header, and a record of 32 bits (EN 13757-3): volume in litres. */
    private static final byte[] RESPONSE = HexFormat.of()
            .parseHex("0805" + "72" + "78563412" + "2423" + "01" + "04" + "55" + "00" + "0000" + "0413" + "04030201");

    /** jmbus asks and believes the answers; all its frames are read, in all three shapes. */
    @Test
    void jmbusAndWeReadEachOthersFrames() throws Exception {
        byte[] written = new byte[random.nextInt(250)];
        random.nextBytes(written);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<List<String>> heard = CompletableFuture.supplyAsync(() -> answer(server, RESPONSE));
            try (MBusConnection meter = MBusConnection.newTcpBuilder(
                            server.getInetAddress().getHostAddress(), server.getLocalPort())
                    .setConnectionTimeout(TIMEOUT_MILLIS)
                    .setTimeout(TIMEOUT_MILLIS)
                    .build()) {
                meter.linkReset(5);
                VariableDataStructure data = meter.read(5);
                assertThat(data.getAccessNumber()).isEqualTo(0x55);
                assertThat(data.getDataRecords())
                        .singleElement()
                        .extracting(record -> record.getDataValue())
                        .isEqualTo(0x01020304L);
                meter.write(5, written);
                assertThat(meter.read(5).getDataRecords()).hasSize(1);
            }
            byte[] sent = Arrays.copyOf(new byte[] {0x73, 5, 0x51}, 3 + written.length);
            System.arraycopy(written, 0, sent, 3, written.length);
            assertThat(heard.get())
                    .as("seed %d", seed)
                    .containsExactly("16 4005", "16 7b05", event(VARIABLE, sent), "16 5b05");
        }
    }

    @Test
    void recordingsOfJmbusAreReadAndWrittenAsTheyWere() {
        FrameFormat ft12 = FrameFormat.builtin("ft12");
        byte[] stream = Framings.read("mbus");
        assertThat(Framings.decode(ft12, stream)).hasSize(4).endsWith("16 4001");
        assertThat(Framings.writeAgain(ft12, stream)).isEqualTo(stream);
    }

    /**
     * A damaged frame costs itself and the single characters behind it, of which one in 256 bytes is one anyway; no start of another
     * shape in it costs a good frame of any.
     */
    @Test
    void aFalseStartOfOneShapeCostsNoGoodFrameOfAnother() {
        FrameFormat ft12 = FrameFormat.builtin("ft12");
        for (int round = 0; round < 300; round++) {
            ByteBuf out = Unpooled.buffer();
            List<String> good = new ArrayList<>();
            int damaged = 0;
            int begin = 0;
            int end = 0;
            try (FrameEncoder encoder = new FrameEncoder(ft12)) {
                for (int i = 0; i < 6; i++) {
                    byte[] payload = new byte[i % 2 == 0 ? 1 + random.nextInt(40) : 2];
                    for (int at = 0; at < payload.length; at++) {
                        payload[at] = Seeds.pick(random, List.of(0x68, 0x10, 0xE5, 0xA2, 0x16, 3, random.nextInt(256)))
                                .byteValue();
                    }
                    int begins = out.writerIndex();
                    encoder.encode(out, i % 2 == 0 ? VARIABLE : FIXED, Unpooled.wrappedBuffer(payload));
                    if (i == 2) {
                        damaged = begins + 4 + random.nextInt(payload.length);
                        begin = begins;
                        end = out.writerIndex();
                    } else {
                        good.add(event(i % 2 == 0 ? VARIABLE : FIXED, payload));
                    }
                }
            }
            byte[] stream = Arrays.copyOf(ByteBufUtil.getBytes(out), out.writerIndex() + ft12.maxFrameBytes());
            stream[damaged] ^= (byte) (1 << random.nextInt(8));
            if (holdsFrameAcross(stream, begin + 1, end)) {
                continue; // by the rules of the format it is one, and takes the beginning of the next good frame with
                // it
            }
            List<String> events = read(ft12, stream);
            // Frames that a payload holds are frames where nothing tells that they are held.
            List<String> found = new ArrayList<>(events);
            found.retainAll(good);
            assertThat(found).as("seed %d, round %d: %s", seed, round, events).containsSubsequence(good);
            assertThat(events.subList(0, 2)).isEqualTo(good.subList(0, 2));
            assertThat(Collections.frequency(events, "229 "))
                    .as("no single character in the middle of a bad frame: seed %d, round %d", seed, round)
                    .isZero();
        }
    }

    /** Whether bytes before the end of a damaged frame begin what is a whole frame, and goes on behind that end; a sum of one byte is easily right. */
    private static boolean holdsFrameAcross(byte[] stream, int from, int end) {
        for (int at = from; at < end; at++) {
            boolean isVariable = stream[at] == 0x68 && stream[at + 3] == 0x68 && stream[at + 1] == stream[at + 2];
            if (!isVariable && stream[at] != 0x10) {
                continue;
            }
            int payload = at + (isVariable ? 4 : 1);
            int sumAt = payload + (isVariable ? stream[at + 1] & 0xff : 2);
            int sum = 0;
            for (int i = payload; i < sumAt; i++) {
                sum += stream[i];
            }
            if (sumAt + 2 > end && (byte) sum == stream[sumAt] && stream[sumAt + 1] == 0x16) {
                return true;
            }
        }
        return false;
    }

    /** Long runs of the byte that marks are made of, and everything else. */
    private byte[] file() {
        byte[] file = new byte[4 + random.nextInt(200)];
        for (int at = 0; at < file.length; at++) {
            file[at] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : random.nextInt(8) == 0 ? 0x01 : 0x1B);
        }
        return file;
    }

    @Test
    void jsmlIsReadAndDamageCostsNoOther() throws IOException {
        FrameFormat sml = FrameFormat.builtin("sml");
        for (int round = 0; round < 100; round++) {
            List<byte[]> frames = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                byte[] file = file();
                ByteArrayOutputStream frame = new ByteArrayOutputStream();
                new Transport().send(new DataOutputStream(frame), file);
                frames.add(frame.toByteArray());
                expected.add(event(0, file));
                assertThat(written(sml, file)).as("seed %d", seed).isEqualTo(frame.toByteArray());
            }
            assertThat(read(sml, joined(frames))).as("seed %d", seed).isEqualTo(expected);
            int damaged = 1 + random.nextInt(3);
            byte[] frame = frames.get(damaged);
            frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
            expected.remove(damaged);
            assertThat(read(sml, joined(frames)))
                    .as("seed %d, frame %d of round %d", seed, damaged, round)
                    .filteredOn(event -> event.startsWith("0 "))
                    .containsExactlyElementsOf(expected);
        }
    }

    /** Its reader takes four bytes of 1B for a mark also where they lie across two words, though its writer does not escape them there. */
    @Test
    void jsmlReadsWhatWeWrite() throws IOException {
        FrameFormat sml = FrameFormat.builtin("sml");
        for (int round = 0; round < 100; round++) {
            byte[] file = file();
            for (int at = 3; at < file.length; at++) {
                boolean isAcross = at % 4 != 3 && file[at] == 0x1B && file[at - 1] == 0x1B;
                file[at] = isAcross && at % 4 == 0 ? 2 : file[at];
            }
            file[file.length - 1] = 5; // or it would be taken for the first of the mark behind it
            byte[] frame = written(sml, file);
            assertThat(new MessageExtractor(new DataInputStream(new ByteArrayInputStream(frame)), TIMEOUT_MILLIS)
                            .getSmlMessage())
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(file);
        }
    }

    private static byte[] written(FrameFormat format, byte[] payload) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            encoder.encode(out, 0, Unpooled.wrappedBuffer(payload));
        }
        return ByteBufUtil.getBytes(out);
    }

    private static byte[] joined(List<byte[]> frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        frames.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** IEC 60870-5-101 with two bytes of address is the same with a longer fixed frame: request of class 1 data from station 1. */
    @Test
    void aStationMayHaveTwoBytesOfAddress() {
        FrameFormat wide = FrameFormat.parse("""
                name: iec101
                frame:
                  shapes:
                    - sync: {bytes: "10"}
                      payload: {at: 1, size: 3}
                      check: {algorithm: sum, from: payload-start, to: payload-end, at: payload-end}
                      trailer: "16"
                types: {fixed: 0}
                """, "iec101");
        byte[] frame = Framings.bytes("10 5A 01 00 5B 16");
        assertThat(read(wide, frame)).containsExactly("0 5a0100");
        assertThat(Framings.writeAgain(wide, frame)).isEqualTo(frame);
    }
}
