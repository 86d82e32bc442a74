package dev.tunbridge.protocol.message;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** What a field of a message holds. */
public sealed interface Value {
    /** The same as another kind, where that says the same; else as it is. */
    default Value as(Class<? extends Value> kind) {
        if (kind == Text.class && this instanceof Bytes bytes) {
            return new Text(new String(bytes.octets().toByteArray(), StandardCharsets.UTF_8));
        } else if (kind == Text.class && this instanceof Whole number) {
            return new Text(Long.toString(number.number()));
        } else if (kind == Bytes.class && this instanceof Text text) {
            return new Bytes(Octets.of(text.text().getBytes(StandardCharsets.UTF_8)));
        }
        return this;
    }

    /** Of up to eight bytes, unsigned but where it has eight. */
    record Whole(long number) implements Value {}

    /** Of a text field, or the name of a choice. */
    record Text(String text) implements Value {}

    /** Opaque bytes. */
    record Bytes(Octets octets) implements Value {}

    record Address(InetAddress address) implements Value {}

    /** The flags that are set. */
    record Names(Set<String> names) implements Value {
        public Names {
            names = Set.copyOf(names);
        }
    }
}
