package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.lab.JavaProgram;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.Link;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The simulated server and the bridge as processes of their own, on two hosts with a cable between them. */
final class TwoHosts implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String BRIDGE = "dev.tunbridge.bridge.service.Main";
    private static final String SIMSERVER = "dev.tunbridge.sim.service.Main";

    private final LabNamespace device;
    private final LabNamespace server;
    private final Link link;
    private final String before;
    private LabProcess serving;

    private TwoHosts(LabNamespace device, LabNamespace server, Link link) throws Exception {
        this.device = device;
        this.server = server;
        this.link = link;
        before = network();
        serving = serve();
    }

    /** With a server that waits for the bridge. */
    static TwoHosts open(Lab lab) throws Exception {
        LabNamespace device = lab.namespace("device");
        LabNamespace server = lab.namespace("server");
        Link link = connect(lab, device, server);
        return new TwoHosts(device, server, link);
    }

    private static Link connect(Lab lab, LabNamespace device, LabNamespace server)
            throws IOException, LinkSettingException {
        return lab.connect(
                device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), LinkProfile.named("veth"), 1);
    }

    LabNamespace device() {
        return device;
    }

    private LabProcess serve() throws IOException, InterruptedException {
        List<String> command = JavaProgram.java(
                SIMSERVER,
                "serve",
                "--listen",
                "198.18.0.2:7000",
                "--tun",
                "sim0",
                "--tunnel",
                "198.19.0.2/30",
                "--device",
                "198.19.0.1",
                "--carriage",
                "packet"); // in which ICMP passes
        LabProcess started = server.start(command.toArray(String[]::new));
        started.awaitLine("serving on", LIMIT);
        return started;
    }

    /** The bridge loses its session, and finds the server again. */
    void restartServer() throws IOException, InterruptedException {
        serving.terminate();
        serving.awaitExit(LIMIT);
        serving = serve();
    }

    /**
     * Starts {@code tunbridge run} towards the server.
     *
     * @param under the command that it runs under
     * @param jvm options
     * @param classPath of it
     */
    LabProcess startBridge(List<String> under, List<String> jvm, String classPath, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(under);
        List<String> java = new ArrayList<>(JavaProgram.java(BRIDGE, "run", "--server", "198.18.0.2:7000"));
        java.set(java.indexOf("-cp") + 1, classPath);
        command.add(java.get(0));
        command.addAll(jvm);
        command.addAll(java.subList(1, java.size()));
        command.addAll(List.of("--set", "reconnect.first=200ms"));
        command.addAll(List.of(arguments));
        return device.start(command.toArray(String[]::new));
    }

    /** As many pings as this come back through the tunnel. */
    void assertPings(int count) throws IOException {
        Command.Result result =
                server.run(LIMIT, "ping", "-c", String.valueOf(count), "-i", "0.2", "-W", "5", "198.19.0.1");
        assertThat(result.isSuccess()).as("%s", result).isTrue();
    }

    /** The device's host is as it was before the bridge came. */
    void assertNothingIsLeft() throws IOException {
        assertThat(network()).isEqualTo(before);
    }

    private String network() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String what :
                List.of("-o link", "address", "rule", "-6 rule", "route show table all", "-6 route show table all")) {
            List<String> command = new ArrayList<>(List.of("ip"));
            command.addAll(List.of(what.split(" ", -1)));
            all.append(device.run(LIMIT, command.toArray(String[]::new)).output());
        }
        return all.toString().replaceAll("pref medium|valid_lft .*", "");
    }

    @Override
    public void close() {
        serving.close();
        link.close();
    }
}
