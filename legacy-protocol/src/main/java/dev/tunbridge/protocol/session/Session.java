package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.SessionScript.KeepAlive;
import dev.tunbridge.protocol.session.SessionScript.Step;
import dev.tunbridge.protocol.session.SessionScript.Utterance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection that plays a {@link SessionScript}. For one thread. Times are {@code System.nanoTime()} of the
 * caller, compared by difference as that may wrap.
 *
 * <pre>
 *   NEW --connected--> LOGIN --last step--> ESTABLISHED --farewell, silence, violation--> CLOSED
 *                        |--refusal, timeout, violation--------------------------------------^
 * </pre>
 */
public final class Session implements SessionDriver {
    static final String REFUSAL_REASON = "refusal.reason";
    static final String REFUSAL_TEXT = "refusal.text";
    static final String COUNTER = "counter";
    static final String OFFER = "offer.carriages";

    private static final long COUNTER_MASK = 0xFFFF_FFFFL;
    private static final long LEAST_KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private enum State {
        NEW,
        LOGIN,
        ESTABLISHED,
        CLOSED
    }

    private final SessionScript script;
    private final End end;
    private final @Nullable Admission admission;
    private final Surroundings surroundings;
    private final long keepAliveEveryNanos;
    private final long deadAfterNanos;

    /** What the configuration gives, what was said, and what the tunnel is. */
    private final Map<String, Value> variables;

    private State state = State.NEW;
    private int step;
    private long loginDeadlineNanos;
    private long lastHeardNanos;
    private long nextKeepAliveNanos;
    private long counter;
    private @Nullable TunnelParameters tunnel;

    private Session(
            SessionScript script,
            FrameFormat format,
            End end,
            Map<String, Value> variables,
            @Nullable Admission admission,
            Surroundings surroundings) {
        this.script = script;
        this.end = end;
        this.admission = admission;
        this.surroundings = surroundings;
        this.variables = new HashMap<>(variables);
        this.keepAliveEveryNanos = format.keepAliveEveryNanos();
        this.deadAfterNanos = format.deadAfterNanos();
    }

    /**
     * The device's end.
     *
     * @param variables what the configuration gives, by the names in {@link SessionScript#parse}; what the login says of the tunnel
     *     comes before it
     */
    public static Session client(
            SessionScript script, FrameFormat format, Map<String, Value> variables, Surroundings surroundings) {
        return new Session(script, format, End.CLIENT, variables, null, surroundings);
    }

    /** The server's end: the admission is asked before the server says what the login ends with, or what may be a refusal. */
    public static Session server(
            SessionScript script,
            FrameFormat format,
            Map<String, Value> variables,
            Admission admission,
            Surroundings surroundings) {
        return new Session(script, format, End.SERVER, variables, admission, surroundings);
    }

    @Override
    public List<SessionAction> connected(long nowNanos) {
        if (state != State.NEW) {
            throw new IllegalStateException("a session serves one connection");
        }
        state = State.LOGIN;
        lastHeardNanos = nowNanos;
        List<SessionAction> actions = new ArrayList<>();
        proceed(actions, nowNanos);
        return actions;
    }

    @Override
    public void heard(long nowNanos) {
        lastHeardNanos = nowNanos;
    }

    @Override
    public List<SessionAction> received(Message message, long nowNanos) {
        heard(nowNanos);
        return switch (state) {
            case LOGIN -> receivedInLogin(message, nowNanos);
            case ESTABLISHED -> receivedEstablished(message);
            case NEW, CLOSED -> List.of();
        };
    }

    @Override
    public List<SessionAction> tick(long nowNanos) {
        if (state == State.LOGIN && nowNanos - loginDeadlineNanos >= 0) {
            Step due = script.login().get(step);
            return closed(
                    CloseReason.LOGIN_TIMEOUT,
                    "no " + due.says().message() + " within " + TimeUnit.NANOSECONDS.toMillis(due.withinNanos())
                            + " ms");
        }
        if (state != State.ESTABLISHED) {
            return List.of();
        }
        long silentNanos = nowNanos - lastHeardNanos;
        if (hears() && silentNanos >= deadAfterNanos) {
            return closed(
                    CloseReason.PEER_DEAD,
                    "nothing was heard for " + TimeUnit.NANOSECONDS.toMillis(silentNanos) + " ms");
        }
        return asks() && nowNanos - nextKeepAliveNanos >= 0 ? ask(nowNanos) : List.of();
    }

    /** Whether it is this end that asks for signs of life. */
    private boolean asks() {
        return script.keepAlive().isPresent() && script.keepAlive().get().isAskedBy(end);
    }

    /** Whether silence is death. */
    private boolean hears() {
        return script.keepAlive().isPresent() && script.keepAlive().get().isHeardBy(end);
    }

    /** Not within a second after it was last asked for; the next is due as long after it as after any. */
    @Override
    public List<SessionAction> keepAlive(long nowNanos) {
        long sentNanos = nextKeepAliveNanos - keepAliveEveryNanos;
        boolean isTooSoon = nowNanos - sentNanos < LEAST_KEEP_ALIVE_NANOS;
        return state != State.ESTABLISHED || isTooSoon || !asks() ? List.of() : ask(nowNanos);
    }

    private List<SessionAction> ask(long nowNanos) {
        Optional<KeepAlive> keepAlive = script.keepAlive();
        if (keepAlive.isEmpty()) {
            return List.of();
        }
        // From now, not from the last one: after a pause one is enough.
        nextKeepAliveNanos = nowNanos + keepAliveEveryNanos;
        counter = (counter + 1) & COUNTER_MASK;
        variables.put(COUNTER, new Value.Whole(counter));
        return List.of(say(keepAlive.get().question()));
    }

    @Override
    public List<SessionAction> close(long nowNanos) {
        if (state == State.CLOSED) {
            return List.of();
        }
        List<SessionAction> actions = new ArrayList<>();
        if (state == State.ESTABLISHED) {
            script.farewell().ifPresent(farewell -> actions.add(say(farewell)));
        }
        if (state == State.CLOSED) {
            return actions; // without words
        }
        actions.add(finish(CloseReason.LOCAL, "closed by this end"));
        return actions;
    }

    @Override
    public List<SessionAction> violated(String detail, long nowNanos) {
        return state == State.CLOSED ? List.of() : violation(detail);
    }

    @Override
    public long nextDeadlineNanos() {
        return switch (state) {
            case NEW, CLOSED -> NO_DEADLINE;
            case LOGIN -> loginDeadlineNanos;
            case ESTABLISHED -> {
                long deadNanos = lastHeardNanos + deadAfterNanos;
                if (asks() && hears()) {
                    yield nextKeepAliveNanos - deadNanos < 0 ? nextKeepAliveNanos : deadNanos;
                }
                if (asks()) {
                    yield nextKeepAliveNanos;
                }
                yield hears() ? deadNanos : NO_DEADLINE;
            }
        };
    }

    @Override
    public boolean isEstablished() {
        return state == State.ESTABLISHED;
    }

    @Override
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    @Override
    public String awaited() {
        return state == State.LOGIN ? script.login().get(step).says().message() : "";
    }

    @Override
    public boolean isQuestion(Message message) {
        return isOf(message, script.keepAlive().map(KeepAlive::question));
    }

    /**
     * Whether traffic of this carriage may pass. Where it may not, a frame of it that came is a violation before the end of
     * the login, and to be dropped and counted after it.
     */
    public boolean admits(Carriage carriage) {
        TunnelParameters agreed = tunnel;
        return state == State.ESTABLISHED && agreed != null && agreed.carriage() == carriage;
    }

    // Login

    /** Says what is this end's to say, up to what the other has to, or to the end. */
    private void proceed(List<SessionAction> actions, long nowNanos) {
        while (state == State.LOGIN && step < script.login().size()) {
            Step next = script.login().get(step);
            if (next.from() != end) {
                loginDeadlineNanos = nowNanos + next.withinNanos();
                return;
            }
            if (!isRefused(next, actions)) {
                actions.add(say(next.says()));
                step++;
            }
        }
        if (state == State.LOGIN) {
            establish(actions, nowNanos);
        }
    }

    /** Asks the admission where it is time to, once. */
    private boolean isRefused(Step next, List<SessionAction> actions) {
        boolean isLast = step == script.login().size() - 1;
        if (admission == null || tunnel != null || (next.refusal().isEmpty() && !isLast)) {
            return false;
        }
        return isRefused(admission.admit(Map.copyOf(variables)), next.refusal(), actions);
    }

    private boolean isRefused(Admission.Decision decision, Optional<Utterance> refusal, List<SessionAction> actions) {
        if (decision instanceof Admission.Decision.Admitted admitted) {
            tunnel = admitted.tunnel();
            variables.putAll(admitted.tunnel().toVariables());
            return false;
        }
        Admission.Decision.Refused refused = (Admission.Decision.Refused) decision;
        variables.put(REFUSAL_REASON, new Value.Text(refused.reason()));
        variables.put(REFUSAL_TEXT, new Value.Text(refused.text()));
        refusal.ifPresent(utterance -> actions.add(say(utterance)));
        if (state == State.CLOSED) {
            return true;
        }
        actions.add(finish(CloseReason.REFUSED, refused.reason() + ": " + refused.text()));
        return true;
    }

    private void establish(List<SessionAction> actions, long nowNanos) {
        TunnelParameters agreed = tunnel;
        if (agreed == null && admission != null) {
            if (isRefused(admission.admit(Map.copyOf(variables)), Optional.empty(), actions)) {
                return;
            }
            agreed = tunnel;
        }
        try {
            agreed = agreed == null ? TunnelParameters.of(variables) : agreed;
        } catch (IllegalArgumentException e) {
            actions.addAll(violation("no tunnel can be made of what the login said: " + e.getMessage()));
            return;
        }
        if (variables.get(OFFER) instanceof Value.Names offered
                && !offered.names().contains(agreed.carriage().key())) {
            actions.addAll(violation(
                    "the login ends with carriage " + agreed.carriage().key() + "; offered "
                            + offered.names().stream().sorted().toList()));
            return;
        }
        tunnel = agreed;
        state = State.ESTABLISHED;
        nextKeepAliveNanos = nowNanos + keepAliveEveryNanos;
        actions.add(new SessionAction.Established(agreed));
    }

    private List<SessionAction> receivedInLogin(Message message, long nowNanos) {
        Step due = script.login().get(step);
        if (message instanceof Message.Signal signal) {
            if (signal.name().equals(due.says().message())) {
                return heard(signal, due, nowNanos);
            }
            Optional<Utterance> refusal = due.refusal();
            if (isOf(message, refusal)) {
                capture(signal, refusal.get());
                return refused(signal.name());
            }
        }
        return violation(nameOf(message) + " before the " + due.says().message());
    }

    private List<SessionAction> heard(Message.Signal signal, Step due, long nowNanos) {
        String wrong = capture(signal, due.says());
        if (!wrong.isEmpty()) {
            return violation(wrong);
        }
        step++;
        List<SessionAction> actions = new ArrayList<>();
        proceed(actions, nowNanos);
        return actions;
    }

    /** A message that gives no reason is one by its name. */
    private List<SessionAction> refused(String message) {
        String given = text(REFUSAL_REASON);
        String reason = given.isEmpty() ? message : given;
        String text = text(REFUSAL_TEXT);
        return List.of(
                new SessionAction.Refused(reason, text, script.passing().contains(reason)),
                finish(CloseReason.REFUSED, text.isEmpty() ? reason : reason + ": " + text));
    }

    private String text(String variable) {
        Value value = variables.getOrDefault(variable, new Value.Text("")).as(Value.Text.class);
        return value instanceof Value.Text text ? text.text() : "";
    }

    /** Remembers what was said, under the name of the field and under that of the variable it stands for; says what is wrong, or nothing. */
    private String capture(Message.Signal signal, Utterance expected) {
        for (Map.Entry<String, Expression> entry : expected.with().entrySet()) {
            String field = signal.name() + "." + entry.getKey();
            Value said = signal.fields().get(entry.getKey());
            if (said == null) {
                return field + " is missing";
            }
            if (entry.getValue() instanceof Expression.Variable variable) {
                variables.put(variable.name(), said);
            }
            variables.put(field, said);
        }
        // Afterwards: a digest may cover fields that lie behind it.
        for (Map.Entry<String, Expression> entry : expected.with().entrySet()) {
            Value said = signal.fields().get(entry.getKey());
            if (said != null && entry.getValue().isKnownToBoth()) {
                String wrong = compare(signal.name() + "." + entry.getKey(), said, entry.getValue());
                if (!wrong.isEmpty()) {
                    return wrong;
                }
            }
        }
        return "";
    }

    private String compare(String field, Value said, Expression expression) {
        try {
            Value wanted = expression.evaluate(variables, surroundings).as(said.getClass());
            // What may be secret is not told.
            return wanted.equals(said) ? "" : field + " is not what the description says";
        } catch (IllegalArgumentException e) {
            return field + " cannot be checked: " + e.getMessage();
        }
    }

    // After it

    private List<SessionAction> receivedEstablished(Message message) {
        if (message instanceof Message.App app) {
            return List.of(new SessionAction.Deliver(app));
        }
        if (!(message instanceof Message.Signal signal)) {
            return List.of();
        }
        Optional<KeepAlive> keepAlive = script.keepAlive();
        if (isQuestion(signal)) {
            Optional<Utterance> answer = keepAlive.flatMap(KeepAlive::answer);
            capture(signal, keepAlive.get().question());
            return answer.map(utterance -> List.<SessionAction>of(say(utterance)))
                    .orElse(List.of());
        }
        if (isOf(signal, keepAlive.flatMap(KeepAlive::answer))) {
            return List.of();
        }
        if (isOf(signal, script.farewell())) {
            return closed(CloseReason.BYE, "the peer ended the session: " + describe(signal));
        }
        return violation(signal.name() + " after the login");
    }

    private static String describe(Message.Signal signal) {
        StringBuilder text = new StringBuilder(signal.name());
        signal.fields().forEach((field, value) -> {
            if (value instanceof Value.Whole number) {
                text.append(' ').append(field).append(' ').append(number.number());
            } else if (value instanceof Value.Text words) {
                text.append(' ').append(field).append(' ').append(words.text());
            }
        });
        return text.toString();
    }

    /** What is not known, or cannot be worked out, ends the session: to say something else would be worse. */
    private SessionAction say(Utterance utterance) {
        Map<String, Value> fields = new HashMap<>();
        for (Map.Entry<String, Expression> entry : utterance.with().entrySet()) {
            String field = utterance.message() + "." + entry.getKey();
            try {
                Value value = entry.getValue().evaluate(variables, surroundings);
                fields.put(entry.getKey(), value);
                variables.put(field, value);
            } catch (IllegalArgumentException e) {
                return finish(CloseReason.PROTOCOL_VIOLATION, field + " cannot be said: " + e.getMessage());
            }
        }
        return new SessionAction.Send(new Message.Signal(utterance.message(), fields));
    }

    private static boolean isOf(Message message, Optional<Utterance> utterance) {
        return message instanceof Message.Signal signal
                && utterance.isPresent()
                && signal.name().equals(utterance.get().message());
    }

    private List<SessionAction> violation(String detail) {
        return closed(CloseReason.PROTOCOL_VIOLATION, detail);
    }

    private List<SessionAction> closed(CloseReason reason, String detail) {
        return List.of(finish(reason, detail));
    }

    private SessionAction finish(CloseReason reason, String detail) {
        state = State.CLOSED;
        return new SessionAction.Closed(reason, detail);
    }

    private static String nameOf(Message message) {
        return message instanceof Message.Signal signal
                ? signal.name()
                : message.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }
}
