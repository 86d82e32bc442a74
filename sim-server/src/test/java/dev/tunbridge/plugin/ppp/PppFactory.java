package dev.tunbridge.plugin.ppp;

import dev.tunbridge.protocol.plugin.Binding;
import dev.tunbridge.protocol.plugin.SessionDriverFactory;
import dev.tunbridge.protocol.session.SessionDriver;
import java.util.Set;

/** {@code session: {driver: ppp}}, over the frames of the shipped {@code ppp}. */
public final class PppFactory implements SessionDriverFactory {
    @Override
    public String name() {
        return "ppp";
    }

    @Override
    public Set<String> gives() {
        return Set.of(
                "tunnel.carriage",
                "tunnel.mtu",
                "tunnel.prefix-length",
                "tunnel.device-address",
                "tunnel.server-address");
    }

    @Override
    public SessionDriver bind(Binding binding) {
        return new PppSession(binding);
    }
}
