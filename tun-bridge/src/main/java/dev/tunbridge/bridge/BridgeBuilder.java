package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.path.SocketTuning;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import dev.tunbridge.linux.Readiness;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.plugin.Plugins;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Gathers what a bridge needs. Not thread-safe; may be used for several bridges, one after the other. */
public final class BridgeBuilder {
    /** Those that were asked for: a process with 200 tunnels would read one description 200 times. */
    private static final Map<String, Protocol> SHIPPED = new ConcurrentHashMap<>();

    private BridgeConfig config = BridgeConfig.defaults();
    private BridgeListener listener = new BridgeListener() {};
    private @Nullable Protocol protocol;
    private @Nullable EventLoopGroup group;
    private @Nullable TunDevice device;
    private NameResolver resolver = NameResolver.SYSTEM;

    BridgeBuilder() {}

    /** Starts from this configuration instead of the defaults. */
    public BridgeBuilder config(BridgeConfig config) {
        this.config = config;
        return this;
    }

    /** Sets any configuration key, in the text form of {@code --set}. */
    public BridgeBuilder set(String key, String value) {
        config = config.with(key, value);
        return this;
    }

    /** Sets several keys. */
    public BridgeBuilder set(Map<String, String> values) {
        config = config.with(values);
        return this;
    }

    /** Where the third party's server listens. */
    public BridgeBuilder server(String host, int port) {
        return set(Settings.SERVER.key(), new Endpoint(host, port).toString());
    }

    /** Name of the TUN device to make. */
    public BridgeBuilder tun(String name) {
        return set(Settings.TUN_NAME.key(), name);
    }

    /** The secret that the server asks for. */
    public BridgeBuilder token(String token) {
        return set(Settings.TOKEN.key(), token);
    }

    /** A protocol that is no file: goes before the configuration's. */
    public BridgeBuilder protocol(Protocol protocol) {
        this.protocol = protocol;
        return this;
    }

    /** Who hears what happens. */
    public BridgeBuilder listener(BridgeListener listener) {
        this.listener = listener;
        return this;
    }

    /**
     * An event loop group of the caller's: the bridge takes one of its loops and never shuts it down. With an epoll
     * group the device is read on the loop itself, with any other by a thread of its own.
     */
    public BridgeBuilder eventLoopGroup(EventLoopGroup group) {
        this.group = group;
        return this;
    }

    /** A device of the caller's instead of a Linux TUN device: then nothing of the system is touched. */
    public BridgeBuilder device(TunDevice device) {
        this.device = device;
        return this;
    }

    /** Who is asked for the server's addresses before each try to connect; the system otherwise. */
    public BridgeBuilder resolver(NameResolver resolver) {
        this.resolver = resolver;
        return this;
    }

    /**
     * Checks everything that can be checked without the network.
     *
     * @throws ConfigException naming the key, the value and what is allowed
     */
    public Bridge build() {
        Endpoint server = config.server();
        SocketTuning.check(config);
        Login login = Login.of(config, protocol != null ? protocol : loadProtocol(config));
        TunDevice own = device;
        requireEpoll(login);
        DeviceFactory devices = own != null ? () -> own : () -> LinuxDevices.device(config, login.isPackets());
        NetworkSetup networkSetup = own != null
                ? LinuxDevices.withoutKernel(config)
                : login.isPackets() ? LinuxDevices.networkSetup(config) : LinuxDevices.withoutDevice(config);
        return new Bridge(config, server, login, listener, group, devices, networkSetup, resolver);
    }

    /** Virtual sockets are in the loop's own epoll set. */
    private void requireEpoll(Login login) {
        EventLoopGroup given = group;
        boolean has = given == null ? Epoll.isAvailable() : Readiness.usesEpoll(given);
        if (login.offered().contains(Carriage.SOCKET) && !has) {
            throw ConfigException.of(
                    Settings.CARRIAGE.key(),
                    "socket needs an event loop group of epoll"
                            + (given == null
                                    ? ", for which Netty has no library here"
                                    : "; allowed: one of EpollIoHandler"));
        }
    }

    /** The protocol that a configuration names: one that ships, or a file, which may ask for plugins. */
    public static Protocol loadProtocol(BridgeConfig config) {
        String name = config.get(Settings.FORMAT);
        Plugins plugins = PluginJars.load(config);
        try {
            return Protocol.builtinNames().contains(name)
                    ? SHIPPED.computeIfAbsent(name, Protocol::builtin)
                    : Protocol.load(Path.of(name), plugins);
        } catch (DescriptionException e) {
            throw ConfigException.of(Settings.FORMAT.key(), String.valueOf(e.getMessage()), e);
        }
    }
}
