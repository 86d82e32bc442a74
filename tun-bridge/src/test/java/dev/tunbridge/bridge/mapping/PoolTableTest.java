package dev.tunbridge.bridge.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.filter.Prefix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolTableTest {
    private static final long IDLE_NANOS = 1_000;

    /** A client as the model has it. */
    private record Entry(int place, long usedNanos) {}

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void doesWhatAMapDoes(long seed) {
        Random random = new Random(seed);
        PoolTable table = new PoolTable(new AddressPool(Prefix.parse("198.18.64.0/24")), 100, random.nextLong());
        Map<Long, Entry> model = new HashMap<>();
        long now = random.nextLong();
        long refused = 0;
        for (int step = 0; step < 50_000; step++) {
            now += random.nextInt(20);
            long client = random.nextInt(random.nextInt(4) == 0 ? 400 : 90);
            int place = table.find(0, client);
            Entry known = model.get(client);
            assertThat(place).as("seed %d step %d", seed, step).isEqualTo(known == null ? PoolTable.NONE : known.place);
            if (place == PoolTable.NONE) {
                place = table.assign(0, client, now);
                if (place == PoolTable.NONE) {
                    refused++;
                    long present = now;
                    assertThat(model).hasSize(100);
                    assertThat(model.values()).noneMatch(entry -> present - entry.usedNanos >= IDLE_NANOS);
                    continue;
                }
                // Whoever had the place, or made room for it, was idle.
                long present = now;
                Set<Long> gone = new HashSet<>();
                model.forEach((other, entry) -> {
                    if (table.find(0, other) == PoolTable.NONE) {
                        assertThat(present - entry.usedNanos).isGreaterThanOrEqualTo(IDLE_NANOS);
                        gone.add(other);
                    }
                });
                assertThat(gone).hasSizeLessThanOrEqualTo(1);
                model.keySet().removeAll(gone);
                int taken = place;
                assertThat(model.values()).noneMatch(entry -> entry.place == taken);
            }
            table.use(place, now, IDLE_NANOS);
            model.put(client, new Entry(place, now));
            assertThat(table.holder(0xc612_4001L + place)).isEqualTo(place);
            assertThat(table.clientLow(place)).isEqualTo(client);
            assertThat(table.size()).isEqualTo(model.size());
        }
        assertThat(table.refused()).isEqualTo(refused);
        assertThat(table.most()).isEqualTo(100);
        assertThat(table.evicted()).isPositive();
    }

    @Test
    void aClientFindsTheSameAddressInAnotherProcess() {
        PoolTable one = new PoolTable(new AddressPool(Prefix.parse("2001:2:0:ff::/64")), 1_000, 1);
        PoolTable other = new PoolTable(new AddressPool(Prefix.parse("2001:2:0:ff::/64")), 1_000, 2);
        for (long client = 0; client < 200; client++) {
            assertThat(other.assign(7, client, 0)).isEqualTo(one.assign(7, client, 0));
        }
    }

    @Test
    void holdsTenThousandClients() {
        PoolTable table = new PoolTable(new AddressPool(Prefix.parse("198.18.0.0/17")), 10_000, 3);
        Random random = new Random(4);
        Set<Integer> places = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            long client = random.nextLong();
            int place = table.assign(0, client, 0);
            table.use(place, 0, IDLE_NANOS);
            places.add(place);
        }
        assertThat(places).hasSize(10_000).doesNotContain(PoolTable.NONE);
        assertThat(table.assign(0, 5, 1)).isEqualTo(PoolTable.NONE);
    }

    @Test
    void aShortUseTakesNothingFromALongOne() {
        PoolTable table = new PoolTable(new AddressPool(Prefix.parse("198.18.64.0/30")), 2, 3);
        int place = table.assign(0, 1, 0);
        table.use(place, 0, 100);
        table.use(place, 50, 10);
        table.use(table.assign(0, 2, 0), 90, 100);
        assertThat(table.assign(0, 3, 99)).isEqualTo(PoolTable.NONE);
        assertThat(table.assign(0, 3, 100)).isEqualTo(place);
    }
}
