package dev.tunbridge.protocol.description;

import java.util.OptionalLong;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A value as it was written, with the kind that YAML's core schema gives it. */
record Value(Node node) {
    boolean isMissing() {
        return node.getTag().equals(Tag.NULL);
    }

    boolean isText() {
        return is(Tag.STR);
    }

    boolean isNumber() {
        return is(Tag.INT) || is(Tag.FLOAT);
    }

    boolean isInteger() {
        return is(Tag.INT);
    }

    boolean isFlag() {
        return is(Tag.BOOL);
    }

    /** What stands in the file, without its quotes. */
    String written() {
        return node instanceof ScalarNode scalar ? scalar.getValue() : "";
    }

    /** The whole number, if it is one below 2^63. */
    OptionalLong integer() {
        if (!isInteger()) {
            return OptionalLong.empty();
        }
        String digits = written();
        try { // the core schema: decimal, 0o and 0x, an explicit tag may bring anything
            return OptionalLong.of(
                    digits.startsWith("0x")
                            ? Long.parseLong(digits.substring(2), 16)
                            : digits.startsWith("0o")
                                    ? Long.parseLong(digits.substring(2), 8)
                                    : Long.parseLong(digits));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** The value as a fault shows it: what kind it is, where that may be what is wrong. */
    String shown() {
        if (!(node instanceof ScalarNode)) {
            return node instanceof MappingNode ? "a mapping" : "a list";
        }
        if (isText()) {
            return "\"" + clipped(written()) + "\"";
        }
        return (isNumber() ? "the number " : "") + clipped(written());
    }

    private boolean is(Tag tag) {
        return node instanceof ScalarNode && node.getTag().equals(tag);
    }

    static String clipped(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= 60 ? line : line.substring(0, 57) + "...";
    }
}
