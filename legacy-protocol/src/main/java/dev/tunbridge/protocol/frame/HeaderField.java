package dev.tunbridge.protocol.frame;

import java.util.OptionalLong;

/**
 * A named number in the header. {@code type} and {@code sequence} have their roles by name; any other field is a
 * constant that the decoder checks, if it has a value, or belongs to a message.
 */
public record HeaderField(String name, BitField bits, OptionalLong value) {
    public static final String TYPE = "type";
    public static final String SEQUENCE = "sequence";
}
