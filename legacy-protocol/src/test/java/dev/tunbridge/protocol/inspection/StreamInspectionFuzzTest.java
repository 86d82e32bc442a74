package dev.tunbridge.protocol.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.protocol.FuzzSeeds;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.session.SessionScript.End;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Arbitrary bytes, read by the descriptions that come with the bridge; how to fuzz is in CONTRIBUTING. */
class StreamInspectionFuzzTest {
    private static final List<Protocol> PROTOCOLS =
            Protocol.builtinNames().stream().map(Protocol::builtin).toList();
    private static final List<Optional<End>> FROM =
            List.of(Optional.empty(), Optional.of(End.CLIENT), Optional.of(End.SERVER));
    private static final int FRAMES = 20;
    private static final int HEAD_BYTES = 4;
    private static final int MOST_GAP_BYTES = 5_000;

    static Stream<byte[]> streams() {
        FuzzSeeds seeds = new FuzzSeeds();
        List<byte[]> streams = new ArrayList<>();
        for (int i = 0; i < PROTOCOLS.size(); i++) {
            for (int from = 0; from < FROM.size(); from++) {
                byte[] stream = seeds.stream(PROTOCOLS.get(i).format(), FRAMES);
                byte[] input = new byte[HEAD_BYTES + stream.length];
                input[0] = (byte) i;
                input[1] = (byte) from;
                input[2] = (byte) (from * 31 + i);
                input[3] = (byte) (i % 2 == 0 ? 0 : stream.length / 3);
                System.arraycopy(stream, 0, input, HEAD_BYTES, stream.length);
                streams.add(input);
            }
        }
        return streams.stream();
    }

    /** However the stream is cut, the findings are the same, also where the recording lacks some of it. */
    @MethodSource("streams")
    @FuzzTest(maxDuration = "10m")
    void findsTheSameInAnyPieces(byte[] input) {
        if (input.length < HEAD_BYTES) {
            return;
        }
        Protocol protocol = PROTOCOLS.get((input[0] & 0xff) % PROTOCOLS.size());
        Optional<End> from = FROM.get((input[1] & 0xff) % FROM.size());
        Random cuts = new Random(input[2]);
        int gapAt = Math.min(input[3] & 0xff, input.length - HEAD_BYTES);
        byte[] stream = Arrays.copyOfRange(input, HEAD_BYTES, input.length);
        int gapBytes = gapAt == 0 ? 0 : 1 + cuts.nextInt(MOST_GAP_BYTES);
        StreamFindings whole = find(protocol, from, stream, gapAt, gapBytes, () -> stream.length);
        assertThat(find(protocol, from, stream, gapAt, gapBytes, () -> 1)).isEqualTo(whole);
        assertThat(find(protocol, from, stream, gapAt, gapBytes, () -> 1 + cuts.nextInt(50)))
                .isEqualTo(whole);
        assertThat(whole.bytes()).isEqualTo(stream.length + (long) gapBytes);
        assertThat(whole.first().isPresent()).isEqualTo(whole.misfits() > 0);
    }

    private static StreamFindings find(
            Protocol protocol, Optional<End> from, byte[] stream, int gapAt, int gapBytes, IntSupplier pieceBytes) {
        ByteBuf filler = Unpooled.buffer().writeZero(1_024);
        try (StreamInspection inspection = new StreamInspection(protocol, protocol.newCodec(), from)) {
            read(inspection, stream, 0, gapAt, pieceBytes);
            if (gapBytes > 0) {
                inspection.missing(gapBytes, filler);
            }
            read(inspection, stream, gapAt, stream.length, pieceBytes);
            return inspection.findings();
        }
    }

    private static void read(StreamInspection inspection, byte[] stream, int from, int to, IntSupplier pieceBytes) {
        for (int at = from; at < to; ) {
            int piece = Math.min(pieceBytes.getAsInt(), to - at);
            inspection.read(Unpooled.wrappedBuffer(stream, at, piece));
            at += piece;
        }
    }
}
