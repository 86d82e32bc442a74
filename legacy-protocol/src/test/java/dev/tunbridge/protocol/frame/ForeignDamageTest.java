package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damage in and between frames that implementations of others have written: no wrong frame comes out where there is a check, and the true
 * ones behind it come as {@code docs/formats.md} promises of their format.
 */
class ForeignDamageTest {
    private static final Path PAGE = Path.of("..", "docs", "formats.md");
    private static final int FRAMES = 8;
    private static final int ROUNDS = Integer.getInteger("tunbridge.damage.rounds", 60);
    /** One in 2^bits of wrong bytes passes a check; some places of a damaged frame look like the beginning of one,
     * and of few recorded frames one that passes is drawn again. */
    private static final int PLACES = 32;

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);

    private enum Damage {
        BIT,
        LOST,
        CUT,
        NOISE
    }

    /**
     * A stream with one frame damaged.
     *
     * @param frame the place of the first that is not as it was
     * @param keepsEnd whether what ends it is as it was
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Damaged(byte[] stream, int frame, boolean keepsEnd, String what) {}

    @ParameterizedTest
    @ValueSource(
            strings = {"mqtt", "websocket", "http-chunks", "stomp", "amqp-0-9-1", "smpp", "mavlink", "sml", "ft12"})
    void framesThatAreWrittenNow(String name) throws IOException {
        play(name, new TheirFrames(random).of(name, 3 * FRAMES));
    }

    /** Of programs that do not run here; skipped where the recordings do not lie beside the checkout. */
    @ParameterizedTest
    @CsvSource({
        "dnp3, dnp3-link",
        "iec104, iec104",
        "kiss, kiss",
        "modbus-tcp, modbus",
        "nmea, nmea",
        "qemu, qemu",
        "rtcm3, rtcm3",
        "ubx, ubx",
        "xbee, xbee1",
    })
    void framesThatWereRecorded(String name, String recording) throws IOException {
        byte[] stream = Framings.read(recording);
        List<byte[]> frames = new ArrayList<>();
        for (String event : Recorder.decode(FrameFormat.builtin(name), stream, () -> stream.length)) {
            String[] offsets = event.split(" ", -1)[1].split("\\.\\.", -1);
            frames.add(Arrays.copyOfRange(stream, Integer.parseInt(offsets[0]), Integer.parseInt(offsets[1])));
        }
        play(name, frames);
    }

    private void play(String name, List<byte[]> written) throws IOException {
        FrameFormat format = FrameFormat.builtin(name);
        String promise = promise(name);
        int wrong = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<byte[]> frames = new ArrayList<>();
            for (int i = 0; i < FRAMES; i++) {
                frames.add(Seeds.pick(random, written));
            }
            List<String> expected = read(format, joined(frames));
            assertThat(expected).as("%s, undamaged, seed %d", name, seed).hasSize(FRAMES);
            Damaged damaged = damage(format, frames);
            List<String> events = decode(format, damaged.stream());
            List<String> read = known(format, events);
            String what = name + ", seed " + seed + ", round " + round + ", " + damaged.what() + ": " + events;
            assertThat(read)
                    .as("in front of the damage: %s", what)
                    .startsWith(expected.subList(0, damaged.frame()).toArray(String[]::new));
            int passed = (int)
                    read.stream().filter(frame -> !expected.contains(frame)).count();
            wrong += passed;
            // One that passes the check by chance may hide the beginning of a true one; how often is bounded below.
            boolean isHidden = passed > 0 && promise.equals("searched");
            if (isHidden) {
                continue;
            }
            assertRecovered(promise, damaged, expected, read, events, what);
        }
        int bits = format.hasShapes()
                ? format.shapes().stream()
                        .mapToInt(FrameFormat::checkBits)
                        .max()
                        .orElseThrow()
                : format.hasBlockChecks() ? 8 * format.check().orElseThrow().sizeBytes() : format.checkBits();
        if (bits > 0) {
            assertThat(wrong)
                    .as("wrong frames of %s behind a check of %d bits, seed %d", name, bits, seed)
                    .isLessThanOrEqualTo(1 + (int) (ROUNDS * PLACES / Math.pow(2, bits)));
        }
    }

    private static void assertRecovered(
            String promise,
            Damaged damaged,
            List<String> expected,
            List<String> read,
            List<String> events,
            String what) {
        int behind = damaged.frame() + 1;
        switch (promise) {
            case "delimiter" ->
                assertThat(read)
                        .as("behind the next delimiter: %s", what)
                        .endsWith(expected.subList(damaged.keepsEnd() ? behind : behind + 1, expected.size())
                                .toArray(String[]::new));
            case "searched" ->
                assertThat(read)
                        .as("found behind the damage: %s", what)
                        .containsSubsequence(expected.subList(behind, expected.size()));
            case "closed" -> {
                int lost = events.stream()
                        .filter(event -> event.startsWith("lost"))
                        .mapToInt(events::indexOf)
                        .findFirst()
                        .orElse(-1);
                assertThat(lost)
                        .as("nothing is read behind the close: %s", what)
                        .isIn(-1, events.size() - 1);
                assertThat(events)
                        .as("nothing is searched for: %s", what)
                        .noneMatch(event -> event.startsWith("skipped"));
            }
            default -> throw new AssertionError("the page promises " + promise);
        }
    }

    /** What the page says of what follows a bad frame. */
    private static String promise(String name) throws IOException {
        String row = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `" + name + "` |"))
                .findFirst()
                .orElseThrow();
        return row.split("\\|", -1)[3].strip().split(" ", 2)[0];
    }

    private Damaged damage(FrameFormat format, List<byte[]> frames) {
        int at = 1 + random.nextInt(FRAMES - 4);
        Damage damage = Seeds.pick(random, List.of(Damage.values()));
        byte[] frame = frames.get(at);
        int place = random.nextInt(frame.length);
        int endBytes = 1 + format.trailer().sizeBytes();
        boolean keepsEnd = place < frame.length - endBytes;
        byte[] changed = frame.clone();
        switch (damage) {
            case BIT -> changed[place] ^= (byte) (1 << random.nextInt(8));
            case LOST ->
                changed = joined(
                        List.of(Arrays.copyOf(frame, place), Arrays.copyOfRange(frame, place + 1, frame.length)));
            case CUT -> {
                changed = Arrays.copyOf(frame, place);
                keepsEnd = false;
            }
            case NOISE -> {
                byte[] noise = new byte[1 + random.nextInt(30)];
                random.nextBytes(noise);
                changed = joined(List.of(noise, frame));
                keepsEnd = true;
            }
        }
        List<byte[]> all = new ArrayList<>(frames);
        all.set(at, changed);
        // What a false beginning claims has to come before the frames behind it do.
        if (format.canResynchronise() && !format.escape().isDelimited()) {
            all.add(new byte[format.maxFrameBytes()]);
        }
        return new Damaged(joined(all), at, keepsEnd, damage + " at byte " + place + " of frame " + at);
    }

    private List<String> decode(FrameFormat format, byte[] stream) {
        return Recorder.decode(format, stream, () -> 1 + random.nextInt(400)).stream()
                .map(event -> event.replaceFirst("^frame [0-9.]+ type ([0-9]+) fields .* payload ", "$1 "))
                .toList();
    }

    private List<String> read(FrameFormat format, byte[] stream) {
        return known(format, decode(format, stream));
    }

    /** Frames of the types that the description names; others are passed over by whoever reads them. */
    private static List<String> known(FrameFormat format, List<String> events) {
        TypeTable types = new TypeTable(format);
        return events.stream()
                .filter(event -> event.matches("[0-9]+ [0-9a-f]*"))
                .filter(event -> !types.name(Integer.parseUnsignedInt(event.split(" ", -1)[0]))
                                .isEmpty()
                        || format.name().equals("mavlink"))
                .toList();
    }

    private static byte[] joined(List<byte[]> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }
}
