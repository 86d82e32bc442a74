package dev.tunbridge.sim.hostcampaign;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.server.RunningServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One bridge on one host, from before its start to after its end; the same choices for the same seed. */
final class SeededRun implements AutoCloseable {
    private static final Duration UP = Duration.ofSeconds(6);

    /** A container's: what is written there is refused. */
    private static final List<String> READ_ONLY_SYSCTLS = List.of(
            "unshare", "--mount", "sh", "-c", "mount -o bind,ro /proc/sys /proc/sys && exec \"$@\"", "tunbridge");

    private final Random random;
    private final Lab lab = Lab.open();
    private final List<String> story = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final List<String> toUndo = new ArrayList<>();
    private final LabNamespace serverSide;
    private final SeededHost host;
    private @Nullable RunningServer server;
    private boolean isKilled;
    private boolean wasUp;

    private SeededRun(long seed) throws Exception {
        random = new Random(seed * 0x9e37_79b9_7f4a_7c15L); // first numbers of neighbouring seeds are alike
        try {
            LabNamespace device = lab.namespace("device");
            serverSide = lab.namespace("server");
            lab.connect(
                    device.at("out0", "198.18.0.1/30", "2001:2:0:1::1/64"),
                    serverSide.at("out0", "198.18.0.2/30", "2001:2:0:1::2/64"),
                    LinkProfile.VETH,
                    1);
            run(serverSide, "ip addr add 198.18.1.1/32 dev lo");
            run(serverSide, "ip addr add 2001:2:0:9::1/128 dev lo");
            host = SeededHost.make(device, random);
        } catch (Exception e) {
            lab.close();
            throw e;
        }
        story.add("host: " + host);
    }

    /** Plays one seed; what it found is asked of the answer. */
    static SeededRun play(long seed) throws Exception {
        try (SeededRun run = new SeededRun(seed)) {
            run.play();
            return run;
        }
    }

    List<String> faults() {
        return faults;
    }

    /** What was played, line by line. */
    List<String> story() {
        return story;
    }

    boolean isKilled() {
        return isKilled;
    }

    boolean wasUp() {
        return wasUp;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    @SafeVarargs
    private <T> T oneOf(T... values) {
        return values[random.nextInt(values.length)];
    }

    private void play() throws Exception {
        HostState before = HostState.read(host.namespace());
        if (chance(85)) {
            serve();
        }
        boolean isProgram = chance(40);
        wasUp = bridge(isProgram);
        undoChanges();
        HostState after = HostState.read(host.namespace());
        List<String> differences = before.differences(after);
        if (!isKilled) {
            differences.forEach(difference -> faults.add("after the end: " + difference));
            return;
        }
        differences.stream()
                .filter(difference -> !isLeftByUs(difference))
                .forEach(difference -> faults.add("after the kill: " + difference));
        isKilled = false;
        if (chance(70)) {
            serve();
        } else {
            stopServing();
        }
        bridge(false);
        isKilled = true;
        undoChanges();
        before.differences(HostState.read(host.namespace()))
                .forEach(difference -> faults.add("after a kill, a start and an end: " + difference));
    }

    /** What may be there after a kill: what bears our identity, and the settings of a device that stays. */
    private boolean isLeftByUs(String difference) {
        boolean isOfDevice = host.isPersistent() && (difference.contains("ifname=tb0") || difference.contains("/tb0/"));
        boolean isOurs = difference.startsWith("+ ")
                && (difference.contains("protocol=84")
                        || (host.isPersistent()
                                && (difference.startsWith("+ address tb0 ")
                                        || (difference.startsWith("+ route") && difference.contains("dev=tb0"))
                                        || difference.contains("handle=5442:"))));
        return isOfDevice || isOurs;
    }

    /** One bridge from its start to its end; whether it was up. */
    private boolean bridge(boolean isProgram) throws Exception {
        String address = host.hasIpv6()
                ? oneOf("198.18.0.2", "198.18.1.1", "198.18.1.1", "2001:2:0:9::1")
                : oneOf("198.18.0.2", "198.18.1.1");
        Map<String, String> settings = settings();
        boolean isReadOnly = isProgram && chance(20);
        story.add((isProgram ? isReadOnly ? "program, /proc/sys read-only" : "program" : "library") + " to " + address
                + " " + settings);
        try (BridgeOnHost bridge = isProgram
                ? new BridgeOnHost.Program(
                        host.namespace(), isReadOnly ? READ_ONLY_SYSCTLS : List.of(), address, settings)
                : new BridgeOnHost.InProcess(host.namespace(), address, settings)) {
            try {
                boolean isUp = false;
                if (chance(70)) {
                    isUp = bridge.awaitUp(server == null ? Duration.ofMillis(500) : UP);
                    story.add(isUp ? "up" : "not up");
                } else {
                    pause(isProgram ? 2_500 : 300);
                }
                int events = random.nextInt(5);
                for (int i = 0; i < events; i++) {
                    event();
                    pause(oneOf(1, 20, 200, 600));
                }
                end(bridge);
                return isUp;
            } finally {
                story.addAll(bridge.news().stream().map(line -> "  | " + line).toList());
            }
        }
    }

    private void end(BridgeOnHost bridge) throws Exception {
        if (bridge instanceof BridgeOnHost.Program program && chance(60)) {
            story.add("SIGKILL");
            isKilled = true;
            program.kill();
        } else if (bridge instanceof BridgeOnHost.InProcess library && chance(10)) {
            story.add("loop shut down first");
            library.endLoopFirst();
        } else {
            story.add("end");
            bridge.end();
        }
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("reconnect.first", "20ms");
        settings.put("reconnect.most", "100ms");
        settings.put("tun.overlap", oneOf("refuse", "warn", "warn", "warn"));
        List<String> routes = new ArrayList<>();
        for (String route : List.of("198.18.64.0/18", "198.18.1.0/24", "0.0.0.0/0", "2001:2:77::/48", "::/0")) {
            if (chance(30)) {
                routes.add(route);
            }
        }
        settings.put("routes", String.join(",", routes));
        settings.put("source-rule", oneOf("true", "true", "false"));
        settings.put("answers", oneOf("off", "off", "mark"));
        settings.put("source-rule-priority", oneOf("5000", "1000", "2001"));
        settings.put("tun.shaper", oneOf("auto", "on", "on", "off"));
        settings.put("tun.tx-queue-length", oneOf("500", "100"));
        settings.put("route.rto-min", oneOf("auto", "350ms", "off"));
        settings.put("server-route.quickack", oneOf("true", "false"));
        settings.put("server-route.ecn", oneOf("true", "false"));
        return settings;
    }

    private void pause(int mostMillis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(mostMillis));
    }

    // What happens meanwhile

    private void event() throws Exception {
        switch (random.nextInt(11)) {
            case 0, 1 -> {
                stopServing();
                if (chance(85)) {
                    serve();
                }
            }
            case 2 -> onDevice("the device down and up", "link set tb0 down", "link set tb0 up");
            case 3 -> onDevice("the device down", "link set tb0 down");
            case 4 -> onDevice("its address gone", "addr flush dev tb0 scope global to 198.19.0.0/16");
            case 5 ->
                host(
                        "its rule gone",
                        "rule del pref 5000 protocol 84 from 198.19.0.1",
                        "-6 rule del pref 5000 protocol 84 from 2001:2:0:2::1");
            case 6 ->
                host(
                        "its routes gone",
                        "route flush dev tb0 proto 84 table all",
                        "-6 route flush dev tb0 proto 84 table all");
            case 7 -> {
                if (host.mayUplinkFlap()) {
                    story.add("the uplink down and up");
                    host.uplinkDown();
                    pause(100);
                    host.uplinkUp();
                }
            }
            case 8 -> {
                String network = oneOf("198.19.0.0/30", "198.18.64.0/18", "198.18.1.0/24", "0.0.0.0/1");
                host("another route to " + network, "route add " + network + " dev up1 metric 84");
                toUndo.add("route del " + network + " dev up1 metric 84");
            }
            case 9 -> {
                if (toUndo.contains("link del lan7")) {
                    return;
                }
                host.link("lan7");
                host(
                        "another link and rule",
                        "addr add 198.19.0.77/25 dev lan7",
                        "rule add from 198.19.0.1 lookup 107 pref 4999");
                toUndo.add("link del lan7");
                toUndo.add("rule del from 198.19.0.1 lookup 107 pref 4999");
            }
            default -> {
                if (!host.isPersistent()) {
                    host("the device deleted", "link del tb0");
                }
            }
        }
    }

    /** What would take something of the host's own from the device, for which no bridge is to blame, is not done. */
    private void onDevice(String what, String... lines) throws IOException {
        if (host.mayDeviceGoDown() && !host.isPersistent()) {
            host(what, lines);
        }
    }

    private void host(String what, String... lines) throws IOException {
        story.add(what);
        host.ip(lines);
    }

    private void undoChanges() throws IOException {
        host.ip(toUndo.toArray(String[]::new));
        toUndo.clear();
    }

    private void serve() throws IOException {
        stopServing();
        Welcome welcome = Welcome.draw(random, host.mayDeviceLoseIpv6());
        story.add("server: " + welcome);
        server = RunningServer.start(welcome.options(), (topic, payload) -> {}, serverSide.threadFactory("server"));
    }

    private void stopServing() {
        RunningServer running = server;
        server = null;
        if (running != null) {
            story.add("server closed");
            running.close();
        }
    }

    private static void run(LabNamespace namespace, String line) throws IOException {
        var result = namespace.run(Duration.ofSeconds(20), line.split(" ", -1));
        if (!result.isSuccess()) {
            throw new IOException(line + ": " + result);
        }
    }

    @Override
    public void close() {
        stopServing();
        lab.close();
    }
}
