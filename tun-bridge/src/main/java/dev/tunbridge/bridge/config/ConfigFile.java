package dev.tunbridge.bridge.config;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Leaf;
import dev.tunbridge.protocol.description.Section;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a YAML file of settings says, or those of a folder together: nesting becomes dots, lists become commas, {@code ${env:NAME}}
 * what the environment has.
 *
 * @param source the file or folder
 * @param said by dotted key
 * @param texts the values, with the environment's in their places
 * @param tunnels names of {@code tunnels}, those included that say nothing
 */
record ConfigFile(String source, Map<String, Leaf> said, Map<String, String> texts, Set<String> tunnels) {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:([^}]*)}");

    /** Of a file, or of all files of a folder that end in .yaml or .yml, in the order of their names. */
    static ConfigFile load(Path path, UnaryOperator<@Nullable String> environment) {
        try {
            if (!Files.isDirectory(path)) {
                return read(path, environment);
            }
            List<Path> files = filesOf(path);
            if (files.isEmpty()) {
                throw ConfigException.of(
                        path.toString(), "has no file that ends in .yaml or .yml; allowed: one at least");
            }
            ConfigFile all = new ConfigFile(
                    path.toString(), new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashSet<>());
            for (Path file : files) {
                all.add(read(file, environment));
            }
            return all;
        } catch (DescriptionException e) {
            throw ConfigException.of(e);
        } catch (IOException e) {
            throw ConfigException.of(path.toString(), "cannot be read: " + FileFault.reason(e), e);
        }
    }

    static ConfigFile parse(String yaml, String source) {
        try {
            return of(source, Description.read(yaml, source), name -> null, false);
        } catch (DescriptionException e) {
            throw ConfigException.of(e);
        }
    }

    private static List<Path> filesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("[^.].*\\.ya?ml"))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static ConfigFile read(Path file, UnaryOperator<@Nullable String> environment) throws IOException {
        return of(file.toString(), Description.load(file), environment, Secrets.isOpenToOthers(file));
    }

    private static ConfigFile of(
            String source, Section root, UnaryOperator<@Nullable String> environment, boolean isOpen) {
        Map<String, Leaf> said = root.leaves();
        Map<String, String> texts = new LinkedHashMap<>();
        said.forEach((key, leaf) -> texts.put(key, text(leaf, environment)));
        if (isOpen) {
            refuseSecrets(said, texts);
        }
        Set<String> tunnels = new LinkedHashSet<>();
        said.keySet().forEach(key -> ConfigReader.tunnelIn(key).ifPresent(tunnels::add)); // in the order of the file
        root.optionalSection(ConfigReader.TUNNELS).ifPresent(section -> tunnels.addAll(section.names()));
        return new ConfigFile(source, said, texts, tunnels);
    }

    private static String text(Leaf leaf, UnaryOperator<@Nullable String> environment) {
        Matcher found = VARIABLE.matcher(leaf.value());
        return found.replaceAll(each -> {
            String value = environment.apply(each.group(1));
            if (value == null) {
                throw leaf.refuse("names the environment variable \"" + each.group(1)
                        + "\", which is not set; allowed: one that is, or the value itself");
            }
            return Matcher.quoteReplacement(value);
        });
    }

    private static void refuseSecrets(Map<String, Leaf> said, Map<String, String> texts) {
        said.forEach((key, leaf) -> {
            boolean isSecret = key.equals(Settings.TOKEN.key()) || key.endsWith("." + Settings.TOKEN.key());
            if (isSecret && leaf.value().equals(texts.get(key)) && !leaf.value().isEmpty()) {
                throw leaf.refuse("stands in a file that others may read; allowed: " + Settings.TOKEN_FILE.key()
                        + ", \"${env:NAME}\", or a file that they may not (chmod o-r)");
            }
        });
    }

    private void add(ConfigFile other) {
        other.said.forEach((key, leaf) -> {
            Leaf before = said.putIfAbsent(key, leaf);
            if (before != null) {
                throw leaf.atKey("is there twice; allowed: once, and it is at " + before.position() + " already");
            }
        });
        texts.putAll(other.texts);
        tunnels.addAll(other.tunnels);
    }
}
