package dev.tunbridge.bridge.service;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.tunbridge.bridge.config.ServiceSettings;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.config.ValueForm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every configuration key, in the forms in which people and editors want it; the documentation's own are made here. */
final class SettingsReference {
    private static final int LINE = 110;
    private static final String ENVIRONMENT = "\\$\\{env:[^}]*\\}";
    private static final String TUNNEL_NAME = "^[A-Za-z0-9_-]{1,32}$";

    private SettingsReference() {}

    /** What a key is told in. */
    enum Form {
        /** For a terminal. */
        TEXT,
        /** docs/configuration.md. */
        MARKDOWN,
        /** A JSON Schema, for editors: docs/schema/configuration.json. */
        SCHEMA,
        /** A configuration in which every key stands as a comment: docs/tunbridge.yaml. */
        EXAMPLE
    }

    static String of(Form form) {
        return switch (form) {
            case TEXT -> text();
            case MARKDOWN -> markdown();
            case SCHEMA -> schema();
            case EXAMPLE -> example();
        };
    }

    private static String text() {
        StringBuilder out = new StringBuilder();
        List<Setting<?>> all = new ArrayList<>(Settings.all());
        all.addAll(ServiceSettings.all());
        for (Setting<?> setting : all) {
            out.append(setting.key())
                    .append(" (default: ")
                    .append(shownDefault(setting))
                    .append(")\n    ");
            out.append(setting.description())
                    .append("\n    ")
                    .append(allowed(setting))
                    .append('\n');
        }
        return out.toString();
    }

    private static String shownDefault(Setting<?> setting) {
        return setting.defaultValue().isEmpty() ? "none" : setting.defaultValue();
    }

    private static String allowed(Setting<?> setting) {
        return "Allowed: " + setting.type().allowed() + ". After a reload it counts "
                + setting.reload().words() + ".";
    }

    // The page

    private static String markdown() {
        StringBuilder out = new StringBuilder("""
                # Configuration

                Every key, as `tunbridge check --settings=markdown` writes this page. How files, folders, several tunnels and secrets work:
                [operations.md](operations.md#several-tunnels). An example with every key: [tunbridge.yaml](tunbridge.yaml). For editors:
                [schema/configuration.json](schema/configuration.json).

                "Counts" says what a change takes after `tunbridge reload`: *at once* in the running session, *with a new session* of its tunnel, which the
                reload sets up, or *at the next start* of the service.
                """);
        out.append("\n## The service\n\nBeside `tunnels:`, once.\n\n");
        table(ServiceSettings.all(), out);
        out.append(
                "\n## A tunnel\n\nIn a file of one tunnel, below `tunnels.NAME`, or beside `tunnels:` for all that do not say otherwise.\n\n");
        table(Settings.all(), out);
        return out.toString();
    }

    private static void table(Collection<Setting<?>> settings, StringBuilder out) {
        out.append("| key | default | allowed | counts | meaning |\n| --- | --- | --- | --- | --- |\n");
        for (Setting<?> setting : settings) {
            out.append("| `").append(setting.key()).append("` | ");
            out.append(setting.defaultValue().isEmpty() ? "none" : "`" + setting.defaultValue() + "`");
            out.append(" | ").append(cell(setting.type().allowed()));
            out.append(" | ").append(setting.reload().words());
            out.append(" | ").append(cell(setting.description())).append(" |\n");
        }
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*");
    }

    // The example

    private static String example() {
        StringBuilder out = new StringBuilder("""
                # A configuration of Tunbridge, as 'tunbridge check --settings=example' writes it: every key with its default, as a
                # comment. Keys may be nested or have dots, as queue.bytes and queue: {bytes: ...}. A tunnel needs its server.
                # yaml-language-server: $schema=schema/configuration.json

                """);
        keys(ServiceSettings.all(), "", out);
        out.append("""
                tunnels:
                  example:
                    server: "192.0.2.1:7000"

                """);
        List<Setting<?>> others = new ArrayList<>(Settings.all());
        others.remove(Settings.SERVER);
        keys(others, "    ", out);
        return out.toString().stripTrailing() + "\n";
    }

    private static void keys(Collection<Setting<?>> settings, String indent, StringBuilder out) {
        for (Setting<?> setting : settings) {
            comment(setting.description() + " " + allowed(setting), indent, out);
            out.append(indent).append('#').append(setting.key()).append(": \"");
            out.append(setting.defaultValue()).append("\"\n\n");
        }
    }

    private static void comment(String text, String indent, StringBuilder out) {
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (line.length() + word.length() > LINE) {
                out.append(indent).append('#').append(line).append('\n');
                line.setLength(0);
            }
            line.append(' ').append(word);
        }
        out.append(indent).append('#').append(line).append('\n');
    }

    // The schema

    private static String schema() {
        JsonObject tunnel = object(Settings.all());
        JsonObject named = new JsonObject();
        named.add(TUNNEL_NAME, tunnel);
        JsonObject tunnels = new JsonObject();
        tunnels.addProperty("type", "object");
        tunnels.addProperty("description", "The tunnels by their names.");
        tunnels.add("patternProperties", named);
        tunnels.addProperty("additionalProperties", false);
        List<Setting<?>> all = new ArrayList<>(ServiceSettings.all());
        all.addAll(Settings.all());
        JsonObject root = object(all);
        root.getAsJsonObject("properties").add("tunnels", tunnels);
        JsonObject dotted = new JsonObject();
        dotted.add("^tunnels\\.", new JsonObject());
        root.add("patternProperties", dotted);
        JsonObject schema = new JsonObject();
        schema.addProperty("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.addProperty("title", "Tunbridge configuration");
        root.entrySet().forEach(entry -> schema.add(entry.getKey(), entry.getValue()));
        JsonObject values = new JsonObject();
        all.forEach(setting -> values.add(setting.key(), value(setting)));
        schema.add("$defs", values);
        return new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(schema) + "\n";
    }

    /** Keys with dots, and the same nested. */
    private static JsonObject object(Collection<Setting<?>> settings) {
        Map<String, List<Setting<?>>> groups = new LinkedHashMap<>();
        JsonObject properties = new JsonObject();
        for (Setting<?> setting : settings) {
            properties.add(setting.key(), reference(setting));
            int dot = setting.key().indexOf('.');
            if (dot > 0) {
                groups.computeIfAbsent(setting.key().substring(0, dot), group -> new ArrayList<>())
                        .add(setting);
            }
        }
        groups.forEach((group, members) -> {
            JsonObject nested = new JsonObject();
            nested.addProperty("type", "object");
            JsonObject inner = new JsonObject();
            members.forEach(member -> inner.add(member.key().substring(group.length() + 1), reference(member)));
            nested.add("properties", inner);
            nested.addProperty("additionalProperties", false);
            properties.add(
                    group, properties.has(group) ? anyOf(properties.get(group).getAsJsonObject(), nested) : nested);
        });
        JsonObject object = new JsonObject();
        object.addProperty("type", "object");
        object.add("properties", properties);
        object.addProperty("additionalProperties", false);
        return object;
    }

    private static JsonObject reference(Setting<?> setting) {
        JsonObject reference = new JsonObject();
        reference.addProperty("$ref", "#/$defs/" + setting.key());
        return reference;
    }

    private static JsonObject value(Setting<?> setting) {
        JsonObject value = form(setting.type().form());
        value.addProperty("description", setting.description() + " " + allowed(setting));
        return value;
    }

    private static JsonObject form(ValueForm form) {
        if (form instanceof ValueForm.Flag) {
            return anyOf(type("boolean"), choice(List.of("true", "false", "yes", "no", "on", "off")), environment());
        }
        if (form instanceof ValueForm.Whole number) {
            JsonObject whole = type("integer");
            whole.addProperty("minimum", number.least());
            whole.addProperty("maximum", number.most());
            return anyOf(whole, environment());
        }
        if (form instanceof ValueForm.Choice choice) {
            return anyOf(choice(choice.names()), environment());
        }
        if (form instanceof ValueForm.ChoiceOr choice) {
            return anyOf(choice(choice.names()), form(choice.other()));
        }
        if (form instanceof ValueForm.Items items) {
            JsonObject array = type("array");
            array.add("items", form(items.item()));
            return anyOf(array, type("string", "number"));
        }
        return type("string", "number");
    }

    private static JsonObject type(String... names) {
        JsonObject type = new JsonObject();
        JsonArray all = new JsonArray();
        for (String name : names) {
            all.add(name);
        }
        type.add("type", all.size() == 1 ? all.get(0) : all);
        return type;
    }

    private static JsonObject choice(List<String> names) {
        JsonObject choice = new JsonObject();
        JsonArray all = new JsonArray();
        names.forEach(all::add);
        choice.add("enum", all);
        return choice;
    }

    private static JsonObject environment() {
        JsonObject environment = type("string");
        environment.addProperty("pattern", ENVIRONMENT);
        return environment;
    }

    private static JsonObject anyOf(JsonObject... forms) {
        JsonArray all = new JsonArray();
        for (JsonObject form : forms) {
            all.add(form);
        }
        JsonObject any = new JsonObject();
        any.add("anyOf", all);
        return any;
    }
}
