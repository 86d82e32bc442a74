package dev.tunbridge.protocol.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.Check;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Seeds;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is found in a recording reads another one as the format does that has written both. An ordinary build takes one content for
 * each shipped format and some made-up ones, by the seed; {@code -Dtunbridge.inference.seeds=N} takes both, of so many seeds.
 */
@Execution(ExecutionMode.CONCURRENT)
class InferenceTest {
    private static final int FRAMES = 200;
    private static final int MADE_UP_OF_A_BUILD = 4;
    /** 0 in an ordinary build. */
    private static final int SEEDS = Integer.getInteger("tunbridge.inference.seeds", 0);

    /** What is found is a matter of odds, so an ordinary build has always the same recordings; a campaign has others each time. */
    private static final long SEED_OF_A_BUILD = 1;

    private static long firstSeed() {
        return SEEDS == 0 ? SEED_OF_A_BUILD : Seeds.next();
    }

    private static Stream<Arguments> cases(Map<String, FrameFormat> formats) {
        long first = firstSeed();
        Random random = new Random(first);
        return formats.entrySet().stream()
                .flatMap(entry -> SEEDS == 0
                        ? Stream.of(Arguments.of(
                                entry.getKey(),
                                Seeds.pick(random, List.of(Recordings.Content.values())),
                                first,
                                entry.getValue()))
                        : Stream.iterate(first, seed -> seed + 2)
                                .limit(SEEDS)
                                .flatMap(seed -> Stream.of(Recordings.Content.values())
                                        .map(content ->
                                                Arguments.of(entry.getKey(), content, seed, entry.getValue()))));
    }

    private static Stream<Arguments> shipped() {
        Map<String, FrameFormat> formats = new LinkedHashMap<>();
        Protocol.builtinNames().forEach(name -> formats.put(name, FrameFormat.builtin(name)));
        return cases(formats);
    }

    @ParameterizedTest(name = "{0} {1} seed {2}")
    @MethodSource("shipped")
    void findsEveryShippedFormat(String name, Recordings.Content content, long seed, FrameFormat format) {
        assertFound(format, content, seed);
    }

    private static Stream<Arguments> madeUp() {
        List<Arguments> cases = new ArrayList<>(cases(MadeUp.formats()).toList());
        Collections.shuffle(cases, new Random(firstSeed()));
        return SEEDS == 0 ? cases.stream().limit(MADE_UP_OF_A_BUILD) : cases.stream();
    }

    @ParameterizedTest(name = "{0} {1} seed {2}")
    @MethodSource("madeUp")
    void findsFormatsUnlikeThem(String name, Recordings.Content content, long seed, FrameFormat format) {
        assertFound(format, content, seed);
    }

    private static Stream<Arguments> besideHeaderChecks() {
        return MadeUp.formats().entrySet().stream()
                .filter(each -> shapes(each.getValue()).stream()
                        .anyMatch(shape ->
                                shape.headerCheck().isPresent() && shape.check().isPresent()))
                .flatMap(each -> Stream.of(Recordings.Content.values())
                        .map(content -> Arguments.of(each.getKey(), content, SEED_OF_A_BUILD, each.getValue())));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("besideHeaderChecks")
    void findsTheChecksOfHeaderAndFrame(String name, Recordings.Content content, long seed, FrameFormat format) {
        assertFound(format, content, seed);
    }

    /** What a payload begins with may go along with the length: a count of what is left, or the same number again. */
    @Test
    void takesNoSecondLengthForACheckOfTheHeader() {
        FrameFormat format = FrameFormat.parse("""
                name: counted
                frame:
                  sync: {bytes: "4E B1"}
                  header: [{name: unit, at: 3, size: 1, value: 0x11}]
                  length: {at: 2, size: 1, counts: payload, max: 250}
                  payload: {at: 4}
                  check: {algorithm: crc16-modbus, from: 0, to: payload-end, at: payload-end, endian: little}
                types: {message: 0}
                """, "counted");
        for (int less : new int[] {0, 2}) {
            byte[] recording = counted(format, less);
            Proposal best = Inference.of(List.of(recording)).proposals().get(0);
            FrameFormat found = Protocol.parse(best.yaml(), "inferred").format();
            assertThat(best.frames()).as(best.yaml()).isEqualTo(FRAMES);
            assertThat(found.headerCheck()).as(best.yaml()).isEmpty();
            assertThat(algorithms(List.of(found))).as(best.yaml()).isEqualTo(algorithms(List.of(format)));
        }
    }

    /** Each payload holds, behind a constant, its own length less so many. */
    private static byte[] counted(FrameFormat format, int less) {
        Random random = new Random(SEED_OF_A_BUILD);
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int i = 0; i < FRAMES; i++) {
                byte[] payload = new byte[2 + random.nextInt(200)];
                random.nextBytes(payload);
                payload[0] = 3;
                payload[1] = (byte) (payload.length - less);
                encoder.encode(out, 0, Unpooled.wrappedBuffer(payload));
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    /** Recordings that a campaign has met, and the search has not seen through. */
    private static Stream<Arguments> onceMissed() {
        return Stream.of(
                Arguments.of("a check behind each 64 bytes", Recordings.Content.PACKETS, 5_595_234_375_797L),
                Arguments.of("three shapes", Recordings.Content.PACKETS, 1L));
    }

    @ParameterizedTest(name = "{0} {1} seed {2}")
    @MethodSource("onceMissed")
    void findsWhatACampaignHasMissed(String name, Recordings.Content content, long seed) {
        assertFound(Objects.requireNonNull(MadeUp.formats().get(name)), content, seed);
    }

    /** Long frames one way and short ones the other. */
    @Test
    void takesBothDirectionsTogether() {
        FrameFormat format = FrameFormat.builtin("reference");
        List<byte[]> directions = List.of(
                Recordings.of(format, Recordings.Content.PACKETS, FRAMES, SEED_OF_A_BUILD),
                new byte[0],
                Recordings.of(format, Recordings.Content.MIXED, 2 * FRAMES, SEED_OF_A_BUILD + 1));
        Proposal best = Inference.of(directions).proposals().get(0);
        assertThat(best.frames()).as(best.yaml()).isEqualTo(3 * FRAMES);
        assertThat(best.explainedBytes()).isEqualTo(best.bytes());
    }

    /** The longer one says nothing of masks. */
    @Test
    void seesThatOneOfBothEndsMasks() {
        FrameFormat unmasked = FrameFormat.parse("""
                name: unmasked
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 1, bits: 7, encoding: staged, max: 1048576}
                  payload: {at: length-end}
                types: {text: 0x81, binary: 0x82}
                """, "unmasked");
        FrameFormat masked = FrameFormat.builtin("websocket");
        List<byte[]> directions = List.of(
                Recordings.of(masked, Recordings.Content.MIXED, FRAMES, SEED_OF_A_BUILD),
                Recordings.of(unmasked, Recordings.Content.MIXED, 2 * FRAMES, SEED_OF_A_BUILD));
        Proposal best = Inference.of(directions).proposals().get(0);
        assertThat(best.frames()).as(best.yaml()).isEqualTo(3 * FRAMES);
    }

    private static void assertFound(FrameFormat truth, Recordings.Content content, long seed) {
        byte[] recording = Recordings.of(truth, content, FRAMES, seed);
        List<Proposal> proposals = Inference.of(List.of(recording)).proposals();
        assertThat(proposals).isNotEmpty();
        Proposal best = proposals.get(0);
        FrameFormat found = Protocol.parse(best.yaml(), "inferred").format();
        byte[] another = Recordings.of(truth, content, FRAMES, seed + 1);
        assertThat(numbered(Boundaries.of(found, another)))
                .as("%s%n%s", best.evidence(), best.yaml())
                .hasSize(FRAMES)
                .isEqualTo(numbered(Boundaries.of(truth, another)));
        assertThat(algorithms(shapes(found))).as(best.yaml()).isEqualTo(algorithms(shapesIn(truth, recording)));
    }

    /** Which frames are of one type is told, not what the type's number is: constants beside it may be taken for a part of it. */
    private static List<String> numbered(List<String> boundaries) {
        Map<String, Integer> numbers = new HashMap<>();
        return boundaries.stream()
                .map(line -> {
                    int type = line.indexOf(" type ");
                    return type < 0
                            ? line
                            : line.substring(0, type) + " type "
                                    + numbers.computeIfAbsent(line.substring(type), unseen -> numbers.size());
                })
                .toList();
    }

    /** Those of which the recording has frames: of others it says nothing. */
    private static List<FrameFormat> shapesIn(FrameFormat format, byte[] recording) {
        Set<Integer> firstBytes = Boundaries.firstBytes(format, recording);
        return shapes(format).stream()
                .filter(shape -> format.shapes().isEmpty()
                        || firstBytes.contains(shape.sync().byteAt(0)))
                .toList();
    }

    private static List<FrameFormat> shapes(FrameFormat format) {
        return format.shapes().isEmpty() ? List.of(format) : format.shapes();
    }

    /** Of a CRC the polynomial: bytes that never change are covered, or not and part of how the register begins. */
    private static Map<String, Set<Object>> algorithms(List<FrameFormat> shapes) {
        return Map.of(
                "check",
                algorithms(shapes, FrameFormat::check),
                "header",
                algorithms(shapes, FrameFormat::headerCheck));
    }

    private static Set<Object> algorithms(List<FrameFormat> shapes, Function<FrameFormat, Optional<Check>> check) {
        return shapes.stream()
                .flatMap(shape -> check.apply(shape).map(Check::algorithm).stream())
                .map(algorithm ->
                        algorithm instanceof Crc crc ? List.of(crc.width(), crc.poly(), crc.refin()) : algorithm)
                .collect(Collectors.toSet());
    }
}
