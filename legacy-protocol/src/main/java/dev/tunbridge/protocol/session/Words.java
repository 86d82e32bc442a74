package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a message says, for people: its name, and of its fields the numbers, texts, flags and addresses. Bytes may be secret, and are not told. */
final class Words {
    private static final String NOT_SHOWN = "(not shown)";

    private Words() {}

    /**
     * A message with its fields.
     *
     * @param secret a text that may stand in none of them, such as the token that the peer was told; empty for none
     */
    static String of(Message.Signal signal, String secret) {
        List<String> fields = new ArrayList<>();
        new TreeMap<>(signal.fields())
                .forEach((field, value) -> told(value, secret).ifPresent(words -> fields.add(field + " " + words)));
        return signal.name() + (fields.isEmpty() ? "" : " (" + String.join(", ", fields) + ")");
    }

    /** The texts of a message alone, one behind the other. */
    static String texts(Map<String, Value> fields, String secret) {
        List<String> texts = new ArrayList<>();
        new TreeMap<>(fields).forEach((field, value) -> {
            if (value instanceof Value.Text) {
                told(value, secret).ifPresent(texts::add);
            }
        });
        return String.join(" ", texts);
    }

    static Optional<String> told(Value value, String secret) {
        if (value instanceof Value.Whole number) {
            return Optional.of(Long.toString(number.number()));
        } else if (value instanceof Value.Text text) {
            boolean isSecret = !secret.isEmpty() && text.text().contains(secret);
            return Optional.of(isSecret ? NOT_SHOWN : quoted(text.text()));
        } else if (value instanceof Value.Names names) {
            return Optional.of(names.names().stream().sorted().toList().toString());
        } else if (value instanceof Value.Address address) {
            return Optional.of(NetUtil.toAddressString(address.address()));
        }
        return Optional.empty();
    }

    /** One line, of a bounded length. */
    private static String quoted(String text) {
        return Octets.of(text.getBytes(StandardCharsets.UTF_8)).quoted();
    }
}
