package dev.tunbridge.sim.service;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.curve.Curve;
import dev.tunbridge.sim.bench.curve.CurvesOptions;
import dev.tunbridge.sim.bench.curve.CurvesPlay;
import dev.tunbridge.sim.bench.curve.CurvesReport;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simserver curves}: pictures of what happens as queues and round trips grow. */
@Command(
        name = "curves",
        description = "Draws what an upload and a video upwards do over the length of the TUN device's queue, over the "
                + "round-trip time and over time, for ours and for others, and what a TUN device does by itself. Needs "
                + "root. Writes an SVG and a CSV file for each kind of curve, and curves.json.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Curves:",
            "  queue       a video's losses and an upload's rate over 1 to 5000 packets of queue",
            "  round-trip  an upload's rate over 0 to 200 ms, with quartiles",
            "  time        rate, congestion windows and retransmissions of one upload",
            "  pipeline    a sender, a TUN device and a reader: loss over the queue",
            "Peers are those of simserver bench. The defaults take more than an hour.",
            "Example:",
            "  simserver curves --out curves --curve time --curve pipeline --runs 1"
        })
final class CurvesCommand implements Callable<Integer> {
    private static final List<String> PEERS = List.of(
            "vtun:congestion-control=bbr",
            "ours:mode=plain,socket.congestion-control=bbr",
            "ours:socket.congestion-control=bbr");
    private static final List<Integer> QUEUE_LENGTHS = List.of(1, 2, 5, 10, 25, 50, 100, 200, 500, 1000, 2000, 5000);
    private static final List<Integer> ROUND_TRIPS = List.of(0, 10, 20, 40, 80, 120, 160, 200);

    @SuppressWarnings("NullAway.Init")
    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Folder for the files; made if missing.")
    private Path folder;

    @Option(names = "--curve", paramLabel = "NAME", description = "Which to draw; repeatable (default: all).")
    private List<String> curves = new ArrayList<>();

    @Option(
            names = "--peer",
            paramLabel = "PEER",
            description = "Of whom; repeatable (default: vtun, ours in plain mode, and ours, all with bbr outside).")
    private List<String> peers = new ArrayList<>();

    @Option(
            names = "--queue-length",
            paramLabel = "N",
            split = ",",
            description = "Packets of queue (default: 1,2,5,10,25,50,100,200,500,1000,2000,5000).")
    private List<Integer> queueLengths = new ArrayList<>();

    @Option(
            names = "--round-trip",
            paramLabel = "MS",
            split = ",",
            description = "Milliseconds there and back (default: 0,10,20,40,80,120,160,200).")
    private List<Integer> roundTrips = new ArrayList<>();

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Setting of the bridge for every 'ours'.")
    private List<String> settings = new ArrayList<>();

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "3",
            description = "Repetitions at each place of a curve (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Length of each load (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the first repetition (default: 1).")
    private long seed = 1;

    @Option(
            names = "--limit",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "For one cell (default: its length and a minute).")
    private int limit;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (CurvesPlay play = prepare()) {
            makeFolder();
            Optional<String> missing = Lab.unavailable();
            if (missing.isPresent()) {
                spec.commandLine()
                        .getErr()
                        .println("simserver curves: " + missing.get() + "; run: sudo ./simserver curves");
                return ExitCode.NOT_PERMITTED;
            }
            Runtime.getRuntime().addShutdownHook(new Thread(play::close, "stop-curves"));
            CurvesReport report = play.run(BenchProgress.onStandardError());
            List<Path> files = report.write(folder);
            PrintWriter out = spec.commandLine().getOut();
            out.print(report.table());
            files.forEach(file -> out.println("written: " + file));
            out.flush();
            return report.isSuccess() ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private CurvesPlay prepare() {
        CurvesOptions options = new CurvesOptions(
                chosen(),
                peers.isEmpty() ? PEERS : peers,
                settings,
                queueLengths.isEmpty() ? QUEUE_LENGTHS : queueLengths,
                roundTrips.isEmpty() ? ROUND_TRIPS : roundTrips,
                checked("--runs", runs, 1, 1_000),
                seed,
                checked("--seconds", seconds, 1, 3_600),
                checked("--limit", limit, 0, 86_400));
        try {
            return CurvesPlay.prepare(options);
        } catch (LinkSettingException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Set<Curve> chosen() {
        EnumSet<Curve> chosen = EnumSet.noneOf(Curve.class);
        curves.forEach(name -> chosen.add(Curve.named(name)));
        return chosen.isEmpty() ? EnumSet.allOf(Curve.class) : chosen;
    }

    private int checked(String option, int given, int least, int most) {
        if (given < least || given > most) {
            throw new ParameterException(
                    spec.commandLine(), option + ": '" + given + "' is not valid; allowed: " + least + " to " + most);
        }
        return given;
    }

    /** Better now than after an hour. */
    private void makeFolder() {
        try {
            Files.createDirectories(folder);
            if (!Files.isWritable(folder)) {
                throw new IOException("not writable");
            }
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "--out: cannot write into " + folder, e);
        }
    }
}
