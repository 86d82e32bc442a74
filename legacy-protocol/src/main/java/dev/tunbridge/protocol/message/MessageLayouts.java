package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.TypeNumber;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** The messages of a protocol as its description lays them out. Immutable; one codec for each connection. */
public final class MessageLayouts {
    private final Map<String, MessageLayout> byName;

    private MessageLayouts(Map<String, MessageLayout> byName) {
        this.byName = byName;
    }

    /**
     * Reads the section {@code messages} of a description.
     *
     * <pre>
     *   messages:
     *     TYPE: [ITEM, ...]                     or {means: MEANING, unframed: {EXTENT, max}, layout: [ITEM, ...]}
     *
     *   {number: NAME, size, endian, least, most}      {choice: NAME, size, endian, names: {NAME: number}}
     *   {flags: NAME, size, endian, names}             {family: NAME, size, ipv4: 4, ipv6: 6}
     *   {address: NAME, of: family NAME | ipv4 | ipv6} {constant: "hex"} {literal: "text"}
     *   {ethernet: from-address | "hardware address"}
     *   {bytes: NAME, digits, EXTENT}                  {text: NAME, charset, EXTENT}
     *   EXTENT: size, pad | length: {size, endian} | until: "hex bytes" | nothing for all that is left
     * </pre>
     *
     * @throws DescriptionException naming the key and what is allowed
     */
    public static MessageLayouts parse(Section messages) {
        Map<String, MessageLayout> byName = new LinkedHashMap<>();
        for (String type : messages.names()) {
            byName.put(type, LayoutParser.parse(messages, type));
        }
        return new MessageLayouts(byName);
    }

    /** All that are laid out, by name: those of types and those in front of the first frame. */
    public Map<String, MessageLayout> byName() {
        return Collections.unmodifiableMap(byName);
    }

    /** Those of the types that the format has. */
    Map<String, MessageLayout> of(FrameFormat format) {
        Map<String, MessageLayout> used = new LinkedHashMap<>();
        for (String type : format.types().keySet()) {
            MessageLayout layout = byName.get(type);
            if (layout == null) {
                throw new DescriptionException(
                        "format " + format.name(),
                        "types." + type,
                        "is no message that is laid out; allowed " + String.join(", ", byName.keySet()));
            }
            if (layout.unframed().isPresent()) {
                throw new DescriptionException(
                        "format " + format.name(), "types." + type, "is a message outside frames, which has no number");
            }
            if (format.end().isPresent() && layout.meaning() != Meaning.SIGNAL) {
                throw new DescriptionException(
                        "format " + format.name(),
                        "types." + type,
                        "means " + layout.meaning().key()
                                + ", whose bytes may be any, also that of frame.end; allowed: messages of the session, or a"
                                + " frame.escape instead of the end");
            }
            KeptTypes.verify(format, layout);
            verifyFamilies(format, layout);
            for (MessageLayout other : used.values()) {
                if (layout.meaning() != Meaning.SIGNAL && layout.meaning() == other.meaning()) {
                    throw new DescriptionException(
                            "format " + format.name(),
                            "types." + type,
                            "means " + layout.meaning().key() + " as " + other.name() + " does; allowed one of them");
                }
            }
            used.put(type, layout);
        }
        return used;
    }

    private static void verifyFamilies(FrameFormat format, MessageLayout layout) {
        boolean isByFamily = format.numbers(layout.name()).stream().anyMatch(n -> n.family() != TypeNumber.Family.ANY);
        boolean hasFamilies = layout.isSegment()
                || (layout.meaning() == Meaning.PACKET && layout.slotOfEthernet() == MessageLayout.NO_SLOT);
        if (isByFamily && !hasFamilies) {
            throw new DescriptionException(
                    "format " + format.name(),
                    "types." + layout.name(),
                    "goes by the version of an IP packet, and the message holds none by itself; allowed: where it means"
                            + " packet, tcp or udp, without an Ethernet header");
        }
    }

    /** A codec for one connection. */
    public MessageCodec codec(FrameFormat format) {
        return new DescribedCodec(format, of(format), unframed());
    }

    /** A codec for one connection, whose payloads a mapper changes between here and the wire. */
    public MessageCodec codec(FrameFormat format, MessageMapper mapper, int mostGrowthBytes) {
        return new MappedCodec(format, codec(format), mapper, mostGrowthBytes);
    }

    private List<MessageLayout> unframed() {
        return byName.values().stream()
                .filter(layout -> layout.unframed().isPresent())
                .toList();
    }

    /**
     * Whether a message can be written with these values. Where some are not known yet, the others are looked at by themselves.
     *
     * @throws IllegalArgumentException naming what does not fit, and what is allowed
     */
    public void verify(String message, Map<String, Value> known) {
        MessageLayout layout = Objects.requireNonNull(byName.get(message), message);
        ByteBuf scratch = Unpooled.buffer();
        for (LayoutItem item : layout.items()) {
            if (known.containsKey(item.name())) {
                item.write(known, scratch);
            }
        }
        if (known.keySet().containsAll(fieldsOf(message))) {
            scratch.clear();
            layout.write(known, scratch);
            layout.unframed()
                    .ifPresent(unframed ->
                            unframed.extent().write(message, ByteBufUtil.getBytes(scratch), Unpooled.buffer()));
        }
    }

    /** The longest that lies outside frames may be, in bytes. */
    public int mostUnframedBytes() {
        return unframed().stream()
                .mapToInt(layout -> layout.unframed().orElseThrow().mostBytes())
                .max()
                .orElse(0);
    }

    /** Whether a frame holds it; false also where there is no message of that name. */
    public boolean isFramed(String message) {
        MessageLayout layout = byName.get(message);
        return layout != null && layout.unframed().isEmpty();
    }

    /** Whether the end of either can be told before it is known which of them comes: both framed, or both unframed alike. */
    public boolean endAlike(String message, String other) {
        MessageLayout one = byName.get(message);
        MessageLayout two = byName.get(other);
        return one != null && two != null && one.unframed().equals(two.unframed());
    }

    /** The fields of a message; empty where there is none of that name. */
    public List<String> fieldsOf(String message) {
        MessageLayout layout = byName.get(message);
        return layout == null
                ? List.of()
                : layout.items().stream()
                        .filter(LayoutItem::isField)
                        .map(LayoutItem::name)
                        .toList();
    }

    /** The messages that are the session's own business. */
    public Set<String> signals() {
        Set<String> signals = new TreeSet<>();
        byName.forEach((name, layout) -> {
            if (layout.meaning() == Meaning.SIGNAL) {
                signals.add(name);
            }
        });
        return signals;
    }
}
