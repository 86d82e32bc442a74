package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.Step;
import dev.tunbridge.protocol.session.SessionScript.Utterance;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Hears what a server says to somebody else, in a recording: which tunnel it gives, or that it gives none. One connection, one thread. */
public final class LoginListener {
    private final SessionScript script;
    private final Map<String, Value> variables;
    private boolean isRefused;

    /** @param variables of the tunnel, as far as the configuration gives them */
    public LoginListener(SessionScript script, Map<String, Value> variables) {
        this.script = script;
        this.variables = new HashMap<>(variables);
    }

    /** A message of the server; those that are none of the login are passed over. */
    public void heard(Message.Signal signal) {
        for (Step step : script.login()) {
            if (step.from() == SessionScript.End.SERVER) {
                take(signal, step.says());
                step.refusal().ifPresent(refusal -> isRefused |= take(signal, refusal));
            }
        }
    }

    private boolean take(Message.Signal signal, Utterance utterance) {
        if (!signal.name().equals(utterance.message())) {
            return false;
        }
        utterance.with().forEach((field, expression) -> {
            Value said = signal.fields().get(field);
            if (said != null && expression instanceof Expression.Variable variable) {
                variables.put(variable.name(), said);
            }
        });
        return true;
    }

    /** The tunnel, once everything is said. */
    public Optional<TunnelParameters> tunnel() {
        try {
            return Optional.of(TunnelParameters.of(variables));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // not yet
        }
    }

    /** Why the server does not want the device; nothing where it does. */
    public Optional<String> refusal() {
        return isRefused
                ? Optional.of((text(Session.REFUSAL_REASON) + " " + text(Session.REFUSAL_TEXT)).strip())
                : Optional.empty();
    }

    private String text(String variable) {
        Value value = variables.getOrDefault(variable, new Value.Text("")).as(Value.Text.class);
        return value instanceof Value.Text text ? text.text() : "";
    }
}
