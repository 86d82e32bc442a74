package dev.tunbridge.bridge.config;

import dev.tunbridge.bridge.control.ControlClient;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every key of the service, which its tunnels share. */
public final class ServiceSettings {
    private static final Map<String, Setting<?>> BY_KEY = new LinkedHashMap<>();

    public static final Setting<AutoOr<Path>> CONTROL_SOCKET = add(
            "control.socket",
            SettingType.autoOr(SettingType.absolutePath()),
            "auto",
            "Where the service listens for 'tunbridge status' and the like: a Unix socket. Auto: "
                    + ControlClient.USUAL_PATH + ", if nobody listens there and the folder is there or can be made.");

    public static final Setting<Set<PosixFilePermission>> CONTROL_MODE = add(
            "control.mode",
            new SettingType<>("four digits from 0600 to 0666, which end in 0, 4 or 6", ServiceSettings::mode),
            "0660",
            "Who may ask: the socket's permissions.");

    public static final Setting<List<String>> CONTROL_OPERATORS = add(
            "control.operators",
            SettingType.listOf(SettingType.matching("a user's name", "[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}")),
            "",
            "Who may change something besides root and the service's own user, such as reload or reconnect; all others that"
                    + " may ask may read.",
            Setting.Reload.LIVE);

    private ServiceSettings() {}

    /** All of them, in the order of the reference page. */
    public static Collection<Setting<?>> all() {
        return BY_KEY.values();
    }

    /** Whether there is such a key. */
    static boolean has(String key) {
        return BY_KEY.containsKey(key);
    }

    private static Set<PosixFilePermission> mode(String text) {
        SettingType.require(text.matches("06[046][046]"));
        StringBuilder permissions = new StringBuilder();
        for (char digit : text.substring(1).toCharArray()) {
            permissions.append(digit == '6' ? "rw-" : digit == '4' ? "r--" : "---");
        }
        return PosixFilePermissions.fromString(permissions.toString());
    }

    private static <T> Setting<T> add(String key, SettingType<T> type, String defaultValue, String description) {
        return add(key, type, defaultValue, description, Setting.Reload.START);
    }

    private static <T> Setting<T> add(
            String key, SettingType<T> type, String defaultValue, String description, Setting.Reload reload) {
        Setting<T> setting = new Setting<>(key, type, defaultValue, description, reload, false);
        BY_KEY.put(key, setting);
        return setting;
    }
}
