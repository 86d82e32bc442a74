package dev.tunbridge.bridge.service;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A status for people. */
final class StatusText {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private StatusText() {}

    /** Of the service, tunnel by tunnel. */
    static List<String> lines(JsonObject status) {
        List<String> lines = new ArrayList<>();
        lines.add("Tunbridge " + text(status, "program") + ", process " + text(status, "pid") + ", since "
                + text(status, "started"));
        for (JsonElement tunnel : status.getAsJsonArray("tunnels")) {
            lines.add("");
            add(tunnel.getAsJsonObject(), lines);
        }
        return lines;
    }

    private static void add(JsonObject tunnel, List<String> lines) {
        boolean isPassing = tunnel.get("passing").getAsBoolean();
        lines.add(text(tunnel, "name") + ": " + (isPassing ? "traffic passes" : "NO TRAFFIC") + ", "
                + text(tunnel, "state") + " for "
                + duration(tunnel.get("seconds").getAsLong()) + " (since "
                + text(tunnel, "since") + ")");
        lines.add("  server " + text(tunnel, "server") + ", device " + text(tunnel, "device") + session(tunnel));
        for (JsonElement each : tunnel.getAsJsonArray("problems")) {
            JsonObject problem = each.getAsJsonObject();
            lines.add("  " + text(problem, "severity").toUpperCase(Locale.ROOT) + " " + text(problem, "code") + ": "
                    + text(problem, "text"));
            lines.add("    affects " + text(problem, "affects"));
            lines.add("    next    " + text(problem, "mend"));
        }
        if (tunnel.get("earned").isJsonObject()) {
            earned(tunnel.getAsJsonObject("earned"), lines);
        }
        lines.add("  Events");
        for (JsonElement each : tunnel.getAsJsonArray("events")) {
            JsonObject event = each.getAsJsonObject();
            lines.add("    " + text(event, "at") + " " + text(event, "kind") + " " + text(event, "text"));
        }
    }

    private static String session(JsonObject tunnel) {
        if (!tunnel.get("session").isJsonObject()) {
            return "";
        }
        JsonObject session = tunnel.getAsJsonObject("session");
        return ", " + text(session, "carriage") + ", " + text(session, "device_address") + " to "
                + text(session, "server_address") + ", MTU " + text(session, "mtu");
    }

    private static void earned(JsonObject earned, List<String> lines) {
        lines.add("  Traffic  down " + bytes(earned.get("down_bytes").getAsLong()) + ", up "
                + bytes(earned.get("up_bytes").getAsLong()) + ", sessions " + text(earned, "connections") + ", queued "
                + bytes(earned.get("queue_bytes").getAsLong()));
        lines.add(String.format(
                Locale.ROOT,
                "  Earned   %s frames past a lost segment (%.1f ms held back all the same), %s not sent twice, %s marked",
                text(earned, "early_frames"),
                earned.get("held_back_ms").getAsDouble(),
                bytes(earned.get("bytes_not_sent_twice").getAsLong()),
                text(earned, "marked")));
        JsonObject drops = earned.getAsJsonObject("drops");
        List<String> told = new ArrayList<>();
        for (Map.Entry<String, JsonElement> drop : drops.entrySet()) {
            told.add(drop.getKey().replace('_', '-') + " " + drop.getValue().getAsString());
        }
        lines.add("  Dropped  " + (told.isEmpty() ? "nothing" : String.join(", ", told)));
    }

    private static String text(JsonObject object, String key) {
        return object.get(key).getAsString();
    }

    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    static String duration(long seconds) {
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min " + seconds % 60 + " s";
        }
        return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }
}
