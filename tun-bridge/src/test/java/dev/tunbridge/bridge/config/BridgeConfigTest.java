package dev.tunbridge.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.queue.PortRange;
import dev.tunbridge.protocol.message.Carriage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BridgeConfigTest {

    @Test
    void plainSwitchesEverythingOffButWhatIsSetByItself() {
        BridgeConfig plain = BridgeConfig.defaults().with("mode", "plain");
        assertThat(plain.get(Settings.RECOVERY_ENABLED)).isFalse();
        assertThat(plain.get(Settings.CAPTURE_BACKEND)).isEqualTo(CaptureBackend.NONE);
        assertThat(plain.get(Settings.SUPPRESSION_ENABLED)).isFalse();
        assertThat(plain.get(Settings.QUICK_ACK)).isFalse();
        BridgeConfig one = plain.with("suppression.enabled", "true");
        assertThat(one.get(Settings.SUPPRESSION_ENABLED)).isTrue();
        assertThat(one.get(Settings.RECOVERY_ENABLED)).isFalse();
    }

    @Test
    void everySettingHasADefaultThatItAccepts() {
        assertThat(Settings.all()).hasSizeGreaterThan(20).allSatisfy(setting -> {
            assertThat(BridgeConfig.defaults().get(setting)).isNotNull();
            assertThat(setting.description()).endsWith(".");
        });
    }

    @Test
    void readsNestingListsAndUnits() {
        BridgeConfig config = ConfigReader.parse("""
                server: "[2001:2::2]:7000"
                tun: {name: tb7, tx-queue-length: 25}
                carriage: [packet, segment]
                queue: {bytes: 512KiB, aqm: false, prompt-ports: [53, 5000-5010]}
                reconnect:
                  first: 250ms
                filter:
                  allow: ["tcp:80", "udp:5000-5010", icmp]
                """, "test");
        assertThat(config.get(Settings.SERVER)).contains(new Endpoint("2001:2::2", 7000));
        assertThat(config.get(Settings.TUN_NAME)).isEqualTo("tb7");
        assertThat(config.get(Settings.TUN_TX_QUEUE_LENGTH)).isEqualTo(25);
        assertThat(config.get(Settings.CARRIAGE)).isEqualTo(List.of(Carriage.PACKET, Carriage.SEGMENT));
        assertThat(config.get(Settings.QUEUE_BYTES)).isEqualTo(512 * 1024);
        assertThat(config.get(Settings.QUEUE_AQM)).isFalse();
        assertThat(config.get(Settings.QUEUE_ECN)).isTrue();
        assertThat(config.get(Settings.QUEUE_PROMPT_PORTS))
                .containsExactly(new PortRange(53, 53), new PortRange(5000, 5010));
        assertThat(config.get(Settings.RECONNECT_FIRST)).isEqualTo(250_000_000L);
        assertThat(config.get(Settings.ALLOW)).hasSize(3);
        assertThat(config.isSet(Settings.TUN_NAME)).isTrue();
        assertThat(config.isSet(Settings.TOKEN)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server|nowhere|HOST:PORT",
                "server|198.18.0.2:0|port 1 to 65535",
                "server|2001:2::2:7000|IPv6 literal in brackets",
                "tun.name|a-name-that-is-too-long|1 to 15 letters",
                "tun.tx-queue-length|0|1 to 100000",
                "tun.offload|perhaps|true | false",
                "queue.bytes|1KiB|16KiB to 64MiB",
                "queue.bytes|12parsecs|16KiB to 64MiB",
                "queue.aqm|maybe|true | false",
                "queue.ecn|1|true | false",
                "queue.prompt-ports|53,70000|FIRST-LAST (0 to 65535)",
                "reconnect.first|5|us, ms, s, m, h",
                "carriage|pigeon|segment | packet",
                "relay.source|spoof|loopback",
                "relay.targets|80=nowhere:80|[tcp: ",
                "relay.targets|0=127.0.0.1:80|[tcp: ",
                "relay.targets|udp:53=/run/dns|[tcp: ",
                "relay.targets|90-80=127.0.0.1|[tcp: ",
                "relay.bytes|1KiB|64KiB to 1024MiB",
                "filter.allow|tcp:99999|tcp:PORT",
                "filter.sources|198.18.0.1/15|NETWORK/LENGTH (as 10.0.0.0/8, with no bits set past its length)",
                "routes|198.18.0.0/33|NETWORK/LENGTH (as 10.0.0.0/8, with no bits set past its length)"
            })
    void namesKeyValueAndWhatIsAllowed(String key, String value, String allowed) {
        assertThatThrownBy(() -> BridgeConfig.defaults().with(key, value))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(key)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(allowed);
    }

    @Test
    void proposesTheNearestKeyForAnUnknownOne() {
        assertThatThrownBy(() -> BridgeConfig.defaults().with("queue.byte", "1MiB"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("queue.byte: unknown key; the nearest is 'queue.bytes'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1, 2", "- a\n- b", "just text", "tun: {name: {deep: er}}"})
    void refusesWhatIsNoConfiguration(String yaml, @TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("bad.yaml"), yaml);
        assertThatThrownBy(() -> ConfigReader.read(List.of(file), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("bad.yaml:1:")
                .message()
                .containsAnyOf("allowed", "is not YAML", "unknown key");
    }

    @Test
    void namesAFileThatIsNotThere() {
        assertThatThrownBy(() -> ConfigReader.read(List.of(Path.of("no-such-file.yaml")), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no-such-file.yaml");
    }

    @Test
    void writesAnEndpointAsItReadsIt() {
        for (String text : List.of("example.org:1", "198.18.0.2:7000", "[2001:2::2]:65535")) {
            assertThat(Endpoint.parse(text)).hasToString(text);
        }
    }
}
