package dev.tunbridge.sim.scene;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.foreign.ForeignServer;
import dev.tunbridge.sim.foreign.Vtund;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import dev.tunbridge.sim.sockets.SiteOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a scene is made of; start from {@link #over} and change what matters.
 *
 * @param profile the link between the namespaces
 * @param seed of the link's chances
 * @param outer address family of the outer connection
 * @param inner address family of the tunnel
 * @param carriage what the server picks
 * @param writeMode how the server writes
 * @param protocol what both ends speak
 * @param foreign a server that nobody here wrote, in place of the simulated one; it says and writes as it does
 * @param settings bridge settings over the defaults
 * @param site how the simulated server keeps clients of virtual sockets
 */
public record ScenePlan(
        LinkProfile profile,
        long seed,
        Family outer,
        Family inner,
        Carriage carriage,
        WriteMode writeMode,
        Protocol protocol,
        int mtu,
        Optional<ForeignServer> foreign,
        Map<String, String> settings,
        SiteOptions site) {

    /** The token that server and bridge share. */
    static final String TOKEN = "scene";

    /** IPv4 in all places, segment carriage, a send for each frame. */
    public static ScenePlan over(LinkProfile profile) {
        return new ScenePlan(
                profile,
                1,
                Family.IPV4,
                Family.IPV4,
                Carriage.SEGMENT,
                WriteMode.FRAME,
                Protocol.builtin("reference"),
                ServerOptions.DEFAULT_MTU,
                Optional.empty(),
                Map.of(),
                SiteOptions.HONEST);
    }

    public ScenePlan seed(long seed) {
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, settings, site);
    }

    public ScenePlan families(Family outer, Family inner) {
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, settings, site);
    }

    public ScenePlan carriage(Carriage carriage) {
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, settings, site);
    }

    public ScenePlan writeMode(WriteMode writeMode) {
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, settings, site);
    }

    public ScenePlan protocol(Protocol protocol) {
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, settings, site);
    }

    public ScenePlan site(SiteOptions site) {
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, settings, site);
    }

    /** With an unmodified vtund for a server. */
    public ScenePlan atVtund() {
        return at(new Vtund(inner.server(), inner.device(), mtu, OptionalInt.empty()));
    }

    /** With this one for a server; the tunnel's addresses are as it has them. */
    public ScenePlan at(ForeignServer server) {
        return at(server, Protocol.builtin(server.format()));
    }

    /** The same in the words of another description. */
    public ScenePlan at(ForeignServer server, Protocol protocol) {
        ScenePlan plan = new ScenePlan(
                profile,
                seed,
                outer,
                inner,
                Carriage.PACKET,
                writeMode,
                protocol,
                mtu,
                Optional.of(server),
                settings,
                site);
        for (Map.Entry<String, String> setting : server.clientSettings().entrySet()) {
            plan = plan.set(setting.getKey(), setting.getValue());
        }
        return plan;
    }

    /** One more bridge setting. */
    public ScenePlan set(String key, String value) {
        Map<String, String> more = new LinkedHashMap<>(settings);
        more.put(key, value);
        return new ScenePlan(profile, seed, outer, inner, carriage, writeMode, protocol, mtu, foreign, more, site);
    }
}
