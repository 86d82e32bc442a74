package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The kernel sends no such thing; if it did, nothing would be read beyond the message, and nothing thrown. */
class DamagedMessageTest {
    private static final int ROUNDS = 20_000;
    private static final long SEED = 20260101;

    static final List<Consumer<ByteBuffer>> READERS = List.of(
            LinkMessage::read,
            AddressMessage::read,
            RouteMessage::read,
            RuleMessage::read,
            TcpMetrics::reordering,
            TrafficControl::read);

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    /** Each reader, and each announcement; text of their values too. */
    static void readAll(byte[] bytes) {
        READERS.forEach(reader -> reader.accept(buffer(bytes)));
        for (int type = LinkMessage.RTM_NEWLINK; type <= RuleMessage.RTM_DELRULE; type++) {
            NetworkNews.read(type, buffer(bytes))
                    .ifPresent(change -> assertThat(change.toString()).isNotEmpty());
        }
    }

    @Test
    void readsNothingBeyondRandomBytes() {
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(120)];
            random.nextBytes(bytes);
            for (int at = 8; at + 4 <= bytes.length && random.nextInt(4) > 0; at += 4 * (1 + random.nextInt(5))) {
                // Lengths and types that are nearly right reach further.
                bytes[at] = (byte) random.nextInt(24);
                bytes[at + 1] = 0;
                bytes[at + 2] = (byte) random.nextInt(32);
                bytes[at + 3] = 0;
            }
            if (bytes.length > 1) {
                bytes[0] = (byte) List.of(0, 2, 10).get(random.nextInt(3)).intValue();
            }
            readAll(bytes);
        }
    }

    @Test
    void readsWhatIsWholeOfATruncatedMessage() throws Exception {
        NetlinkRequest request =
                RuleMessage.add(PolicyRule.from(java.net.InetAddress.getByName("198.18.0.9"), 500, 700, 84));
        byte[] message = request.toBytes(1);
        for (int length = 0; length <= message.length - NetlinkRequest.HEADER_BYTES; length++) {
            byte[] body = new byte[length];
            System.arraycopy(message, NetlinkRequest.HEADER_BYTES, body, 0, length);
            readAll(body);
            assertThat(RuleMessage.read(buffer(body)).isPresent()).isEqualTo(length >= RuleMessage.BYTES);
        }
    }
}
