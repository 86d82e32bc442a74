package dev.tunbridge.sim.demo;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.bridge.service.Foreground;
import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code tunbridge demo} command. */
@Command(
        name = "tunbridge demo",
        description = "Shows the bridge at work: two network namespaces, an impaired link, the simulated server, real "
                + "HTTP and UDP through the tunnel, checksummed end to end; first as plain TCP over TCP, then with all "
                + "that the bridge does, then by virtual sockets, side by side. Takes two minutes on the default link; on a link that "
                + "loses most of its packets the streams may not arrive whole.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class DemoMain implements Callable<Integer> {
    @Option(names = "--json", description = "Prints the outcome as one JSON object on stdout.")
    private boolean json;

    @Option(names = "--profile", paramLabel = "NAME", description = "Link profile (default: ${DEFAULT-VALUE}).")
    private String profile = "wan1";

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the link's chances (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(
            names = "--server",
            paramLabel = "NAME",
            description =
                    "simserver, or vtund: an unmodified vtun 3 (Debian's package vtun), spoken to by the description"
                            + " that ships (default: ${DEFAULT-VALUE}).")
    private String server = "simserver";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    private DemoMain() {}

    public static void main(String[] arguments) {
        int code = dev.tunbridge.bridge.service.Main.execute(new DemoMain(), arguments);
        Foreground.endedByItself();
        System.exit(code);
    }

    @Override
    public Integer call() throws Exception {
        LinkProfile link;
        try {
            link = LinkProfile.named(profile);
        } catch (LinkSettingException e) {
            throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
        }
        Counterpart counterpart = Counterpart.of(server)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--server: '" + server + "' is not valid; allowed: " + Counterpart.allowed()));
        PrintWriter out = spec.commandLine().getOut();
        Optional<String> missing = Lab.unavailable();
        if (missing.isPresent()) {
            spec.commandLine().getErr().println("tunbridge demo: " + missing.get() + "; run: sudo ./tunbridge demo");
            return ExitCode.NOT_PERMITTED;
        }
        Progress progress = Progress.onStandardError();
        SideBySide played = new Demo(link, seed, counterpart, progress).play();
        if (json) {
            out.println(played.json());
        } else {
            out.println();
            out.print(played.table());
        }
        out.flush();
        return played.isIntact() ? ExitCode.OK : ExitCode.FAILED;
    }
}
