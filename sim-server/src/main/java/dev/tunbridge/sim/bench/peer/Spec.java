package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.bridge.config.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A peer or workload as it is typed: {@code tcp:down,flows=16}. What follows the colon are words and settings; a comma
 * belongs to a value where no {@code key=} follows it.
 *
 * @param option of the command line, for errors
 */
public record Spec(String option, String text, String name, List<String> words, Map<String, String> settings) {

    public static Spec parse(String option, String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        List<String> words = new ArrayList<>();
        Map<String, String> settings = new LinkedHashMap<>();
        String last = "";
        for (String part : colon < 0 ? new String[0] : text.substring(colon + 1).split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                last = part.substring(0, equals).strip();
                settings.put(last, part.substring(equals + 1).strip());
            } else if (last.isEmpty()) {
                words.add(part.strip());
            } else {
                settings.merge(last, part, (value, more) -> value + "," + more);
            }
        }
        return new Spec(option, text, name.strip(), List.copyOf(words), settings);
    }

    /** Takes a whole number out of the settings. */
    public int number(String key, int otherwise, int least, int most) {
        String value = settings.remove(key);
        if (value == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same refusal
        }
        throw wrong(key + "=" + value, key + " from " + least + " to " + most);
    }

    /** Takes a yes or no out of the settings; no where it says none. */
    public boolean flag(String key) {
        String value = text(key, "no");
        if (!value.equals("yes") && !value.equals("no")) {
            throw wrong(key + "=" + value, key + "=yes or " + key + "=no");
        }
        return value.equals("yes");
    }

    /** Takes a text out of the settings. */
    public String text(String key, String otherwise) {
        String value = settings.remove(key);
        return value == null ? otherwise : value;
    }

    /** The one word of a spec that takes one, or what stands for none. */
    public String word(String otherwise, List<String> allowed) {
        String word = words.isEmpty() ? otherwise : words.get(0);
        if (words.size() > 1 || !allowed.contains(word)) {
            throw wrong(String.join(",", words), String.join(", ", allowed));
        }
        return word;
    }

    /** To be called once everything known has been taken. */
    public void requireNothingElse(String allowed) {
        if (!settings.isEmpty()) {
            throw wrong(settings.keySet().iterator().next(), allowed);
        }
    }

    public ConfigException wrong(String value, String allowed) {
        return ConfigException.of(option + " " + text, "'" + value + "' is not valid; allowed: " + allowed);
    }
}
