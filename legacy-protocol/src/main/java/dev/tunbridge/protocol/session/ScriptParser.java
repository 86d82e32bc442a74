package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.SessionScript.KeepAlive;
import dev.tunbridge.protocol.session.SessionScript.Step;
import dev.tunbridge.protocol.session.SessionScript.Utterance;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.Mac;

/** Reads a session script; {@link SessionScript#parse} has the grammar. */
final class ScriptParser {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([a-z0-9.-]+)\\}");
    private static final long WITHIN_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final List<String> MODES = List.of("ECB", "CBC", "CTR", "CFB", "OFB");
    private static final int MOST_STEPS = 32;
    private static final int MOST_RANDOM_BYTES = 1024;
    private static final int MOST_HEX_BYTES = 1024;

    private static final List<String> OF_THE_BRIDGE = List.of(
            "identity.device-id",
            "identity.token",
            "offer.version",
            Session.OFFER,
            TunnelParameters.CARRIAGE,
            TunnelParameters.SESSION,
            TunnelParameters.MTU,
            TunnelParameters.PREFIX_LENGTH,
            TunnelParameters.DEVICE_ADDRESS,
            TunnelParameters.SERVER_ADDRESS,
            Session.REFUSAL_REASON,
            Session.REFUSAL_TEXT,
            Session.COUNTER);

    private final MessageLayouts messages;
    private final Set<String> known = new TreeSet<>(OF_THE_BRIDGE);
    private final Set<End> haveFramed = EnumSet.noneOf(End.class);

    ScriptParser(MessageLayouts messages) {
        this.messages = messages;
    }

    SessionScript parse(Section session) {
        List<Step> login = new ArrayList<>();
        if (session.has("login")) {
            List<Section> steps = session.sections("login");
            if (steps.size() > MOST_STEPS) {
                throw session.refuse("login", "has " + steps.size() + " steps; allowed " + MOST_STEPS);
            }
            steps.forEach(step -> login.add(step(step)));
        }
        Optional<KeepAlive> keepAlive = session.optionalSection("keepalive").map(this::keepAlive);
        Optional<Utterance> farewell = session.optionalSection("farewell").map(section -> {
            Utterance utterance = framedUtterance(section);
            section.finish();
            return utterance;
        });
        Set<String> passing = session.has("passing") ? Set.copyOf(session.texts("passing")) : Set.of();
        session.finish();
        return new SessionScript(login, keepAlive, farewell, passing);
    }

    private Step step(Section section) {
        if (!section.has("from")) {
            throw section.refuse("from", "is missing; allowed client, server");
        }
        End from = section.choice("from", End.CLIENT, End.class);
        Optional<Utterance> refusal = section.optionalSection("refusal").map(other -> {
            Utterance utterance = utterance(other);
            other.finish();
            return utterance;
        });
        if (refusal.isPresent() && from == End.CLIENT) {
            throw section.refuse("refusal", "is said by a client; allowed for steps of the server");
        }
        Utterance says = utterance(section);
        framed(section, from);
        if (refusal.isPresent()
                && !messages.endAlike(says.message(), refusal.get().message())) {
            throw section.refuse(
                    "refusal",
                    "is said by " + refusal.get().message() + ", which does not lie in the stream as " + says.message()
                            + " does; allowed: a message of the same frames, size, length or end");
        }
        long within = section.nanos("within", WITHIN_NANOS);
        section.finish();
        return new Step(from, says, within, refusal);
    }

    /** In front of the first frame of one end lies what has none, and behind it nothing. */
    private void framed(Section section, End from) {
        boolean isFramed = messages.isFramed(section.text("message"));
        if (isFramed) {
            haveFramed.add(from);
        } else if (haveFramed.contains(from)) {
            throw section.refuse(
                    "message",
                    "is \"" + section.text("message")
                            + "\", which is in no frame, behind one that is; allowed in front of it");
        }
    }

    private Utterance framedUtterance(Section section) {
        Utterance utterance = utterance(section);
        if (!utterance.isFramed()) {
            throw section.refuse(
                    "message", "is \"" + utterance.message() + "\", which is in no frame; allowed in the login alone");
        }
        return utterance;
    }

    private KeepAlive keepAlive(Section section) {
        Optional<End> from =
                section.has("from") ? Optional.of(section.choice("from", End.CLIENT, End.class)) : Optional.empty();
        Utterance question = framedUtterance(section);
        Optional<Utterance> answer = section.optionalSection("answer").map(other -> {
            Utterance utterance = framedUtterance(other);
            other.finish();
            return utterance;
        });
        section.finish();
        return new KeepAlive(from, question, answer);
    }

    private Utterance utterance(Section section) {
        String message = section.text("message");
        if (!messages.signals().contains(message)) {
            throw section.refuseName("message", message, messages.signals());
        }
        List<String> fields = messages.fieldsOf(message);
        Optional<Section> given = section.optionalSection("with");
        for (String name : given.map(Section::names).orElse(Set.of())) {
            if (!fields.contains(name)) {
                throw given.get().unknown(name, fields);
            }
        }
        Map<String, Expression> with = new LinkedHashMap<>();
        for (String field : fields) {
            if (given.isEmpty() || !given.get().has(field)) {
                throw section.refuse("with", "lacks the field " + field + " of " + message);
            }
            with.put(field, expression(given.get(), field));
            known.add(message + "." + field);
        }
        return new Utterance(message, messages.isFramed(message), with);
    }

    private Expression expression(Section section, String key) {
        if (section.isNumber(key)) {
            return new Expression.Constant(new Value.Whole(section.number(key)));
        }
        if (section.isList(key)) {
            return new Expression.Constant(new Value.Names(Set.copyOf(section.texts(key))));
        }
        return section.isSection(key) ? function(section.section(key)) : text(section, key, section.text(key));
    }

    private Expression text(Section section, String key, String text) {
        Matcher variable = VARIABLE.matcher(text);
        if (!variable.matches()) {
            if (text.contains("${")) {
                throw section.refuse(
                        key, "is \"" + text + "\"; allowed: a variable by itself, such as ${identity.token}");
            }
            return new Expression.Constant(new Value.Text(text));
        }
        String name = variable.group(1);
        if (!known.contains(name)) {
            throw section.refuseName(key, name, known);
        }
        return new Expression.Variable(name);
    }

    private Expression function(Section section) {
        Expression expression;
        if (section.has("hex")) {
            expression = new Expression.Constant(new Value.Bytes(Octets.of(section.hex("hex", MOST_HEX_BYTES))));
        } else if (section.has("random")) {
            int bytes = section.integer("random");
            if (bytes < 1 || bytes > MOST_RANDOM_BYTES) {
                throw section.refuse("random", "is " + bytes + "; allowed 1 to " + MOST_RANDOM_BYTES + " bytes");
            }
            expression = new Expression.Random(bytes);
        } else if (section.has("clock")) {
            String unit = section.text("clock");
            expression = new Expression.Clock(
                    switch (unit) {
                        case "s" -> TimeUnit.SECONDS;
                        case "ms" -> TimeUnit.MILLISECONDS;
                        default -> throw section.refuse("clock", "is \"" + unit + "\"; allowed s, ms");
                    });
        } else if (section.has("digest")) {
            expression = new Expression.Digest(algorithm(section, "digest"), parts(section));
        } else if (section.has("hmac")) {
            expression = new Expression.Hmac(algorithm(section, "hmac"), secret(section, "key"), parts(section));
        } else if (section.has("encrypt")) {
            expression = encrypted(section);
        } else if (section.has("any")) {
            expression = new Expression.Any(expression(section, "any"));
        } else {
            throw section.lacksOneOf(List.of("hex", "random", "clock", "digest", "hmac", "encrypt", "any"));
        }
        section.finish();
        return expression;
    }

    private Expression encrypted(Section section) {
        String transformation = algorithm(section, "encrypt");
        String[] parts = transformation.split("/", -1);
        if (parts.length != 3 || !MODES.contains(parts[1])) {
            throw section.refuse(
                    "encrypt", "is \"" + transformation + "\"; allowed ALGORITHM/MODE/PADDING, MODE one of " + MODES);
        }
        boolean needsIv = !parts[1].equals("ECB");
        if (needsIv != section.has("iv")) {
            throw needsIv
                    ? section.refuse("iv", "is missing, and " + transformation + " begins with one")
                    : section.refuse("iv", "is given, and " + transformation + " has none");
        }
        return new Expression.Encrypted(
                transformation,
                secret(section, "key"),
                needsIv ? Optional.of(secret(section, "iv")) : Optional.empty(),
                parts(section));
    }

    /** Who hears the result works it out as well, and so must know this. */
    private Expression secret(Section section, String key) {
        Expression expression = expression(section, key);
        if (expression instanceof Expression.Random || expression instanceof Expression.Clock) {
            throw section.refuse(key, "is what the other end cannot know; allowed: what was said, or is configured");
        }
        return expression;
    }

    private List<Expression> parts(Section section) {
        List<Expression> parts = new ArrayList<>();
        for (String text : section.texts("of")) {
            parts.add(text(section, "of", text));
        }
        return parts;
    }

    private static String algorithm(Section section, String key) {
        String name = section.text(key);
        try {
            switch (key) {
                case "hmac" -> Mac.getInstance(name);
                case "encrypt" -> Cipher.getInstance(name);
                default -> MessageDigest.getInstance(name);
            }
        } catch (GeneralSecurityException e) {
            String example = Map.of("hmac", "HmacSHA256", "encrypt", "AES/ECB/NoPadding", "digest", "SHA-256")
                    .getOrDefault(key, "");
            throw section.refuse(key, "is \"" + name + "\"; allowed: a name that this Java knows, such as " + example);
        }
        return name;
    }
}
