package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** What one end puts into a field. Immutable. */
sealed interface Expression {
    /**
     * The value now.
     *
     * @param variables what is known: configuration, and what was said before as {@code message.field}
     * @throws IllegalArgumentException where something is not known, or of the wrong kind
     */
    Value evaluate(Map<String, Value> variables, Surroundings surroundings);

    /** Whether the other end, who knows as much, gets the same. */
    default boolean isKnownToBoth() {
        return false;
    }

    /** What the value is worked out from. */
    default List<Expression> operands() {
        return List.of();
    }

    /** What it is keyed with, of what takes a key. */
    default Optional<Expression> secret() {
        return Optional.empty();
    }

    /** Whether the value hangs on this variable. */
    default boolean mentions(String variable) {
        return operands().stream().anyMatch(operand -> operand.mentions(variable));
    }

    /** Written into the description. */
    record Constant(Value value) implements Expression {
        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            return value;
        }

        @Override
        public boolean isKnownToBoth() {
            return true;
        }
    }

    /** Of the configuration, or said before. */
    record Variable(String name) implements Expression {
        @Override
        public boolean mentions(String variable) {
            return name.equals(variable);
        }

        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            Value value = variables.get(name);
            if (value == null) {
                throw new IllegalArgumentException("${" + name + "} is not known");
            }
            return value;
        }
    }

    /** Bytes that nobody can foresee. */
    record Random(int bytes) implements Expression {
        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            return new Value.Bytes(Octets.of(surroundings.randomBytes(bytes)));
        }
    }

    /** The time since 1970, in this unit. */
    record Clock(TimeUnit unit) implements Expression {
        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            return new Value.Whole(unit.convert(surroundings.unixMillis(), TimeUnit.MILLISECONDS));
        }
    }

    /** A digest of the parts, one behind the other; by its JCA name. */
    record Digest(String algorithm, List<Expression> parts) implements Expression {
        @Override
        public List<Expression> operands() {
            return parts;
        }

        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            try {
                MessageDigest digest = MessageDigest.getInstance(algorithm);
                return new Value.Bytes(Octets.of(digest.digest(bytes(parts, variables, surroundings))));
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException("the digest " + algorithm + " cannot be made: " + e.getMessage(), e);
            }
        }

        @Override
        public boolean isKnownToBoth() {
            return true;
        }
    }

    /** A keyed digest of the parts, one behind the other; by its JCA name. */
    record Hmac(String algorithm, Expression key, List<Expression> parts) implements Expression {
        @Override
        public Optional<Expression> secret() {
            return Optional.of(key);
        }

        @Override
        public List<Expression> operands() {
            return Stream.concat(Stream.of(key), parts.stream()).toList();
        }

        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            try {
                Mac mac = Mac.getInstance(algorithm);
                mac.init(new SecretKeySpec(bytes(List.of(key), variables, surroundings), algorithm));
                return new Value.Bytes(Octets.of(mac.doFinal(bytes(parts, variables, surroundings))));
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException("the HMAC " + algorithm + " cannot be made: " + e.getMessage(), e);
            }
        }

        @Override
        public boolean isKnownToBoth() {
            return true;
        }
    }

    /**
     * The parts, one behind the other, encrypted; by the JCA's name of the transformation.
     *
     * @param iv empty where the transformation has none
     */
    record Encrypted(String transformation, Expression key, Optional<Expression> iv, List<Expression> parts)
            implements Expression {
        @Override
        public Optional<Expression> secret() {
            return Optional.of(key);
        }

        @Override
        public List<Expression> operands() {
            return Stream.of(Stream.of(key), iv.stream(), parts.stream())
                    .flatMap(Function.identity())
                    .toList();
        }

        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            try {
                Cipher cipher = Cipher.getInstance(transformation);
                Key secret = new SecretKeySpec(bytes(List.of(key), variables, surroundings), algorithm());
                if (iv.isPresent()) {
                    byte[] initial = bytes(List.of(iv.get()), variables, surroundings);
                    cipher.init(Cipher.ENCRYPT_MODE, secret, new IvParameterSpec(initial));
                } else {
                    cipher.init(Cipher.ENCRYPT_MODE, secret);
                }
                return new Value.Bytes(Octets.of(cipher.doFinal(bytes(parts, variables, surroundings))));
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException(transformation + " cannot be done: " + e.getMessage(), e);
            }
        }

        private String algorithm() {
            int slash = transformation.indexOf('/');
            return slash < 0 ? transformation : transformation.substring(0, slash);
        }

        @Override
        public boolean isKnownToBoth() {
            return true;
        }
    }

    /** Who says it says this; who hears it takes whatever it is. */
    record Any(Expression said) implements Expression {
        @Override
        public List<Expression> operands() {
            return List.of(said);
        }

        @Override
        public Value evaluate(Map<String, Value> variables, Surroundings surroundings) {
            return said.evaluate(variables, surroundings);
        }
    }

    private static byte[] bytes(List<Expression> parts, Map<String, Value> variables, Surroundings surroundings) {
        ByteBuf all = Unpooled.buffer();
        for (Expression part : parts) {
            Value value = part.evaluate(variables, surroundings);
            if (value instanceof Value.Address address) {
                all.writeBytes(address.address().getAddress());
            } else if (asBytes(value) instanceof Value.Bytes bytes) {
                bytes.octets().writeTo(all);
            } else {
                throw new IllegalArgumentException(part + " has no bytes to digest");
            }
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        return bytes;
    }

    /** Bytes as they are: not all of them are text. Numbers by their digits. */
    private static Value asBytes(Value value) {
        return value instanceof Value.Bytes ? value : value.as(Value.Text.class).as(Value.Bytes.class);
    }
}
