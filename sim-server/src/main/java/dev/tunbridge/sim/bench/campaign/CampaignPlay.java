package dev.tunbridge.sim.bench.campaign;

import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.BenchRun;
import dev.tunbridge.sim.bench.BenchTurns;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.TimeLeft;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Plays the parts of a campaign one after the other. Closing it, from any thread, ends the one that is being played. */
public final class CampaignPlay implements BenchRun {
    private final Campaign campaign;
    private final List<Bench> benches;
    private final BenchTurns turns = new BenchTurns();

    private CampaignPlay(Campaign campaign, List<Bench> benches) {
        this.campaign = campaign;
        this.benches = benches;
    }

    /** What there is to play. */
    public static List<String> names() {
        return Campaign.names();
    }

    /**
     * Checks everything; nothing is started.
     *
     * @param profiles only the parts on these; all without any
     * @param repetition how often, from which seed, how long, with which limits and settings of ours; peers, profiles and
     *     workloads are the campaign's
     * @throws dev.tunbridge.bridge.config.ConfigException for a campaign or profile that there is not
     * @throws LinkSettingException never for a campaign whose settings are right
     */
    public static CampaignPlay prepare(String name, List<String> profiles, BenchOptions repetition)
            throws LinkSettingException {
        Campaign campaign = Campaign.named(name).on(profiles);
        List<Bench> benches = new ArrayList<>();
        for (Campaign.Part part : campaign.parts()) {
            benches.add(Bench.prepare(new BenchOptions(
                    part.peers(),
                    List.of(part.profile()),
                    List.of(part.workload()),
                    repetition.ownSettings(),
                    part.link(),
                    repetition.runs(),
                    repetition.seed(),
                    repetition.seconds(),
                    repetition.warmUpSeconds().isPresent() ? repetition.warmUpSeconds() : part.warmUpSeconds(),
                    repetition.limitSeconds(),
                    "",
                    repetition.retries(),
                    repetition.lacking())));
        }
        return new CampaignPlay(campaign, benches);
    }

    @Override
    public CampaignReport run(BenchProgress progress) throws IOException, InterruptedException {
        List<BenchReport> reports = new ArrayList<>();
        for (int part = 0; part < benches.size(); part++) {
            progress.note("part " + (part + 1) + " of " + benches.size() + ": "
                    + campaign.parts().get(part).title());
            progress.expectAfterwards(benches.subList(part + 1, benches.size()).stream()
                    .map(Bench::timeLeft)
                    .reduce(new TimeLeft(), TimeLeft::and));
            reports.add(turns.begin(benches.get(part)).run(progress));
        }
        return new CampaignReport(campaign, reports);
    }

    @Override
    public void close() {
        turns.close();
    }
}
