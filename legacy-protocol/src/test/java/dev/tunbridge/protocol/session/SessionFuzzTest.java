package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.protocol.FuzzSeeds;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/** Arbitrary descriptions, and arbitrary bytes for the logins in them; how to fuzz is in CONTRIBUTING. */
class SessionFuzzTest {
    private static final int BROKEN = 10;
    private static final int FRAMES = 12;

    static Stream<byte[]> descriptions() {
        FuzzSeeds seeds = new FuzzSeeds();
        return seeds.descriptions(BROKEN).stream().map(text -> FuzzSeeds.joined(text, wire(seeds, text)));
    }

    private static byte[] wire(FuzzSeeds seeds, String text) {
        return protocol(text)
                .map(protocol -> seeds.stream(protocol.format(), FRAMES))
                .orElse(new byte[0]);
    }

    private static Optional<Protocol> protocol(String text) {
        try {
            return Optional.of(Protocol.parse(text, "fuzz"));
        } catch (DescriptionException e) {
            assertThat(e).hasMessageContaining("fuzz");
            return Optional.empty();
        }
    }

    /** A description is read or refused with its reason, and a login ends, whatever the other end says. */
    @MethodSource("descriptions")
    @FuzzTest(maxDuration = "10m")
    void playsTheScript(byte[] input) {
        Optional<Protocol> protocol = protocol(FuzzSeeds.text(input));
        if (protocol.isEmpty()) {
            return;
        }
        byte[] wire = FuzzSeeds.bytes(input);
        Random cuts = new Random(wire.length);
        try (FuzzedPair pair = new FuzzedPair(protocol.get())) {
            pair.talk();
        }
        for (SessionScript.End end : SessionScript.End.values()) {
            try (FuzzedPair pair = new FuzzedPair(protocol.get())) {
                pair.hear(end, wire, () -> 1 + cuts.nextInt(64));
            }
        }
    }

    /** So that the rules above are asked of sessions that stand. */
    @Test
    void bothEndsOfEveryShippedScriptComeToAnEstablishedSession() {
        for (String name : FrameFormat.builtinNames()) {
            try (FuzzedPair pair = new FuzzedPair(Protocol.builtin(name))) {
                pair.talk();
                assertThat(pair.established()).as(name).isEqualTo(List.of(true, true));
            }
        }
    }
}
