package dev.tunbridge.bridge.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Secrets come from files that others may not read, or from the environment, and are shown nowhere. */
public final class Secrets {
    /** What a token file may have: more is none. */
    private static final int MOST_BYTES = 4096;

    /** A secret in a line of a file: the key, and a value in quotes or up to what ends a plain one. */
    private static final Pattern IN_A_LINE =
            Pattern.compile("(?<=\\btoken[\"']?[:=])\\s*(?:\"(?:[^\"\\\\]|\\\\.)*\"?|'[^']*'?|[^,}\\n]*)");

    private Secrets() {}

    /** Lines of a file as they may be shown: each character of a secret is an asterisk. */
    public static String scrub(String lines) {
        return IN_A_LINE
                .matcher(lines)
                .replaceAll(found -> "*".repeat(found.group().length()));
    }

    /**
     * The configuration with what its secret's file has.
     *
     * @throws ConfigException for a file that cannot be read, that others may read, or that has none
     */
    public static BridgeConfig resolve(BridgeConfig config) {
        Optional<Path> file = config.get(Settings.TOKEN_FILE);
        if (file.isEmpty()) {
            return config;
        }
        if (config.isSet(Settings.TOKEN)) {
            throw ConfigException.of(
                    Settings.TOKEN_FILE.key(), "goes with no " + Settings.TOKEN.key() + "; allowed: one of them");
        }
        return config.without(Settings.TOKEN_FILE).with(Settings.TOKEN.key(), read(file.get()));
    }

    private static String read(Path file) {
        String key = Settings.TOKEN_FILE.key();
        try {
            if (isOpenToOthers(file)) {
                throw ConfigException.of(key, file + " may be read by others; allowed: chmod o-rwx " + file);
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(MOST_BYTES + 1);
            }
            String secret = new String(bytes, StandardCharsets.UTF_8).strip();
            if (bytes.length > MOST_BYTES || secret.isEmpty() || secret.lines().count() > 1) {
                throw ConfigException.of(
                        key,
                        file + (secret.isEmpty() ? " is empty" : " has more than a secret") + "; allowed: one line, "
                                + Settings.TOKEN.type().allowed());
            }
            return secret;
        } catch (IOException e) {
            throw ConfigException.of(key, "cannot read " + file + ": " + FileFault.reason(e), e);
        }
    }

    /** Whether users that are neither its owner nor of its group may read it; where the file system has no such thing, no. */
    static boolean isOpenToOthers(Path file) throws IOException {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            return permissions.contains(PosixFilePermission.OTHERS_READ);
        } catch (UnsupportedOperationException e) {
            return false;
        }
    }
}
