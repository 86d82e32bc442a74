package dev.tunbridge.protocol.description;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Follows paths such as {@code frame.header[2].size} or, where items have names, {@code frame.header.type.size}. */
final class KeyPath {
    /** An item of a list in a key path: {@code header[2]}. */
    private static final Pattern ITEM = Pattern.compile("([^\\[]*)\\[([0-9]{1,6})]");

    private KeyPath() {}

    static String nameOf(NodeTuple pair) {
        return new Value(pair.getKeyNode()).written();
    }

    /** What stands at the path; where nothing does, the nearest node around it. */
    static Node nearest(Node root, String path) {
        Node node = root;
        String rest = path;
        while (!rest.isEmpty()) {
            Optional<Step> step = step(node, rest);
            if (step.isEmpty()) {
                break;
            }
            node = step.get().node();
            rest = step.get().rest();
        }
        return node;
    }

    private record Step(Node node, String rest) {}

    /** One step along a path; names may have dots in them, so the longest that fits is taken. */
    private static Optional<Step> step(Node node, String path) {
        for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
            Optional<Node> child = child(node, path.substring(0, end));
            if (child.isPresent()) {
                return Optional.of(new Step(child.get(), path.substring(Math.min(path.length(), end + 1))));
            }
        }
        return Optional.empty();
    }

    private static Optional<Node> child(Node node, String name) {
        if (node instanceof SequenceNode list) {
            return list.getValue().stream()
                    .filter(item -> child(item, "name")
                            .filter(value -> new Value(value).written().equals(name))
                            .isPresent())
                    .findFirst();
        }
        if (!(node instanceof MappingNode map)) {
            return Optional.empty();
        }
        Matcher item = ITEM.matcher(name);
        String key = item.matches() ? item.group(1) : name;
        Optional<Node> value = map.getValue().stream()
                .filter(pair -> nameOf(pair).equals(key))
                .map(NodeTuple::getValueNode)
                .findFirst();
        if (!item.matches()) {
            return value;
        }
        int index = Integer.parseInt(item.group(2));
        return value.filter(found -> found instanceof SequenceNode list
                        && index < list.getValue().size())
                .map(list -> ((SequenceNode) list).getValue().get(index));
    }
}
