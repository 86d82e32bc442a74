package dev.tunbridge.sim.bench;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.peer.Program;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.plan.TimeLeft;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.bench.report.BenchTable;
import dev.tunbridge.sim.bench.report.EarlierRun;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plays all cells of a plan one after the other. Closing it, from any thread, ends the cell that is being played. */
public final class Bench implements BenchRun {
    private static final Logger LOG = LoggerFactory.getLogger(Bench.class);

    /** What ending a cell that is over its limit may take. */
    private static final long END_SECONDS = 15;

    private final BenchPlan plan;
    private final Optional<EarlierRun> earlier;
    private @Nullable CellPlay playing;
    private boolean closed;

    private Bench(BenchPlan plan, Optional<EarlierRun> earlier) {
        this.plan = plan;
        this.earlier = earlier;
    }

    /**
     * Checks the options; nothing is started.
     *
     * @throws ConfigException for a peer, workload or setting that cannot be
     * @throws LinkSettingException for a profile or link setting that cannot be
     */
    public static Bench prepare(BenchOptions options) throws LinkSettingException {
        return new Bench(BenchPlan.of(options), Optional.empty());
    }

    /**
     * The same bench, whose report will tell what is worse and what better than in an earlier run.
     *
     * @throws ConfigException for a run that has nothing in common with this one
     */
    public Bench against(EarlierRun run) {
        run.requireInCommonWith(plan);
        return new Bench(plan, Optional.of(run));
    }

    @Override
    public BenchReport run(BenchProgress progress) throws IOException, InterruptedException {
        Map<String, String> missing = new LinkedHashMap<>();
        List<Peer> present = new ArrayList<>();
        for (Peer peer : plan.peers()) {
            String lacking = lacking(peer, progress);
            if (lacking.isEmpty()) {
                present.add(peer);
            } else {
                missing.put(peer.name(), lacking);
                progress.note(peer.name() + " is left out: " + lacking);
            }
        }
        List<Cell> cells = plan.cells(present);
        List<Cell.Outcome> outcomes = new ArrayList<>();
        Attempts attempts = new Attempts(plan.retries());
        progress.start(plan.timeLeft(present));
        for (Cell cell : cells) {
            progress.begin(cell.title(), outcomes.size(), cells.size());
            Cell.Outcome outcome = attempts.play(cell, this::play, progress::note);
            outcomes.add(outcome);
            progress.end(cell.workload(), plan.length(cell), summary(outcome));
        }
        progress.finish();
        BenchReport report = new BenchReport(plan, outcomes, missing);
        return earlier.map(report::against).orElse(report);
    }

    /** What is ahead if all peers of the plan can play; those that cannot be installed here are not known yet. */
    public TimeLeft timeLeft() {
        return plan.timeLeft(plan.peers());
    }

    /** How many cells there are, and how long they will take, about: for a plan that takes hours. */
    public String estimate() {
        return plan.cells(plan.peers()).size() + " cells, about "
                + TimeLeft.words(timeLeft().estimate());
    }

    /** Why a peer cannot play; empty where everything is there by now. */
    private String lacking(Peer peer, BenchProgress progress) throws IOException {
        Optional<String> unavailable = peer.unavailable();
        if (unavailable.isPresent()) {
            return unavailable.get();
        }
        List<String> lacking = new ArrayList<>();
        for (Program program : peer.programs()) {
            if (program.isInstalled()) {
                continue;
            }
            if (plan.lacking() == BenchOptions.Lacking.LEAVE_OUT) {
                lacking.add(program.debianPackage());
            } else {
                progress.note("installing " + program.debianPackage() + " for " + peer.name());
                if (!program.install()) {
                    lacking.add(program.debianPackage());
                }
            }
        }
        return lacking.isEmpty() ? "" : "missing here: " + String.join(", ", lacking);
    }

    private Cell.Outcome play(Cell cell) throws IOException, InterruptedException {
        Optional<String> cannot = cell.workload().cannotThrough(cell.peer());
        if (cannot.isPresent()) {
            return new Cell.Impossible(cell, cannot.get());
        }
        Duration limit = plan.limit(cell);
        CellPlay play = begin(cell);
        FutureTask<Measures> work = new FutureTask<>(play::play);
        Thread thread = new Thread(work, "bench-cell");
        thread.setDaemon(true);
        thread.start();
        try {
            return new Cell.Measured(cell, work.get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            LOG.debug("{}", cell.title(), e);
            return new Cell.Failed(cell, List.of(reason(e)));
        } catch (TimeoutException e) {
            return new Cell.Failed(cell, List.of("not finished within " + limit.toSeconds() + " s"));
        } finally {
            thread.interrupt();
            play.close();
            thread.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
        }
    }

    private synchronized CellPlay begin(Cell cell) throws IOException {
        if (closed) {
            throw new IOException("the benchmark was ended");
        }
        CellPlay play = new CellPlay(cell, plan.warmUp(cell.profile()));
        playing = play;
        return play;
    }

    private static String reason(ExecutionException fault) {
        Throwable cause = fault.getCause();
        if (cause == null) {
            return String.valueOf(fault.getMessage());
        }
        String message = cause.getMessage();
        return message == null ? cause.toString() : message.strip().replaceAll("\\s*\\n\\s*", " ");
    }

    private static String summary(Cell.Outcome outcome) {
        if (outcome instanceof Cell.Measured measured) {
            return measured.cell().workload().metrics().stream()
                    .filter(metric -> measured.measures().value(metric).isPresent())
                    .limit(3)
                    .map(metric -> metric.label() + " "
                            + BenchTable.number(
                                    metric, measured.measures().value(metric).orElse(0)) + " "
                            + metric.unit())
                    .collect(Collectors.joining(", "));
        }
        if (outcome instanceof Cell.Impossible impossible) {
            return "cannot: " + impossible.reason();
        }
        return outcome instanceof Cell.Failed failed ? "FAILED: " + failed.reason() : "";
    }

    @Override
    public void close() {
        CellPlay current;
        synchronized (this) {
            closed = true;
            current = playing;
        }
        if (current != null) {
            current.close();
        }
    }
}
