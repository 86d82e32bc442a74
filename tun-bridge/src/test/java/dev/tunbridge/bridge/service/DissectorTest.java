package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wireshark shows of a recording what was written, by a dissector that comes of the description alone. */
class DissectorTest {
    private static final int FRAMES = 150;
    private static final int SHORT_SEGMENTS = 700;
    private static final int LONG_SEGMENTS = 9_000;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("tunbridge.seed", new Random().nextLong());

    static List<String> shipped() {
        return Protocol.builtinNames();
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void showsEveryFrameOfAShippedFormatAsItWasWritten(String name) throws Exception {
        showsAll(Protocol.builtin(name), SHORT_SEGMENTS);
        showsAll(Protocol.builtin(name), LONG_SEGMENTS);
    }

    private void showsAll(Protocol protocol, int mostSegmentBytes) throws Exception {
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            Path file = traffic.writeTo(folder.resolve("recorded"), mostSegmentBytes, RecordedTraffic.NONE);
            Tshark tshark = new Tshark(protocol, folder);
            showsAll(protocol, traffic.fromClient, tshark.read(file, false));
            showsAll(protocol, traffic.fromServer, tshark.read(file, true));
            showsAll(protocol, traffic.fromServer, tshark.read(file, true, "-2", "-R", "tcp"));
        }
    }

    private void showsAll(Protocol protocol, RecordedTraffic.Direction written, Tshark.Shown shown) {
        String what = protocol.format().name() + ", seed " + seed;
        List<RecordedTraffic.Written> framed = written.written.stream()
                .filter(RecordedTraffic.Written::isFramed)
                .toList();
        assertThat(shown.faults()).as(what).isEmpty();
        assertThat(shown.messages())
                .as(what)
                .isEqualTo(written.written.stream()
                        .map(RecordedTraffic.Written::message)
                        .toList());
        assertThat(shown.payloadBytes())
                .as(what)
                .isEqualTo(framed.stream()
                        .map(RecordedTraffic.Written::payloadBytes)
                        .toList());
        int checks = protocol.format().check().isPresent() ? framed.size() : 0;
        assertThat(shown.checks()).as(what).hasSize(checks).allMatch("1"::equals);
        assertThat(shown.v4Sources()).as(what).isEqualTo(written.v4Sources);
        assertThat(shown.v6Sources()).as(what).isEqualTo(written.v6Sources);
    }
}
