package dev.tunbridge.protocol.dissector;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.protocol.FuzzSeeds;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Arbitrary descriptions, written as a dissector; how to fuzz is in CONTRIBUTING. */
class DissectorFuzzTest {
    private static final int BROKEN = 4;
    private static final int PORT = 7_000;
    private static final String TABLE = "\n\nlocal format = ";

    /** Constants in tables, and nothing that a description could have smuggled in between. */
    private static final Pattern TOKEN =
            Pattern.compile("\\s+|[\\[\\]{}=,]|-?[0-9]+|true|false|\"(?:[ !#-\\[\\]-~]|\\\\[0-9]{3})*\"");

    static Stream<byte[]> descriptions() {
        return new FuzzSeeds().descriptions(BROKEN).stream().map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** What a description says stands in the file as constants of Lua. */
    @MethodSource("descriptions")
    @FuzzTest(maxDuration = "10m")
    void writesConstantsOnly(byte[] description) {
        String lua;
        try {
            lua = Dissector.of(Protocol.parse(new String(description, StandardCharsets.UTF_8), "fuzz"), PORT);
        } catch (DescriptionException e) {
            return;
        }
        int table = lua.indexOf(TABLE);
        assertThat(lua.substring(0, table).lines()).allMatch(line -> line.startsWith("--"));
        int depth = 0;
        int at = table + TABLE.length();
        do {
            var token = TOKEN.matcher(lua).region(at, lua.length());
            assertThat(token.lookingAt())
                    .as("a token of Lua at %s", lua.substring(at, Math.min(lua.length(), at + 60)))
                    .isTrue();
            depth += token.group().equals("{") ? 1 : token.group().equals("}") ? -1 : 0;
            at = token.end();
        } while (depth > 0);
        assertThat(lua.substring(at)).startsWith("\n\n");
    }
}
