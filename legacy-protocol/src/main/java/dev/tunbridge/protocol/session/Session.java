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
        return state == State.ESTABLISHED && agreed != null && agreed.carriage().includes(carriage);
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
                && !agreed.carriage().parts().stream()
                        .allMatch(way -> offered.names().contains(way.key()))) {
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
        if (!(message instanceof Message.Signal signal)) {
            return violation(nameOf(message) + " before the " + due.says().message() + place());
        }
        boolean isDue = signal.name().equals(due.says().message());
        String wrong = isDue ? misfit(signal, due.says()) : "";
        if (isDue && wrong.isEmpty()) {
            return heard(signal, due, nowNanos);
        }
        Optional<Utterance> refusal = end == End.CLIENT ? script.refusal(signal.name(), due) : Optional.empty();
        if (refusal.isPresent() && !(isDue && isOther(signal, refusal.get()))) {
            capture(signal, refusal.get());
            return refused(signal.name());
        }
        return isDue ? notAsDue(signal, due, wrong) : notDue(signal, due);
    }

    private List<SessionAction> heard(Message.Signal signal, Step due, long nowNanos) {
        capture(signal, due.says());
        step++;
        List<SessionAction> actions = new ArrayList<>();
        proceed(actions, nowNanos);
        return actions;
    }

    /** What is due says something else than the description has it say: where that is a constant, the server has told its answer. */
    private List<SessionAction> notAsDue(Message.Signal signal, Step due, String wrong) {
        String words = Words.texts(signal.fields(), secret());
        return end == End.CLIENT && isOther(signal, due.says())
                ? refusedUnasked(wrong + place(), words)
                : violation(wrong + place());
    }

    /** A word of the server that the login has no room for is its answer too, unless it is one that has its place elsewhere. */
    private List<SessionAction> notDue(Message.Signal signal, Step due) {
        String instead =
                Words.of(signal, secret()) + " in place of the " + due.says().message() + place();
        boolean isFarewell = isOf(signal, script.farewell());
        return end == End.CLIENT && (isFarewell || !script.messages().contains(signal.name()))
                ? refusedUnasked(instead, "")
                : violation(instead);
    }

    /** The description does not say whether such an answer may pass, so it is asked for again. */
    private List<SessionAction> refusedUnasked(String reason, String text) {
        return List.of(
                new SessionAction.Refused(reason, text, true),
                finish(CloseReason.REFUSED, text.isEmpty() ? reason : reason + ": " + text));
    }

    private String place() {
        return ", step " + (step + 1) + " of " + script.login().size() + " of the login";
    }

    /** What a peer that was told it may repeat. */
    private String secret() {
        return text(SessionScript.TOKEN);
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

    /** Remembers what was said, under the name of the field and under that of the variable it stands for. */
    private void capture(Message.Signal signal, Utterance expected) {
        expected.with().forEach((field, expression) -> {
            Value said = signal.fields().get(field);
            if (said != null) {
                if (expression instanceof Expression.Variable variable) {
                    variables.put(variable.name(), said);
                }
                variables.put(signal.name() + "." + field, said);
            }
        });
    }

    /** Whether a constant of it is another. */
    private boolean isOther(Message.Signal signal, Utterance expected) {
        return expected.with().entrySet().stream().anyMatch(entry -> {
            Value said = signal.fields().get(entry.getKey());
            return said != null
                    && entry.getValue() instanceof Expression.Constant constant
                    && !constant.value().as(said.getClass()).equals(said);
        });
    }

    /** What of the message is not as it has to be, or nothing. */
    private String misfit(Message.Signal signal, Utterance expected) {
        Map<String, Value> known = new HashMap<>(variables);
        // All first: a digest may cover fields that lie behind it.
        signal.fields().forEach((field, said) -> known.put(signal.name() + "." + field, said));
        for (Map.Entry<String, Expression> entry : expected.with().entrySet()) {
            String field = signal.name() + "." + entry.getKey();
            Value said = signal.fields().get(entry.getKey());
            if (said == null) {
                return field + " is missing";
            }
            if (entry.getValue() instanceof Expression.Variable variable) {
                known.put(variable.name(), said);
            }
        }
        for (Map.Entry<String, Expression> entry : expected.with().entrySet()) {
            Value said = signal.fields().get(entry.getKey());
            if (said != null && entry.getValue().isKnownToBoth()) {
                String wrong = compare(signal.name() + "." + entry.getKey(), said, entry.getValue(), known);
                if (!wrong.isEmpty()) {
                    return wrong;
                }
            }
        }
        return "";
    }

    private String compare(String field, Value said, Expression expression, Map<String, Value> known) {
        try {
            Value wanted = expression.evaluate(known, surroundings).as(said.getClass());
            if (wanted.equals(said)) {
                return "";
            }
            // What may be secret is not told.
            Optional<String> words = Words.told(said, secret());
            return expression instanceof Expression.Constant && words.isPresent()
                    ? field + " is " + words.get() + " and not "
                            + Words.told(wanted, "").orElse("what the description says")
                    : field + " is not what the description says";
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
            return closed(CloseReason.BYE, "the peer ended the session: " + Words.of(signal, secret()));
        }
        if (!script.messages().contains(signal.name())) {
            return List.of(new SessionAction.PassedOver(signal));
        }
        boolean isRefusal = end == End.CLIENT && script.isRefusal(signal.name());
        return isRefusal
                ? closed(CloseReason.REFUSED, "the server ended the session: " + Words.of(signal, secret()))
                : violation(signal.name() + " after the login");
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
