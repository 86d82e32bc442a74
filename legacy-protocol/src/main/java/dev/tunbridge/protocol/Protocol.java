package dev.tunbridge.protocol;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.protocol.session.SessionScript;
import java.nio.file.Path;
import java.util.List;

/**
 * A protocol as one description has it: how bytes are frames, what frames say, and who says what when. Immutable.
 *
 * @param format of the frames
 * @param messages how payloads are laid out
 * @param session login, signs of life, farewell
 */
public record Protocol(FrameFormat format, MessageLayouts messages, SessionScript session) {
    /** The only one so far: what the description lays out. */
    private static final String OWN_MAPPER = "reference";

    public Protocol {
        messages.codec(format); // refuses types that are not laid out
        for (String message : session.messages()) {
            if (messages.isFramed(message) && format.type(message).isEmpty()) {
                throw new DescriptionException(
                        "format " + format.name(),
                        "session",
                        "speaks of " + message + ", which has no number in types");
            }
        }
    }

    /**
     * Reads a description from a file.
     *
     * @throws DescriptionException if it cannot be read, is no description, or describes what cannot work
     */
    public static Protocol load(Path file) {
        return of(Description.load(file));
    }

    /**
     * Reads a description.
     *
     * @param source what errors call it
     */
    public static Protocol parse(String yaml, String source) {
        return of(Description.read(yaml, source));
    }

    private static Protocol of(Section top) {
        FrameFormat format = FrameFormat.parse(top);
        if (!format.mapper().equals(OWN_MAPPER)) {
            throw top.refuse(
                    "mapper", "is \"" + format.mapper() + "\"; allowed " + OWN_MAPPER + ", or messages: laid out here");
        }
        MessageLayouts messages = messages(top);
        SessionScript session = session(top, messages);
        top.finish();
        try {
            return new Protocol(format, messages, session);
        } catch (DescriptionException e) {
            throw top.locate(e);
        }
    }

    /** A protocol that comes with the bridge. */
    public static Protocol builtin(String name) {
        return of(Description.shipped(name));
    }

    public static List<String> builtinNames() {
        return Description.shippedNames();
    }

    /** A codec for one connection. */
    public MessageCodec newCodec() {
        return messages.codec(format);
    }

    /** What a reader must hold at most to have a frame, or a message in front of the first, whole. */
    public int maxUnitBytes() {
        return Math.max(format.maxFrameBytes(), messages.mostUnframedBytes());
    }

    /** A reader of what this end says in front of its first frame on one connection, read by the codec of the connection. */
    public Prelude newPrelude(SessionScript.End from, MessageCodec codec) {
        return Prelude.of(session, from, codec);
    }

    /** Laid out here, or those of another protocol that comes with the bridge. */
    private static MessageLayouts messages(Section top) {
        if (top.has("messages") && top.isSection("messages")) {
            return MessageLayouts.parse(top.section("messages"));
        }
        return messages(shipped(top, "messages"));
    }

    private static SessionScript session(Section top, MessageLayouts messages) {
        if (top.has("session") && top.isSection("session")) {
            return SessionScript.parse(top.section("session"), messages);
        }
        if (top.text("session", "").equals("none")) {
            return SessionScript.NONE;
        }
        return session(shipped(top, "session"), messages);
    }

    private static Section shipped(Section top, String key) {
        String name = top.text(key, "reference");
        if (!builtinNames().contains(name)) {
            throw top.refuse(
                    key,
                    "is \"" + name + "\"; allowed: its own " + key + ", or those of "
                            + String.join(", ", builtinNames()));
        }
        return Description.shipped(name);
    }
}
