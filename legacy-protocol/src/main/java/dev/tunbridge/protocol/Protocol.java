package dev.tunbridge.protocol;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.PayloadType;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.plugin.PluggedDriver;
import dev.tunbridge.protocol.plugin.PluggedMapper;
import dev.tunbridge.protocol.plugin.Plugins;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript;
import dev.tunbridge.protocol.session.SessionScript.Due;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A protocol as one description has it: how bytes are frames, what frames say, and who says what when. Immutable.
 *
 * @param format of the frames
 * @param messages how payloads are laid out
 * @param session login, signs of life, farewell; {@link SessionScript#NONE} where a plugin drives it
 * @param driver the plugin that drives the session, if one does
 * @param mapper the plugin that changes payloads, if one does
 */
public record Protocol(
        FrameFormat format,
        MessageLayouts messages,
        SessionScript session,
        Optional<PluggedDriver> driver,
        Optional<PluggedMapper> mapper) {

    public Protocol {
        messages.codec(format); // refuses types that are not laid out
        boolean isKept = format.typing().inPayload().map(PayloadType::isKept).orElse(false);
        if (mapper.isPresent() && isKept) {
            throw new DescriptionException(
                    "format " + format.name(),
                    "mapper",
                    "changes payloads, and with them a type that they keep; allowed: frame.payload.type with keep: false, or none");
        }
        for (String message : session.messages()) {
            if (messages.isFramed(message) && format.type(message).isEmpty()) {
                throw new DescriptionException(
                        "format " + format.name(),
                        "session",
                        "speaks of " + message + ", which has no number in types");
            }
        }
    }

    /** One without plugins. */
    public Protocol(FrameFormat format, MessageLayouts messages, SessionScript session) {
        this(format, messages, session, Optional.empty(), Optional.empty());
    }

    /**
     * Reads a description from a file, without plugins.
     *
     * @throws DescriptionException if it cannot be read, is no description, or describes what cannot work
     */
    public static Protocol load(Path file) {
        return load(file, Plugins.NONE);
    }

    /** The same where the description may ask for plugins. */
    public static Protocol load(Path file, Plugins plugins) {
        return of(Description.load(file), plugins);
    }

    /**
     * Reads a description, without plugins.
     *
     * @param source what errors call it
     */
    public static Protocol parse(String yaml, String source) {
        return parse(yaml, source, Plugins.NONE);
    }

    /** The same where the description may ask for plugins. */
    public static Protocol parse(String yaml, String source, Plugins plugins) {
        return of(Description.read(yaml, source), plugins);
    }

    private static Protocol of(Section top, Plugins plugins) {
        FrameFormat format = FrameFormat.parse(top);
        MessageLayouts messages = messages(top);
        Optional<PluggedMapper> mapper = PluggedMapper.parse(top, plugins);
        Optional<PluggedDriver> driver = PluggedDriver.parse(top, plugins, messages);
        SessionScript session = driver.isPresent() ? SessionScript.NONE : session(top, messages);
        top.finish();
        try {
            return new Protocol(format, messages, session, driver, mapper);
        } catch (DescriptionException e) {
            throw top.locate(e);
        }
    }

    /** A protocol that comes with the bridge. */
    public static Protocol builtin(String name) {
        return of(Description.shipped(name), Plugins.NONE);
    }

    public static List<String> builtinNames() {
        return Description.shippedNames();
    }

    /** A codec for one connection; where a mapper changes payloads, one that is asked for lengths only. */
    public MessageCodec newCodec() {
        return mapper.map(plugged -> plugged.unbound(messages, format)).orElseGet(() -> messages.codec(format));
    }

    /**
     * A codec for one connection.
     *
     * @param end whose it is
     * @param configured what the configuration gives
     * @throws DescriptionException if a plugin cannot use that, naming what it is
     */
    public MessageCodec newCodec(End end, Map<String, Value> configured, Surroundings surroundings) {
        return mapper.map(plugged -> plugged.bind(messages, format, end, configured, surroundings))
                .orElseGet(() -> messages.codec(format));
    }

    /**
     * The device's end of one connection.
     *
     * @param configured what the configuration gives
     * @throws DescriptionException if a plugin cannot use that, naming what it is
     */
    public SessionDriver newSession(Map<String, Value> configured, Surroundings surroundings) {
        return driver.map(plugged -> plugged.bind(format, configured, surroundings))
                .orElseGet(() -> Session.client(session, format, configured, surroundings));
    }

    /** The variables of the tunnel that the server gives the device. */
    public Set<String> given() {
        return driver.map(plugged -> plugged.factory().gives()).orElseGet(session::given);
    }

    /** What a reader must hold at most to have a frame, or a message in front of the first, whole. */
    public int maxUnitBytes() {
        return Math.max(format.maxFrameBytes(), messages.mostUnframedBytes());
    }

    /** A reader of what this end says in front of its first frame on one connection, read by the codec of the connection. */
    public Prelude newPrelude(End from, MessageCodec codec) {
        return Prelude.of(unframed(from), codec);
    }

    /** What this end says in front of its first frame, in order. */
    public List<Due> unframed(End from) {
        return driver.map(plugged -> plugged.factory().unframed(from)).orElseGet(() -> session.unframed(from));
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
        Section other = shipped(top, "session");
        try {
            return session(other, messages);
        } catch (DescriptionException e) { // its place is in a file that nobody here has written
            throw top.refuse(
                    "session",
                    "is that of " + top.text("session", "reference") + ", which speaks of other messages: "
                            + e.getMessage() + "; allowed: its own session, or none");
        }
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
