package dev.tunbridge.protocol.description;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A value of a file that is keys and values and nothing else, with its place: nesting has become dots, a list's items are parted by
 * commas, and a whole number is decimal.
 */
public final class Leaf {
    private final Text text;
    private final String key;
    private final Node keyNode;
    private final Node node;
    private final String value;

    private Leaf(Text text, String key, Node keyNode, Node node, String value) {
        this.text = text;
        this.key = key;
        this.keyNode = keyNode;
        this.node = node;
        this.value = value;
    }

    /** All below a mapping, by their dotted keys, in the order of the file. */
    static Map<String, Leaf> below(Text text, MappingNode root) {
        Map<String, Leaf> leaves = new LinkedHashMap<>();
        collect(text, "", root, leaves);
        return leaves;
    }

    private static void collect(Text text, String path, MappingNode mapping, Map<String, Leaf> leaves) {
        for (NodeTuple pair : mapping.getValue()) {
            String name = KeyPath.nameOf(pair);
            String key = path.isEmpty() ? name : path + "." + name;
            if (pair.getValueNode() instanceof MappingNode nested) {
                collect(text, key, nested, leaves);
                continue;
            }
            Leaf leaf = of(text, key, pair);
            Leaf other = leaves.putIfAbsent(key, leaf);
            if (other != null) {
                throw leaf.atKey("is there twice; allowed: once, and it is at " + other.position() + " already");
            }
        }
    }

    private static Leaf of(Text text, String key, NodeTuple pair) {
        Node node = pair.getValueNode();
        if (node instanceof SequenceNode list) {
            List<String> items = new ArrayList<>();
            for (Node item : list.getValue()) {
                items.add(scalar(text, key + "[" + items.size() + "]", item, item));
            }
            return new Leaf(text, key, pair.getKeyNode(), node, String.join(",", items));
        }
        return new Leaf(text, key, pair.getKeyNode(), node, scalar(text, key, pair.getKeyNode(), node));
    }

    private static String scalar(Text text, String key, Node keyNode, Node node) {
        Value value = new Value(node);
        if (value.isMissing()) {
            throw new DescriptionException(
                    text.of(keyNode), key, "has no value; allowed: a value, or no such key at all");
        }
        if (node instanceof MappingNode || node instanceof SequenceNode) {
            throw new DescriptionException(text.of(node), key, "is " + value.shown() + "; allowed: a plain value");
        }
        boolean isOfAnotherBase = value.written().matches("0[xo].*"); // others stay as written: 0660 is a mode
        return isOfAnotherBase && value.integer().isPresent()
                ? String.valueOf(value.integer().getAsLong())
                : value.written();
    }

    /** The dotted key. */
    public String key() {
        return key;
    }

    public String value() {
        return value;
    }

    /** Where it begins: source, line and column. */
    public String position() {
        return text.of(node).position();
    }

    /** A fault of the value. */
    public DescriptionException refuse(String reason) {
        return new DescriptionException(text.of(node), key, reason);
    }

    /** A fault of the key itself. */
    public DescriptionException atKey(String reason) {
        return new DescriptionException(text.of(keyNode), key, reason);
    }

    /**
     * A key that is none of these: which was meant, if a slip of the finger explains it.
     *
     * @param name the key, or the part of it that is wrong
     */
    public DescriptionException unknown(String name, Collection<String> allowed, String otherwise) {
        String nearest = Section.nearest(name, allowed);
        return atKey("is an unknown key" + (nearest.isEmpty() ? "; " + otherwise : nearest));
    }
}
