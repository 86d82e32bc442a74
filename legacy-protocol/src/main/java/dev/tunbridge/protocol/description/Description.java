package dev.tunbridge.protocol.description;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** A description as it was written. */
public final class Description {
    /** A description needs five or so; the reader recurses. */
    private static final int DEEPEST_NESTING = 32;

    private static final int LARGEST_BYTES = 1 << 20;

    private static final List<String> SHIPPED = List.of(
            "reference",
            "plain-le",
            "hdlc",
            "vtun",
            "amqp-0-9-1",
            "bgp",
            "diameter",
            "dlms-hdlc",
            "dlms-wrapper",
            "dnp3",
            "ft12",
            "http-chunks",
            "iec104",
            "kiss",
            "mavlink",
            "modbus-tcp",
            "mqtt",
            "nmea",
            "ppp",
            "qemu",
            "rtcm3",
            "slip",
            "sml",
            "smpp",
            "stomp",
            "tpkt",
            "ubx",
            "websocket",
            "xbee");
    private static final String FOLDER = "/dev/tunbridge/protocol/frame/";

    private static final Set<Tag> TAGS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.SEQ, Tag.MAP);

    private final Text text;

    private Description(Text text) {
        this.text = text;
    }

    /**
     * Reads the YAML of a description; what the keys mean is known to who asks for them.
     *
     * @param source what errors call it
     * @throws DescriptionException if it is no YAML, or no mapping
     */
    public static Section read(String yaml, String source) {
        Description description = new Description(new Text(yaml, source));
        Node root = description.compose(yaml, source);
        description.verify(root, "");
        return Section.of(description.text, "", root);
    }

    /**
     * Reads a description from a file.
     *
     * @throws DescriptionException if it cannot be read, is no YAML, or no mapping
     */
    public static Section load(Path file) {
        String source = file.toString();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST_BYTES + 1);
            if (bytes.length > LARGEST_BYTES) {
                throw new DescriptionException(source, "", "is too large; allowed 1 MiB");
            }
            return read(new String(bytes, StandardCharsets.UTF_8), source);
        } catch (NoSuchFileException e) {
            throw new DescriptionException(source, "", "no such file");
        } catch (IOException e) {
            String reason = e instanceof AccessDeniedException ? "permission denied" : e.toString();
            DescriptionException fault = new DescriptionException(source, "", "cannot be read: " + reason);
            fault.initCause(e);
            throw fault;
        }
    }

    /** A description that comes with the bridge. */
    public static Section shipped(String name) {
        if (!SHIPPED.contains(name)) {
            throw new DescriptionException(
                    name,
                    "",
                    "no such built-in format" + Section.nearest(name, SHIPPED) + "; allowed "
                            + String.join(", ", SHIPPED));
        }
        try (InputStream in = Description.class.getResourceAsStream(FOLDER + name + ".yaml")) {
            if (in == null) {
                throw new IllegalStateException("the resource of the format " + name + " is missing");
            }
            return read(new String(in.readAllBytes(), StandardCharsets.UTF_8), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<String> shippedNames() {
        return SHIPPED;
    }

    private Node compose(String yaml, String source) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source)
                .setMaxAliasesForCollections(0)
                .setAllowNonScalarKeys(true) // to be refused below, with their place
                .setSchema(new CoreSchema())
                .build();
        try {
            refuseAliasesAndDepth(yaml, settings);
            Optional<Node> root = new Compose(settings).composeString(yaml);
            return root.filter(node -> !node.getTag().equals(Tag.NULL))
                    .orElseThrow(
                            () -> new DescriptionException(text.start(), "", "is empty; allowed: keys with values"));
        } catch (MarkedYamlEngineException e) {
            throw new DescriptionException(text.of(e.getProblemMark()), "", "is not YAML: " + e.getProblem());
        } catch (YamlEngineException | IllegalArgumentException e) { // the latter of a tag like !%5
            throw new DescriptionException(text.start(), "", "is not YAML: " + e.getMessage());
        }
    }

    /** Before nodes are made of it: an alias makes one node of two places, and nesting is the composer's stack. */
    private void refuseAliasesAndDepth(String yaml, LoadSettings settings) {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(yaml)) {
            switch (event.getEventId()) {
                case Alias ->
                    throw new DescriptionException(
                            text.of(event.getStartMark()), "", "has an alias (*); allowed: the value itself");
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                default -> {
                    // Says nothing about nesting.
                }
            }
            if (depth > DEEPEST_NESTING) {
                throw new DescriptionException(
                        text.of(event.getStartMark()), "", "is nested deeper than " + DEEPEST_NESTING + " levels");
            }
        }
    }

    private void verify(Node node, String path) {
        if (!TAGS.contains(node.getTag())) {
            throw new DescriptionException(
                    text.of(node), path, "has the tag " + node.getTag() + "; allowed: plain values without tags");
        }
        if (node instanceof MappingNode mapping) {
            Set<String> keys = new HashSet<>();
            for (NodeTuple pair : mapping.getValue()) {
                if (!(pair.getKeyNode() instanceof ScalarNode key)) {
                    throw new DescriptionException(
                            text.of(pair.getKeyNode()), path, "has a collection for a key; allowed: a name");
                }
                String at = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
                if (!keys.add(key.getValue())) {
                    throw new DescriptionException(text.of(key), at, "is there twice; allowed: once");
                }
                verify(pair.getValueNode(), at);
            }
        } else if (node instanceof SequenceNode sequence) {
            for (int i = 0; i < sequence.getValue().size(); i++) {
                verify(sequence.getValue().get(i), path + "[" + i + "]");
            }
        }
    }
}
