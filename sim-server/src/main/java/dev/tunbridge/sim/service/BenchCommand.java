package dev.tunbridge.sim.service;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.BenchRun;
import dev.tunbridge.sim.bench.campaign.CampaignPlay;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.Preset;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.bench.report.BenchResult;
import dev.tunbridge.sim.bench.report.EarlierRun;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simserver bench}: compares the bridge with what people would use instead. */
@Command(
        name = "bench",
        description = "Compares the bridge with other tunnels: the same load on the same link, in turn. Needs root; "
                + "installs with apt what is compared and missing.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Peers:",
            "  direct[:reordering=loose], vtun, openvpn[:proto=tcp|udp], tinc, ssh, sshuttle,",
            "  ssh:forward=remote|local, socat, haproxy[:splice=yes] (one port, TCP alone),",
            "  wireguard (the kernel's), wireguard-go: with congestion-control=NAME where the",
            "  tunnel is TCP, and tun.tx-queue-length=N where it has a device;",
            "  ours[:KEY=VALUE,...] with the bridge's settings, and for the server",
            "  write=frame|batch, carriage=segment|packet|socket, format=FILE",
            "Loads:",
            "  tcp[:down|up,flows=N,seconds=N], stream[:down|up,rate=MBIT,seconds=N],",
            "  udp[:down|up,rate=MBIT|flood=yes,size=BYTES,seconds=N],",
            "  voice[:down|up,seconds=N], ping[:idle|load=up|load=down,seconds=N],",
            "  connect[:n=N], greeting[:n=N], idle[:n=N], stalled[:flows=N,seconds=N],",
            "  http[:n=N,size=BYTES,parallel=N], https[:the same],",
            "  files, quic[:down|up,seconds=N], reconnect,",
            "  tcp:up,carried=yes also counts what is carried twice,",
            "  blackout[:for=SECONDS,times=N,seconds=N] when the rate of an upload is back",
            "Examples:",
            "  simserver bench --peer vtun --peer ours --peer ours:write=batch",
            "    --profile wan1 --workload tcp:up",
            "  simserver bench --campaign past-the-hole --profile wan1 --runs 5",
            "  simserver bench --campaign nothing-twice --profile ge"
        })
final class BenchCommand implements Callable<Integer> {
    private static final int RETRIES = 1;

    @Option(
            names = "--peer",
            paramLabel = "PEER",
            description = "Whom to compare, in turn; repeatable (default: direct, vtun, openvpn, ours).")
    private List<String> peers = new ArrayList<>();

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description =
                    "Link profile, with settings of its own as in wan1:delay=10ms or not; repeatable (default: veth and "
                            + "wan1).")
    private List<String> profiles = new ArrayList<>();

    @Option(
            names = "--link",
            paramLabel = "KEY=VALUE",
            description =
                    "Changes each profile, as simserver link --set; ba. is the way to the device, as in ba.loss=3. Needs "
                            + "--profile, since veth has no settings.")
    private List<String> linkSettings = new ArrayList<>();

    @Option(
            names = "--workload",
            paramLabel = "LOAD",
            description = "What to play; repeatable (default: tcp:down, tcp:up, stream:down, voice:down, ping:idle "
                    + "and ping:up).")
    private List<String> workloads = new ArrayList<>();

    @Option(
            names = "--campaign",
            paramLabel = "NAME",
            description = "All figures of one promise with their targets, instead of peers and loads of one's own: "
                    + "${COMPLETION-CANDIDATES}. --profile picks parts of it.",
            completionCandidates = Campaigns.class)
    private @Nullable String campaign;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Setting of the bridge for every 'ours'.")
    private List<String> settings = new ArrayList<>();

    @Option(names = "--runs", paramLabel = "N", description = "Repetitions, round the peers (default: 3; quick: 1).")
    private @Nullable Integer runs;

    @Option(names = "--seconds", paramLabel = "N", description = "Length of each load that says none of its own.")
    private @Nullable Integer seconds;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the first repetition (default: 1).")
    private long seed = 1;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description = "Load each way before a cell is measured (default: 10 on veth, 0 elsewhere; quick: 1).")
    private @Nullable Integer warmUp;

    @Option(names = "--limit", paramLabel = "SECONDS", description = "For one cell (default: its length and a minute).")
    private @Nullable Integer limit;

    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "How often a cell that fails is tried again (default: 1).")
    private @Nullable Integer retries;

    @Option(names = "--against-peer", paramLabel = "PEER", description = "What ratios refer to (default: the first).")
    private String againstPeer = "";

    @Option(names = "--json", paramLabel = "FILE", description = "Also writes everything as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Also writes one page with tables and charts, which needs no other file.")
    private @Nullable Path html;

    @Option(
            names = "--against",
            paramLabel = "FILE",
            description = "Compares with what --json has written before; what is worse beyond noise makes exit code 1.")
    private @Nullable Path against;

    @Option(
            names = "--quick",
            description =
                    "In about two minutes: one run of tcp, stream and ping, two seconds each, on veth and wan1, with "
                            + "the peers that are installed.")
    private boolean quick;

    @Option(
            names = "--full",
            description = "In days: all peers, profiles and loads, three runs; says first how long it will take.")
    private boolean full;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (BenchRun bench = prepare()) {
            Path file = json;
            Path page = html;
            if (file != null) {
                requireWritable("--json", file);
            }
            if (page != null) {
                requireWritable("--html", page);
            }
            if (bench instanceof Bench plain) {
                spec.commandLine().getErr().println("simserver bench: " + plain.estimate());
            }
            Optional<String> missing = Lab.unavailable();
            if (missing.isPresent()) {
                spec.commandLine()
                        .getErr()
                        .println("simserver bench: " + missing.get() + "; run: sudo ./simserver bench");
                return ExitCode.NOT_PERMITTED;
            }
            // A benchmark that a signal ends has not succeeded: the exit code stays the signal's.
            Runtime.getRuntime().addShutdownHook(new Thread(bench::close, "stop-bench"));
            BenchResult report = bench.run(BenchProgress.onStandardError());
            if (file != null) {
                Files.writeString(file, report.json());
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(report.table());
            out.flush();
            if (page != null && report instanceof BenchReport cells) {
                Files.writeString(page, cells.html());
            }
            return report.isSuccess() ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private BenchRun prepare() {
        String named = campaign;
        if (quick && full) {
            throw new ParameterException(
                    spec.commandLine(), "--quick: --full does not go with it; allowed: one of them");
        }
        if (named != null && !givenBesideCampaign().isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--campaign: " + givenBesideCampaign().get(0)
                            + " does not go with it; allowed: --profile, --runs, --seconds, --seed, --warm-up, --limit, --retries, --json");
        }
        try {
            if (named != null) {
                return CampaignPlay.prepare(named, profiles, options());
            }
            Bench bench = Bench.prepare(options());
            Path earlier = against;
            return earlier == null ? bench : bench.against(EarlierRun.read(earlier));
        } catch (LinkSettingException e) {
            // Its field is "profile" or "set"; here the options are called --profile and --link.
            String option = e.field().equals("profile") ? "--" : "--link ";
            throw new ParameterException(spec.commandLine(), option + e.getMessage(), e);
        }
    }

    private List<String> givenBesideCampaign() {
        List<String> given = new ArrayList<>();
        if (quick) {
            given.add("--quick");
        }
        if (full) {
            given.add("--full");
        }
        if (html != null) {
            given.add("--html");
        }
        if (against != null) {
            given.add("--against");
        }
        if (!peers.isEmpty()) {
            given.add("--peer");
        }
        if (!workloads.isEmpty()) {
            given.add("--workload");
        }
        if (!linkSettings.isEmpty()) {
            given.add("--link");
        }
        if (!againstPeer.isEmpty()) {
            given.add("--against-peer");
        }
        return given;
    }

    private BenchOptions options() {
        Preset preset = quick ? Preset.QUICK : full ? Preset.FULL : Preset.STANDARD;
        return new BenchOptions(
                peers.isEmpty() ? preset.peers() : peers,
                profiles.isEmpty() ? preset.profiles() : profiles,
                workloads.isEmpty() ? preset.workloads() : workloads,
                settings,
                linkSettings,
                checked("--runs", runs, preset.runs(), 1, 1_000),
                seed,
                checked("--seconds", seconds, preset.seconds(), 1, 3_600),
                warmUp == null ? preset.warmUpSeconds() : OptionalInt.of(checked("--warm-up", warmUp, 0, 0, 60)),
                checked("--limit", limit, 0, 1, 86_400),
                againstPeer,
                checked("--retries", retries, RETRIES, 0, 10),
                preset.lacking());
    }

    private int checked(String option, @Nullable Integer given, int otherwise, int least, int most) {
        if (given == null) {
            return otherwise;
        }
        if (given < least || given > most) {
            throw new ParameterException(
                    spec.commandLine(), option + ": '" + given + "' is not valid; allowed: " + least + " to " + most);
        }
        return given;
    }

    /** Better now than after half an hour. */
    private void requireWritable(String option, Path file) {
        try {
            boolean isNew = Files.notExists(file);
            Files.writeString(file, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            if (isNew) {
                Files.delete(file); // a run that is ended leaves none
            }
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), option + ": cannot write " + file, e);
        }
    }

    /** For completion and help. */
    static final class Campaigns extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Campaigns() {
            super(CampaignPlay.names());
        }
    }
}
