package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.linux.TunInterface;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/** A TUN device tb0 with its addresses and routes, in a namespace of its own, for a tuner to tune. */
final class TunedDevice implements AutoCloseable {
    private final TestNamespace namespace;
    private final TunInterface tun;

    private TunedDevice(TestNamespace namespace, TunInterface tun) {
        this.namespace = namespace;
        this.tun = tun;
    }

    static TunedDevice open() throws Exception {
        TestNamespace namespace = TestNamespace.open();
        try {
            TunedDevice device = new TunedDevice(namespace, namespace.openTun("tb0"));
            device.setUp();
            return device;
        } catch (Exception e) {
            namespace.close();
            throw e;
        }
    }

    /** Sets up the addresses and routes; the same again where somebody has removed some. */
    void setUp() throws Exception {
        namespace.setUp(new TunAddressing(
                "tb0",
                InetAddress.getByName("198.19.0.1"),
                30,
                1440,
                500,
                List.of(Prefix.parse("198.18.64.0/18")),
                TunAddressing.SourceRule.PRESENT));
    }

    PathTuner tuner(Map<String, String> settings) throws Exception {
        TuningOptions options = options(settings);
        return namespace.call(() -> PathTuner.open(options, "tb0"));
    }

    static TuningOptions options(Map<String, String> settings) {
        return TuningOptions.of(BridgeConfig.defaults().with(settings));
    }

    TestNamespace namespace() {
        return namespace;
    }

    String routes() throws IOException {
        return namespace.inside("-4", "route", "show", "table", "all", "dev", "tb0");
    }

    String qdisc() throws IOException {
        return namespace.run("tc", "qdisc", "show", "dev", "tb0");
    }

    /** The device goes, and its namespace stays. */
    void remove() throws IOException {
        tun.close();
    }

    @Override
    public void close() throws IOException {
        tun.close();
        namespace.close();
    }
}
