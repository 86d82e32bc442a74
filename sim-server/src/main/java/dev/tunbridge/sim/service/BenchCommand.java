package dev.tunbridge.sim.service;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.BenchOptions;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.BenchResult;
import dev.tunbridge.sim.bench.BenchRun;
import dev.tunbridge.sim.bench.CampaignPlay;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
            "  wireguard (the kernel's), wireguard-go: with congestion-control=NAME where the",
            "  tunnel is TCP, and tun.tx-queue-length=N where it has a device;",
            "  ours[:KEY=VALUE,...] with the bridge's settings, and for the server",
            "  write=frame|batch, carriage=segment|packet, format=FILE",
            "Loads:",
            "  tcp[:down|up,flows=N,seconds=N], stream[:down|up,rate=MBIT,seconds=N],",
            "  udp[:down|up,rate=MBIT|flood=yes,size=BYTES,seconds=N],",
            "  voice[:down|up,seconds=N], ping[:idle|load=up|load=down,seconds=N],",
            "  connect[:n=N], http[:n=N,size=BYTES,parallel=N], https[:the same],",
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
    private static final List<String> PEERS = List.of("direct", "vtun", "openvpn", "ours");
    private static final List<String> WORKLOADS =
            List.of("tcp:down", "tcp:up", "stream:down", "voice:down", "ping:idle", "ping:up");
    private static final List<String> QUICK_WORKLOADS = List.of("tcp:down", "tcp:up", "stream:down");
    private static final int QUICK_SECONDS = 3;
    private static final int RUNS = 3;

    @Option(
            names = "--peer",
            paramLabel = "PEER",
            description = "Whom to compare, in turn; repeatable (default: direct, vtun, openvpn, ours).")
    private List<String> peers = new ArrayList<>();

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "Link profile; repeatable (default: veth and wan1).")
    private List<String> profiles = new ArrayList<>();

    @Option(
            names = "--link",
            paramLabel = "KEY=VALUE",
            description =
                    "Changes each profile, as simserver link --set; ba. is the way to the device, as in ba.loss=3.")
    private List<String> linkSettings = new ArrayList<>();

    @Option(
            names = "--workload",
            paramLabel = "LOAD",
            description = "What to play; repeatable (default: tcp, stream, voice and ping).")
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
            description = "Load each way before a cell is measured (default: 2 on veth, 0 elsewhere).")
    private @Nullable Integer warmUp;

    @Option(names = "--limit", paramLabel = "SECONDS", description = "For one cell (default: its length and a minute).")
    private @Nullable Integer limit;

    @Option(names = "--against-peer", paramLabel = "PEER", description = "What ratios refer to (default: the first).")
    private String againstPeer = "";

    @Option(names = "--json", paramLabel = "FILE", description = "Also writes everything as JSON.")
    private @Nullable Path json;

    @Option(names = "--quick", description = "One run of tcp and stream, three seconds each, on veth.")
    private boolean quick;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Path file = json;
        if (file != null) {
            requireWritable(file);
        }
        try (BenchRun bench = prepare()) {
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
            return report.isSuccess() ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private BenchRun prepare() {
        String named = campaign;
        if (named != null && (quick || !givenBesideCampaign().isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--campaign: " + (quick ? "--quick" : givenBesideCampaign().get(0))
                            + " does not go with it; allowed: --profile, --runs, --seconds, --seed, --warm-up, --limit, --json");
        }
        try {
            return named == null ? Bench.prepare(options()) : CampaignPlay.prepare(named, profiles, options());
        } catch (LinkSettingException e) {
            // Its field is "profile" or "set"; here the options are called --profile and --link.
            String option = e.field().equals("profile") ? "--" : "--link ";
            throw new ParameterException(spec.commandLine(), option + e.getMessage(), e);
        }
    }

    private List<String> givenBesideCampaign() {
        List<String> given = new ArrayList<>();
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
        List<String> quickOr = quick ? QUICK_WORKLOADS : WORKLOADS;
        return new BenchOptions(
                peers.isEmpty() ? PEERS : peers,
                !profiles.isEmpty() ? profiles : quick ? List.of("veth") : List.of("veth", "wan1"),
                workloads.isEmpty() ? quickOr : workloads,
                settings,
                linkSettings,
                checked("--runs", runs, quick ? 1 : RUNS, 1, 1_000),
                seed,
                checked("--seconds", seconds, quick ? QUICK_SECONDS : 0, 1, 3_600),
                warmUp == null ? OptionalInt.empty() : OptionalInt.of(checked("--warm-up", warmUp, 0, 0, 60)),
                checked("--limit", limit, 0, 1, 86_400),
                againstPeer);
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
    private void requireWritable(Path file) {
        try {
            Files.writeString(file, "");
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "--json: cannot write " + file, e);
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
