package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.Signals;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Seeds;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A valid frame may still hold no message of its type. */
class MalformedMessageTest {
    private final Wire wire = new Wire(FrameFormat.builtin("reference"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hello         | ''             | version at byte 0",
                "hello         | 01 02 05 41    | device-id at byte 2 of the payload needs 5 bytes, but 1 are left",
                "hello         | 01 02 01 FF 00 | device-id is not UTF-8",
                "hello         | 01 02 00 00 77 | 1 bytes too many behind byte 4",
                "welcome       | 03 00000001    | carriage at byte 0 of the payload is 3; allowed 1 (packet), 2 (segment), 4 (socket)",
                "welcome       | 01 00000001 05DC 20 05 | family at byte 8 of the payload is 5; allowed 4, 6",
                "welcome       | 01 00000001 05DC 20 06 00000000000000000000FFFFC6120001 20010002000000000000000000000001 | device-address is an IPv4-mapped",
                "reject        | 09 00          | reason at byte 0 of the payload is 9; allowed 1 (version), 2 (carriage), 3 (credentials), 4 (busy)",
                "keepalive     | 000000         | nonce",
                "keepalive-ack | 0000000000     | 1 bytes too many",
                "bye           | ''             | reason",
                "app           | 01             | topic",
                "tcp           | 07             | family at byte 0 of the payload is 7; allowed 4, 6",
                "tcp           | 04 C6120001 C6 | device-address at byte 5 of the payload needs 4 bytes",
                "udp           | 06 C6120001    | client-address",
                "open          | 0001 01 0050 04 C6120001 1234 | transport at byte 2 of the payload is 1; allowed 6, 17",
                "open          | 0001 06 0050 05 C6120001 1234 | family at byte 5 of the payload is 5; allowed 4, 6",
                "open          | 0001 06 0050 04 C6120001 12   | client-port at byte 10 of the payload needs 2 bytes, but 1 are left",
                "open          | 0001 06 0050 04 C6120001 1234 00 | 1 bytes too many behind byte 12",
                "opened        | 0001 04 00000000 | status at byte 2 of the payload is 4; allowed 0 (open), 1 (refused), 2 (unreachable), 3 (limit)",
                "data          | 00             | channel at byte 0 of the payload needs 2 bytes, but 1 are left",
                "credit        | 0001 0000      | bytes at byte 2 of the payload needs 4 bytes, but 2 are left",
                "close         | 0001 02        | how at byte 2 of the payload is 2; allowed 0 (end-of-stream), 1 (reset)",
            })
    void namesTheFieldAtFault(String type, String payload, String reason) {
        byte[] bytes = HexFormat.of().parseHex(payload.replace(" ", ""));
        assertThatThrownBy(() -> wire.readPayload(type, bytes))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageStartingWith(type + ": ")
                .hasMessageContaining(reason);
    }

    @Test
    void unknownTypesAreSkipped() throws MalformedMessageException {
        assertThat(wire.readPayload(0x7F, new byte[] {1, 2})).isEmpty();
        assertThat(wire.unknownTypes()).containsExactly(0x7F);
    }

    @Test
    void carriagesOfANewerPeerAreNoError() throws MalformedMessageException {
        assertThat(wire.readPayload("hello", HexFormat.of().parseHex("01FF0000")))
                .first()
                .isEqualTo(Signals.hello(
                        1, List.of(Carriage.PACKET, Carriage.SEGMENT, Carriage.SOCKET), "", Octets.EMPTY));
    }

    @Test
    void noiseIsAMessageOrMalformedAndNothingElse() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        int malformed = 0;
        for (int round = 0; round < 1_000; round++) {
            byte[] payload = new byte[random.nextInt(24)];
            random.nextBytes(payload);
            try {
                new Wire(FrameFormat.builtin("plain-le")).readPayload(random.nextInt(0x35), payload);
            } catch (MalformedMessageException e) {
                malformed++;
            }
        }
        assertThat(malformed).as("seed %d", seed).isPositive();
    }

    @Test
    void aTokenStaysOutOfLogs() {
        Message hello = Signals.hello(1, List.of(), "id", Octets.of((byte) 0x5E, (byte) 0xC3));
        assertThat(hello.toString()).contains("token").doesNotContain("5ec3");
    }
}
