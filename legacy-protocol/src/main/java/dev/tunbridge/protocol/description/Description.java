package dev.tunbridge.protocol.description;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** A description as it was written. */
public final class Description {
    private Description() {}

    /**
     * Reads the YAML of a description; what the keys mean is known to who asks for them.
     *
     * @param source what errors call it
     * @throws DescriptionException if it is no YAML, or no mapping
     */
    public static Section read(String yaml, String source) {
        return Section.of(source, "", loadYaml(yaml, source));
    }

    private static Object loadYaml(String yaml, String source) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source)
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(0)
                .setSchema(new CoreSchema())
                .build();
        @Nullable Object value;
        try {
            value = new Load(settings).loadFromString(yaml);
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark()
                    .map(mark -> "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": ")
                    .orElse("");
            throw new DescriptionException(source, "", "is not YAML: " + line + e.getProblem());
        } catch (YamlEngineException | IllegalArgumentException e) { // the latter of a tag like !%5
            throw new DescriptionException(source, "", "is not YAML: " + e.getMessage());
        }
        if (value == null) {
            throw new DescriptionException(source, "", "is empty; allowed: a description");
        }
        return value;
    }
}
