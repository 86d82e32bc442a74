package dev.tunbridge.sim.service;

import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.sim.link.Link;
import dev.tunbridge.sim.link.LinkEnd;
import dev.tunbridge.sim.link.LinkOption;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.link.LinkSettings;
import dev.tunbridge.sim.link.UserSpaceLink;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simserver link}: carries packets until a signal ends it, then says what became of them. */
@Command(
        name = "link",
        description = "Connects two network namespaces by an impaired link, in the foreground.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class LinkCommand implements Callable<Integer> {

    @SuppressWarnings("NullAway.Init")
    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init")
    @Option(names = "--a", required = true, paramLabel = "NS:DEV", description = "Namespace and device of end a.")
    private String a;

    @SuppressWarnings("NullAway.Init")
    @Option(names = "--b", required = true, paramLabel = "NS:DEV", description = "Namespace and device of end b.")
    private String b;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            defaultValue = "clear",
            description = "One of: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}, no impairment.",
            completionCandidates = Profiles.class)
    private String profile = "clear";

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Changes the profile, such as ab.loss=1 or rate=20mbit; without ab. or ba. both directions.")
    private List<String> settings = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of every chance. Default: 1.")
    private long seed;

    @Option(
            names = "--shaper",
            paramLabel = "tap|netem",
            defaultValue = "tap",
            description = "tap: user space, two TAP devices (default). netem: the kernel's, where it has it.")
    private String shaper = "tap";

    @Option(names = "--gro", description = "Receive offload on the TAP devices, as a real network card has.")
    private boolean receiveOffload;

    @Option(names = "--settings", help = true, description = "Lists the keys of --set and exits.")
    private boolean listSettings;

    private final AtomicBoolean ended = new AtomicBoolean();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (listSettings) {
            LinkSettings.describe().forEach(out::println);
            return 0;
        }
        Link link = open();
        Thread hook = new Thread(() -> stopBySignal(link, out), "stop-link");
        Runtime.getRuntime().addShutdownHook(hook);
        out.println("link up: " + a + " <-> " + b + " profile " + link.profile().name() + " seed " + seed
                + (settings.isEmpty() ? "" : " " + String.join(" ", settings)));
        out.flush();
        try {
            link.awaitEnd();
        } finally {
            // Whoever comes second, this or the hook, leaves the ending to the other.
            if (ended.compareAndSet(false, true)) {
                link.close();
            }
        }
        return 0;
    }

    private Link open() throws Exception {
        try {
            LinkProfile wanted = LinkProfile.named(profile).with(settings);
            return Link.open(LinkEnd.parse("--a", a), LinkEnd.parse("--b", b), wanted, seed, options());
        } catch (LinkSettingException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Set<LinkOption> options() throws LinkSettingException {
        Set<LinkOption> options = EnumSet.noneOf(LinkOption.class);
        switch (shaper.toLowerCase(Locale.ROOT)) {
            case "tap" -> {}
            case "netem" -> options.add(LinkOption.NETEM);
            default -> throw new LinkSettingException("--shaper", shaper, "tap, netem");
        }
        if (receiveOffload) {
            options.add(LinkOption.RECEIVE_OFFLOAD);
        }
        return options;
    }

    /** Being asked to stop is a success; without halt the exit code would be the signal's. */
    private void stopBySignal(Link link, PrintWriter out) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        link.close();
        if (link instanceof UserSpaceLink counted) {
            out.println("a to b: " + counted.ab());
            out.println("b to a: " + counted.ba());
        }
        out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** For completion and help. */
    static final class Profiles extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Profiles() {
            super(LinkProfile.names());
        }
    }
}
