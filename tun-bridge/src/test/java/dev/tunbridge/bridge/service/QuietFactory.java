package dev.tunbridge.bridge.service;

import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.plugin.Binding;
import dev.tunbridge.protocol.plugin.SessionDriverFactory;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript;
import java.util.Set;

/** A session without a word, of those who have a token. */
public final class QuietFactory implements SessionDriverFactory {
    @Override
    public String name() {
        return "quiet";
    }

    @Override
    public Set<String> gives() {
        return Set.of("tunnel.carriage", "tunnel.device-address", "tunnel.prefix-length", "tunnel.server-address");
    }

    @Override
    public SessionDriver bind(Binding binding) {
        if (binding.configured("identity.token", Value.Text.class)
                .filter(token -> !token.text().isEmpty())
                .isEmpty()) {
            throw new IllegalArgumentException("identity.token is empty; allowed: anything else");
        }
        return Session.client(SessionScript.NONE, binding.format(), binding.configured(), binding.surroundings());
    }
}
