package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript;
import dev.tunbridge.protocol.session.SessionScript.Due;
import dev.tunbridge.protocol.session.SessionScript.End;
import java.util.List;
import java.util.Set;

/** A session without a word, whose server begins with a greeting. */
public final class EagerFactory implements SessionDriverFactory {
    @Override
    public String name() {
        return "eager";
    }

    @Override
    public Set<String> gives() {
        return Set.of("tunnel.mtu");
    }

    @Override
    public List<Due> unframed(End from) {
        return from == End.SERVER ? List.of(new Due(List.of("greeting"), true)) : List.of();
    }

    @Override
    public SessionDriver bind(Binding binding) {
        return Session.client(SessionScript.NONE, binding.format(), binding.configured(), binding.surroundings());
    }
}
