package dev.tunbridge.bridge.control;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.tunbridge.bridge.control.ControlException.Code;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;
import java.util.Set;

/**
 * One line of a client: {@code {"version":1,"id":7,"command":"status","arguments":{}}}.
 *
 * @param id the client's own; the answer has it too
 * @param command what is to be done
 * @param arguments of the command; may be left out
 */
public record Request(long id, String command, JsonObject arguments) {
    /** The version of requests and answers. It changes when an older client would be misled, and not for what is added. */
    public static final int VERSION = 1;

    private static final Set<String> KEYS = Set.of("version", "id", "command", "arguments");

    /** The line, without its end. */
    String line() {
        JsonObject line = new JsonObject();
        line.addProperty("version", VERSION);
        line.addProperty("id", id);
        line.addProperty("command", command);
        line.add("arguments", arguments);
        return line.toString();
    }

    /** The text argument of this name, if there is one. */
    public Optional<String> text(String name) throws ControlException {
        JsonElement value = arguments.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new ControlException(Code.BAD_ARGUMENT, name + ": is no text");
        }
        return Optional.of(value.getAsString());
    }

    /** Refuses arguments that are none of these. */
    public void arguments(Set<String> allowed) throws ControlException {
        for (String name : arguments.keySet()) {
            if (!allowed.contains(name)) {
                throw new ControlException(
                        Code.BAD_ARGUMENT,
                        name + ": is no argument of " + command + "; allowed: "
                                + (allowed.isEmpty() ? "none" : String.join(", ", allowed)));
            }
        }
    }

    /** Reads a line. */
    static Request parse(String line) throws ControlException {
        JsonObject object = object(line);
        for (String key : object.keySet()) {
            if (!KEYS.contains(key)) {
                throw bad(key + ": is no key of a request; allowed: version, id, command, arguments");
            }
        }
        long version = whole(object, "version");
        if (version != VERSION) {
            throw new ControlException(Code.VERSION, "version: is " + version + "; allowed: " + VERSION);
        }
        JsonElement command = object.get("command");
        if (command == null
                || !command.isJsonPrimitive()
                || !command.getAsJsonPrimitive().isString()) {
            throw bad("command: is missing or no text");
        }
        JsonElement arguments = object.has("arguments") ? object.get("arguments") : new JsonObject();
        if (!arguments.isJsonObject()) {
            throw bad("arguments: is no object");
        }
        return new Request(whole(object, "id"), command.getAsString(), arguments.getAsJsonObject());
    }

    private static JsonObject object(String line) throws ControlException {
        JsonReader reader = new JsonReader(new StringReader(line));
        reader.setStrictness(Strictness.STRICT);
        try {
            JsonElement element = JsonParser.parseReader(reader);
            if (!element.isJsonObject() || reader.peek() != JsonToken.END_DOCUMENT) {
                throw bad("is no JSON object");
            }
            return element.getAsJsonObject();
        } catch (ControlException e) {
            throw e;
        } catch (IOException | JsonParseException e) {
            throw bad("is not JSON");
        }
    }

    private static long whole(JsonObject object, String key) throws ControlException {
        JsonElement value = object.get(key);
        if (value == null
                || !value.isJsonPrimitive()
                || !value.getAsJsonPrimitive().isNumber()) {
            throw bad(key + ": is missing or no number");
        }
        try {
            return value.getAsBigDecimal().longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw bad(key + ": is no whole number below 2^63");
        }
    }

    private static ControlException bad(String reason) {
        return new ControlException(Code.BAD_REQUEST, reason);
    }
}
