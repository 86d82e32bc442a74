package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Looks at a host for what stands in the way of tunnels. It changes nothing, and ends within seconds. */
public final class Doctor {
    private static final List<Check> CHECKS = Stream.of(
                    RightsChecks.ALL,
                    SandboxChecks.ALL,
                    KernelChecks.ALL,
                    TcpChecks.ALL,
                    DeviceChecks.ALL,
                    NameChecks.ALL,
                    RouteChecks.ALL,
                    ServiceChecks.ALL,
                    PathChecks.ALL,
                    InterfaceChecks.ALL,
                    ReceiveChecks.ALL,
                    ProcessorChecks.ALL,
                    LimitChecks.ALL)
            .flatMap(List::stream)
            .toList();

    private Doctor() {}

    /**
     * Looks at all there is to look at, for the calling thread's network namespace.
     *
     * @param tunnels their configurations; none: only what is the host's own
     * @return the worst first; empty where nothing is worth a word
     */
    public static List<Finding> examine(Host host, List<TunnelFacts> tunnels) {
        return examine(CHECKS, host, tunnels);
    }

    static List<Finding> examine(List<Check> checks, Host host, List<TunnelFacts> tunnels) {
        Survey survey = new Survey(host, tunnels);
        Findings findings = new Findings();
        for (Check check : checks) {
            try {
                check.examine(survey, findings);
            } catch (IOException e) {
                findings.unknown(e);
            } catch (RuntimeException e) { // of a form that no kernel has shown yet
                findings.unknown("a reading of a form that is not known: " + e);
            }
        }
        return findings.all();
    }
}
