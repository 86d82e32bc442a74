package dev.tunbridge.protocol.message;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a field of a message holds. */
public sealed interface Value {
    /** As people write them, and none that a long does not hold. */
    Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private static @Nullable InetAddress address(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null; // neither 4 bytes nor 16
        }
    }

    /** The same as another kind, where that says the same; else as it is. */
    default Value as(Class<? extends Value> kind) {
        if (kind == Text.class && this instanceof Bytes bytes) {
            return new Text(new String(bytes.octets().toByteArray(), StandardCharsets.UTF_8));
        } else if (kind == Text.class && this instanceof Whole number) {
            return new Text(Long.toString(number.number()));
        } else if (kind == Bytes.class && this instanceof Text text) {
            return new Bytes(Octets.of(text.text().getBytes(StandardCharsets.UTF_8)));
        } else if (kind == Text.class && this instanceof Address address) {
            return new Text(NetUtil.toAddressString(address.address()));
        } else if (kind == Whole.class
                && this instanceof Text text
                && NUMBER.matcher(text.text()).matches()) {
            return new Whole(Long.parseLong(text.text()));
        } else if (kind == Address.class && this instanceof Text text) {
            InetAddress address = address(text.text());
            return address == null ? this : new Address(address);
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
