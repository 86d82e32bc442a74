package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.plugin.SessionDriverFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code --plugin}: what a JAR brings is there, and one that brings nothing of use is told of. */
class PluginOptionTest {
    private static final String TOKEN = "--token=t";
    private static final String MTU = "--set=tunnel.mtu=1400";

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int check(String... arguments) throws IOException {
        Path file = Files.writeString(folder.resolve("acme.yaml"), """
                name: acme
                frame: {length: {at: 0, size: 2, max: 2000}, payload: {at: 2}}
                types: {packet: 0}
                messages: {packet: {means: packet, layout: [{bytes: content}]}}
                session: {driver: quiet}
                """);
        CommandLine line = Main.commandLine(new CheckCommand());
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        List<String> all = new ArrayList<>(List.of("--server", "198.18.0.2:1", "--format", file.toString()));
        all.addAll(List.of(arguments));
        return line.execute(all.toArray(String[]::new));
    }

    private Path jar(String name, String factory) throws IOException {
        Path jar = folder.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file)) {
            entries.putNextEntry(new JarEntry("META-INF/services/" + SessionDriverFactory.class.getName()));
            entries.write(factory.getBytes(StandardCharsets.UTF_8));
            entries.closeEntry();
        }
        return jar;
    }

    @Test
    void whatItBringsIsThere() throws IOException {
        Path jar = jar("quiet.jar", QuietFactory.class.getName());
        assertThat(check("--plugin", jar.toString(), TOKEN, MTU))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("plugins = " + jar);
    }

    @Test
    void withoutItTheDescriptionIsRefused() throws IOException {
        assertThat(check(TOKEN, MTU)).isEqualTo(2);
        assertThat(err.toString())
                .contains("session.driver: is \"quiet\"; allowed: none, as there is no such plugin", "--plugin");
    }

    @Test
    void whatThePluginDoesNotGiveTheConfigurationMust() throws IOException {
        Path jar = jar("quiet.jar", QuietFactory.class.getName());
        assertThat(check("--plugin", jar.toString(), TOKEN)).isEqualTo(2);
        assertThat(err.toString()).contains("tunnel.mtu", "the login of 'acme' does not say it");
    }

    @Test
    void whatThePluginCannotUseIsRefusedBeforeAnythingBegins() throws IOException {
        Path jar = jar("quiet.jar", QuietFactory.class.getName());
        assertThat(check("--plugin", jar.toString(), MTU)).isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "acme.yaml:5:19: session.driver: is \"quiet\", which cannot use this configuration: identity.token is empty");
    }

    @Test
    void whatIsNoJarIsTold() throws IOException {
        assertThat(check("--plugin", folder.resolve("none.jar").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("plugins", "none.jar: no such file");
        Path text = Files.writeString(folder.resolve("text.jar"), "no archive");
        assertThat(check("--plugin", text.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("cannot read the JAR " + text);
    }

    @Test
    void whatCannotBeLoadedIsTold() throws IOException {
        assertThat(check("--plugin", jar("broken.jar", "acme.Missing").toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("plugins", "a plugin cannot be loaded", "acme.Missing");
    }
}
