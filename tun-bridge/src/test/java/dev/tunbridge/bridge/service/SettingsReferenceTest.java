package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.GsonNode;
import dev.tunbridge.bridge.config.ConfigReader;
import dev.tunbridge.bridge.config.ServiceConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.service.SettingsReference.Form;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The documentation's pages are what the settings say, and what they say works. */
class SettingsReferenceTest {
    private static final Path DOCS = Path.of("..", "docs");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "MARKDOWN, configuration.md",
        "SCHEMA, schema/configuration.json",
        "EXAMPLE, tunbridge.yaml",
    })
    void theDocumentationIsOfThisBuild(Form form, String page) throws IOException {
        assertThat(DOCS.resolve(page))
                .as(
                        "write it anew: ./tunbridge check --settings=%s > docs/%s",
                        form.name().toLowerCase(java.util.Locale.ROOT), page)
                .content()
                .isEqualTo(SettingsReference.of(form));
    }

    @Test
    void theExampleIsAConfigurationOfDefaults() throws IOException {
        Path example = Files.writeString(folder.resolve("example.yaml"), SettingsReference.of(Form.EXAMPLE));
        ServiceConfig config = ConfigReader.read(List.of(example), Map.of());
        assertThat(config.tunnels()).hasSize(1);
        assertThat(config.tunnels().get(0).name()).isEqualTo("example");
        assertThat(config.tunnels().get(0).config().server()).hasToString("192.0.2.1:7000");
    }

    @Test
    void eachDefaultOfTheExampleMayBeTakenAsItStands() throws IOException {
        String all = SettingsReference.of(Form.EXAMPLE).replaceAll("(?m)^( *)#([a-z][a-z0-9.-]*: \")", "$1$2");
        Path example = Files.writeString(folder.resolve("example.yaml"), all);
        ServiceConfig config = ConfigReader.read(List.of(example), Map.of("identity.token-file", ""));
        assertThat(config.tunnels().get(0).config().changedFrom(dev.tunbridge.bridge.config.BridgeConfig.defaults()))
                .containsExactly(Settings.SERVER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"server\":\"h:1\",\"queue\":{\"bytes\":\"1MiB\"},\"queue.aqm\":false} | true",
                "{\"tunnels\":{\"pumps\":{\"server\":\"h:1\",\"tun\":{\"name\":\"tb1\"}}},\"control\":{\"mode\":\"0600\"}} | true",
                "{\"mapping\":\"auto\",\"carriage\":[\"packet\",\"segment\"],\"routes\":\"10.0.0.0/8\"} | true",
                "{\"tunnels.pumps.server\":\"h:1\",\"tun.tx-queue-length\":\"${env:LENGTH}\"} | true",
                "{\"queue\":{\"byte\":\"1MiB\"}} | false",
                "{\"tunnels\":{\"pumps\":{\"control\":{\"mode\":\"0600\"}}}} | false",
                "{\"tunnels\":{\"no name\":{\"server\":\"h:1\"}}} | false",
                "{\"mode\":\"fast\"} | false",
                "{\"tun\":{\"tx-queue-length\":0}} | false",
                "{\"tun\":{\"offload\":\"perhaps\"}} | false",
            })
    void theSchemaTakesWhatIsRightAndRefusesWhatIsNot(String configuration, boolean isRight) {
        Validator.Result result = new ValidatorFactory()
                .withJsonNodeFactory(new GsonNode.Factory())
                .validate(SettingsReference.of(Form.SCHEMA), configuration);
        assertThat(result.isValid()).as(result.getErrors().toString()).isEqualTo(isRight);
    }
}
