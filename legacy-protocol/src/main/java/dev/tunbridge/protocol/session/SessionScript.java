package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who says what when, as a description has it. Both ends play the same script: each sends what is its own, and expects what is
 * the other's. Immutable.
 *
 * @param login in order; whoever has the first step speaks first, and after the last one traffic may flow
 * @param keepAlive without one silence is no death
 * @param farewell without one a session ends with its connection
 * @param passing reasons of a refusal that may pass, so that a next try is worth it
 */
public record SessionScript(
        List<Step> login, Optional<KeepAlive> keepAlive, Optional<Utterance> farewell, Set<String> passing) {
    /** No login and no word about anything: the tunnel is the configuration's. */
    public static final SessionScript NONE = new SessionScript(List.of(), Optional.empty(), Optional.empty(), Set.of());

    static final String TOKEN = "identity.token";

    /** The two ends of a connection. */
    public enum End {
        /** The device, which connects. */
        CLIENT,
        SERVER;

        /** The one that this one talks to. */
        public End other() {
            return this == CLIENT ? SERVER : CLIENT;
        }
    }

    /**
     * A message and what its fields hold.
     *
     * @param isFramed whether a frame holds it; what is not lies in front of the first one
     * @param with by field, in the order of the layout, in which they are said
     */
    record Utterance(String message, boolean isFramed, Map<String, Expression> with) {
        Utterance {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }

    /**
     * One end says something.
     *
     * @param withinNanos the other end waits so long for it
     * @param refusal what the server says in its place where it does not want the device
     */
    record Step(End from, Utterance says, long withinNanos, Optional<Utterance> refusal) {}

    /**
     * Signs of life.
     *
     * @param from who asks; empty: both
     * @param answer to a question of the other end
     */
    record KeepAlive(Optional<End> from, Utterance question, Optional<Utterance> answer) {
        boolean isAskedBy(End end) {
            return from.isEmpty() || from.get() == end;
        }

        /** Whether an end hears something now and then, so that silence is death to it. */
        boolean isHeardBy(End end) {
            return isAskedBy(end.other()) || answer.isPresent();
        }
    }

    public SessionScript {
        login = List.copyOf(login);
        passing = Set.copyOf(passing);
    }

    /** Every message that it speaks of. */
    public Set<String> messages() {
        List<Utterance> all = new ArrayList<>();
        for (Step step : login) {
            all.add(step.says());
            step.refusal().ifPresent(all::add);
        }
        keepAlive.ifPresent(signs -> {
            all.add(signs.question());
            signs.answer().ifPresent(all::add);
        });
        farewell.ifPresent(all::add);
        return all.stream().map(Utterance::message).collect(Collectors.toCollection(TreeSet::new));
    }

    /** What a message of the server says where this step is due and it does not want the device; any step may name it. */
    Optional<Utterance> refusal(String message, Step due) {
        return Stream.concat(Stream.of(due), login.stream())
                .flatMap(step -> step.refusal().stream())
                .filter(refusal -> refusal.message().equals(message))
                .findFirst();
    }

    /** Whether a message is a refusal and nothing else. */
    boolean isRefusal(String message) {
        return login.stream().noneMatch(step -> step.says().message().equals(message))
                && login.stream()
                        .flatMap(step -> step.refusal().stream())
                        .anyMatch(refusal -> refusal.message().equals(message));
    }

    /** What cannot be said, and of which variable it is. */
    public record Unsayable(String variable, String reason) {}

    /**
     * Looks for a key that is empty, which no HMAC and no cipher takes, whoever says or checks it.
     *
     * @param variables what is known before there is a connection
     */
    public Optional<Unsayable> emptyKey(Map<String, Value> variables) {
        for (Step step : login) {
            for (Map.Entry<String, Expression> said : step.says().with().entrySet()) {
                Optional<String> empty = emptyKey(said.getValue(), variables);
                if (empty.isPresent()) {
                    return Optional.of(new Unsayable(
                            empty.get(),
                            "it is empty, and the key of " + step.says().message() + "." + said.getKey()));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> emptyKey(Expression said, Map<String, Value> variables) {
        if (said.secret().orElse(null) instanceof Expression.Variable key && isEmpty(variables.get(key.name()))) {
            return Optional.of(key.name());
        }
        return said.operands().stream()
                .flatMap(operand -> emptyKey(operand, variables).stream())
                .findFirst();
    }

    private static boolean isEmpty(@Nullable Value value) {
        return value != null && value.as(Value.Text.class).equals(new Value.Text(""));
    }

    /**
     * Looks for what the device cannot say to any server: a value of the configuration that its field has no room for.
     *
     * @param variables what is known before there is a connection
     */
    public Optional<Unsayable> unsayable(
            Map<String, Value> variables, Surroundings surroundings, MessageLayouts messages) {
        for (Step step : login) {
            Optional<Unsayable> fault = step.from() == End.CLIENT
                    ? unsayable(step.says(), variables, surroundings, messages)
                    : Optional.empty();
            if (fault.isPresent()) {
                return fault;
            }
        }
        return Optional.empty();
    }

    private static Optional<Unsayable> unsayable(
            Utterance says, Map<String, Value> variables, Surroundings surroundings, MessageLayouts messages) {
        Map<String, Value> known = new HashMap<>();
        for (Map.Entry<String, Expression> entry : says.with().entrySet()) {
            String name = entry.getValue() instanceof Expression.Variable variable ? variable.name() : "";
            try {
                known.put(entry.getKey(), entry.getValue().evaluate(variables, surroundings));
            } catch (IllegalArgumentException e) {
                continue; // it hangs on what the server will say
            }
            try {
                messages.verify(says.message(), known);
            } catch (IllegalArgumentException e) {
                return Optional.of(new Unsayable(name, says.message() + ": " + e.getMessage()));
            }
        }
        return Optional.empty();
    }

    /**
     * A message in front of the first frame.
     *
     * @param names of what is due, and of what may be said in its place
     * @param mayBeQuoted whether it cannot hold the token: the other end has not said it yet, which this one may echo
     */
    public record Due(List<String> names, boolean mayBeQuoted) {}

    /** What this end says in front of its first frame, in order. */
    public List<Due> unframed(End from) {
        List<Due> unframed = new ArrayList<>();
        boolean mayBeQuoted = true;
        for (Step step : login) {
            if (step.from() == from && !step.says().isFramed()) {
                List<String> choice = new ArrayList<>(List.of(step.says().message()));
                step.refusal().ifPresent(refusal -> choice.add(refusal.message()));
                unframed.add(new Due(choice, mayBeQuoted));
            }
            mayBeQuoted &= step.says().with().values().stream().noneMatch(value -> value.mentions(TOKEN));
        }
        return unframed;
    }

    /** The variables that the server's part of the login gives the device. */
    public Set<String> given() {
        Set<String> given = new TreeSet<>();
        for (Step step : login) {
            if (step.from() == End.SERVER) {
                step.says().with().values().forEach(expression -> {
                    if (expression instanceof Expression.Variable variable) {
                        given.add(variable.name());
                    }
                });
            }
        }
        return given;
    }

    /**
     * Reads the section {@code session} of a description.
     *
     * <pre>
     *   login:
     *     - from: client | server
     *       message: TYPE, with: {FIELD: VALUE}, within: TIME
     *       refusal: {message: TYPE, with: {FIELD: VALUE}}      of the server, where it does not want the device
     *   keepalive: {from: client | server, message: TYPE, with: …, answer: {message: TYPE, with: …}}
     *   farewell:  {message: TYPE, with: …}
     *   passing:   [REASON]
     *
     *   VALUE: number | text | [flag, ...] | "${VARIABLE}" | {hex: …} | {random: bytes} | {clock: s | ms}
     *          {encrypt: JCA name, key: VALUE, iv: VALUE, of: [VALUE, ...]} | {any: VALUE}
     *          {digest: JCA name, of: [VALUE, ...]} | {hmac: JCA name, key: VALUE, of: [VALUE, ...]}
     *   VARIABLE: identity.device-id, identity.token | offer.version, offer.carriages
     *             tunnel.carriage, .session, .mtu, .prefix-length, .device-address, .server-address
     *             refusal.reason, refusal.text | counter | MESSAGE.FIELD of a message before
     * </pre>
     *
     * @throws dev.tunbridge.protocol.description.DescriptionException naming the key and what is allowed
     */
    public static SessionScript parse(Section session, MessageLayouts messages) {
        return new ScriptParser(messages).parse(session);
    }
}
