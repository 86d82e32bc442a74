package dev.tunbridge.sim.link;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A veth pair, bare or with netem at both ends: the kernel carries the packets, and nothing here sees them. */
public final class KernelLink implements Link {
    private static final Logger LOG = LoggerFactory.getLogger(KernelLink.class);

    /** A pair outlives a killed process, so its devices say whose they are. */
    private static final String ALIAS = "tunbridge-link ";

    private final LinkEnd a;
    private final LinkProfile profile;
    private final CountDownLatch end = new CountDownLatch(1);
    private boolean closed;

    private KernelLink(LinkEnd a, LinkProfile profile) {
        this.a = a;
        this.profile = profile;
    }

    static KernelLink open(LinkEnd a, LinkEnd b, LinkProfile profile) throws IOException, LinkSettingException {
        String netemAb = profile.ab().equals(Impairment.NONE) ? "" : Netem.arguments("ab", profile.ab());
        String netemBa = profile.ba().equals(Impairment.NONE) ? "" : Netem.arguments("ba", profile.ba());
        removeStale(a);
        removeStale(b);
        String alias = ALIAS + ProcessIdentity.current();
        Namespaces.in(
                a.namespace(),
                () -> Command.run(
                        "ip",
                        "link",
                        "add",
                        a.device(),
                        "type",
                        "veth",
                        "peer",
                        "name",
                        b.device(),
                        "netns",
                        b.namespace()));
        KernelLink link = new KernelLink(a, profile);
        try {
            link.setUp(a, alias, netemAb);
            link.setUp(b, alias, netemBa);
            return link;
        } catch (IOException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    private void setUp(LinkEnd end, String alias, String netem) throws IOException {
        Namespaces.in(end.namespace(), () -> {
            Command.run("ip", "link", "set", "dev", end.device(), "alias", alias);
            Command.run("ip", "link", "set", "dev", end.device(), "addrgenmode", "none");
            if (!netem.isEmpty()) {
                // netem delays and loses what it is given; a super-packet would be one.
                Command.run("ip", "link", "set", "dev", end.device(), "gso_max_segs", "1");
                Netem.install(end.device(), netem);
            }
            return Command.run("ip", "link", "set", "dev", end.device(), "up");
        });
    }

    /** A device of this name that a dead process has left is replaced; any other one is somebody's, and stays. */
    private static void removeStale(LinkEnd end) throws IOException {
        Namespaces.in(end.namespace(), () -> {
            Command.Result shown =
                    Command.run(Duration.ofSeconds(5), "", List.of("ip", "link", "show", "dev", end.device()));
            if (!shown.isSuccess()) {
                return false;
            }
            Optional<String> owner = shown.output()
                    .lines()
                    .map(String::strip)
                    .filter(line -> line.startsWith("alias " + ALIAS))
                    .map(line -> line.substring(("alias " + ALIAS).length()))
                    .findFirst();
            if (owner.isEmpty() || ProcessIdentity.isAlive(owner.get())) {
                throw new IOException("device " + end + " exists already");
            }
            Command.run("ip", "link", "del", "dev", end.device());
            return true;
        });
    }

    @Override
    public LinkProfile profile() {
        return profile;
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        end.await();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            // The other end goes with it; both are gone already where a namespace is.
            Namespaces.in(a.namespace(), () -> Command.run("ip", "link", "del", "dev", a.device()));
        } catch (IOException e) {
            LOG.debug("Removing {}: {}", a, e.getMessage());
        } finally {
            end.countDown();
        }
    }
}
