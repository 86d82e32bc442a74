package dev.tunbridge.bridge.answers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.filter.Prefix;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PoolClaimsTest {
    private static final List<Prefix> CANDIDATES =
            List.of(Prefix.parse("198.18.0.0/17"), Prefix.parse("198.18.128.0/17"), Prefix.parse("198.19.0.0/17"));

    @AfterEach
    void release() throws IOException {
        PoolClaims.release("claims0");
        PoolClaims.release("claims1");
    }

    @Test
    void tunnelsThatStartTogetherHavePoolsOfTheirOwn() throws IOException {
        assertThat(first("claims0")).isEqualTo(CANDIDATES.get(0));
        assertThat(first("claims1")).isEqualTo(CANDIDATES.get(1));
        assertThat(first("claims0")).as("chosen anew").isEqualTo(CANDIDATES.get(0));
        PoolClaims.release("claims0");
        assertThat(first("claims1")).isEqualTo(CANDIDATES.get(0));
    }

    @Test
    void aNamedPoolIsOneTunnelsAlone() throws IOException {
        named("claims0", "10.77.0.0/16");
        assertThatThrownBy(() -> named("claims1", "10.77.8.0/24"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("mapping.pool: 10.77.8.0/24 overlaps 10.77.0.0/16, the pool of claims0");
    }

    private static Prefix first(String device) throws IOException {
        return PoolClaims.claim(
                        device,
                        claimed -> new MappingChoice(
                                CANDIDATES.stream()
                                        .filter(pool -> !claimed.contains(pool))
                                        .findFirst(),
                                "first"))
                .pool()
                .orElseThrow();
    }

    private static void named(String device, String pool) throws IOException {
        PoolClaims.claim(device, claimed -> new MappingChoice(Optional.of(Prefix.parse(pool)), "named"));
    }
}
