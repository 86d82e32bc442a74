package dev.tunbridge.bridge.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTest {
    /** Against the numbers that the addresses are. */
    @ParameterizedTest
    @ValueSource(ints = {4, 16})
    void containsWhatHasTheSameBits(int size) throws Exception {
        Random random = new Random(size);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            bytes[0] = 0x20; // no IPv4-mapped one
            InetAddress address = InetAddress.getByAddress(bytes);
            int length = random.nextInt(size * Byte.SIZE + 1);
            Prefix prefix = Prefix.of(address, length);
            int flipped = random.nextInt(size * Byte.SIZE);
            bytes[flipped / Byte.SIZE] ^= (byte) (0x80 >> flipped % Byte.SIZE);
            InetAddress other = InetAddress.getByAddress(bytes);
            int rest = size * Byte.SIZE - length;
            boolean same = new BigInteger(1, other.getAddress())
                    .shiftRight(rest)
                    .equals(new BigInteger(1, address.getAddress()).shiftRight(rest));
            assertThat(prefix.contains(address)).isTrue();
            assertThat(prefix.contains(other)).as("%s of %s", other, prefix).isEqualTo(same);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "198.18.0.0/15, 198.18.0.1, 198.18.0.2, 198.18.0.3",
        "198.18.0.8/30, 198.18.0.9, 198.18.0.10, 198.18.0.11",
        "198.18.0.8/31, 198.18.0.9, ,",
        "198.18.0.7/32, 198.18.0.7, ,",
        "0.0.0.0/0, 32.0.0.1, 32.0.0.2, 32.0.0.3",
        "2001:2::/48, 2001:2::1, 2001:2::2, 2001:2::3",
        "::/0, 2000::1, 2000::2, 2000::3"
    })
    void namesItsFirstHosts(String prefix, String first, String second, String third) {
        assertThat(Prefix.parse(prefix).firstHosts(3))
                .containsExactlyElementsOf(Stream.of(first, second, third)
                        .filter(Objects::nonNull)
                        .map(InetAddresses::forString)
                        .toList());
    }

    @Test
    void containsNothingOfTheOtherFamily() throws Exception {
        Prefix all = Prefix.parse("::/0");
        assertThat(all.contains(InetAddress.getByName("2001:2::1"))).isTrue();
        assertThat(all.contains(InetAddress.getByName("198.18.0.1"))).isFalse();
    }
}
