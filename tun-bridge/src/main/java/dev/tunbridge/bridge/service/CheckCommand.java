package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Explains a configuration and a frame format, or names the wrong key. */
@Command(
        name = "check",
        description = "Explains a configuration and its frame format in words, or names the wrong key.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class CheckCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(names = "--settings", description = "Lists every configuration key with its default and meaning.")
    private boolean listSettings;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (listSettings) {
            for (Setting<?> setting : Settings.all()) {
                out.printf(
                        "%s (default: %s)%n    %s%n    Allowed: %s.%n",
                        setting.key(),
                        setting.defaultValue().isEmpty() ? "none" : setting.defaultValue(),
                        setting.description(),
                        setting.type().allowed());
            }
            return ExitCode.OK;
        }
        List<BridgeConfig> configs = options.configs();
        for (BridgeConfig config : configs) {
            if (configs.size() > 1) {
                out.println("Tunnel " + config.get(Settings.TUN_NAME));
            }
            explain(config, out);
        }
        return ExitCode.OK;
    }

    private static void explain(BridgeConfig config, PrintWriter out) {
        Protocol protocol = BridgeBuilder.loadProtocol(config);
        Login.of(config, protocol); // refuses what run would refuse
        FrameFormat format = protocol.format();
        out.println("Frame format " + format.name());
        format.explain().forEach(line -> out.println("  " + line));
        out.println("Settings");
        for (Setting<?> setting : Settings.all()) {
            if (config.isSet(setting)) {
                String value = setting.equals(Settings.TOKEN) ? "(set, not shown)" : config.text(setting);
                out.println("  " + setting.key() + " = " + value);
            }
        }
        out.println("  all others at their defaults ('tunbridge check --settings' lists them)");
    }
}
