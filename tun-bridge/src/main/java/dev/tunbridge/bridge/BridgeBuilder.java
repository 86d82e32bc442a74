package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Secrets;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.local.AppTarget;
import dev.tunbridge.bridge.local.ServicePorts;
import dev.tunbridge.bridge.path.SocketTuning;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import dev.tunbridge.linux.Readiness;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.plugin.Plugins;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    private final List<AppTarget> applications = new ArrayList<>();

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

    /**
     * Ports of the device that the application serves itself, by virtual sockets: the first that names a port counts, and all come before
     * {@code relay.targets}. {@code filter.allow}, {@code filter.sources} and the limits hold for them too.
     *
     * @param ports {@code [tcp: | udp:]PORT[-LAST]}
     * @throws IllegalArgumentException for what are no ports
     */
    public BridgeBuilder relay(String ports, RelayHandler handler) {
        applications.add(new AppTarget(ServicePorts.parse(ports), handler));
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
        config = Secrets.resolve(config);
        Endpoint server = config.server();
        SocketTuning.check(config);
        Login login = Login.of(config, protocol != null ? protocol : loadProtocol(config));
        TunDevice own = device;
        requireEpoll(login);
        requireSockets(login);
        DeviceFactory devices = own != null ? () -> own : () -> LinuxDevices.device(config, login.isPackets());
        NetworkSetup networkSetup = own != null
                ? LinuxDevices.withoutKernel(config)
                : login.isPackets() ? LinuxDevices.networkSetup(config) : LinuxDevices.withoutDevice(config);
        return new Bridge(config, server, login, applications, listener, group, devices, networkSetup, resolver);
    }

    /** Virtual sockets are in the loop's own epoll set. */
    private void requireEpoll(Login login) {
        if (!login.isSockets()) {
            return;
        }
        if (!Epoll.isAvailable()) {
            throw ConfigException.of(
                    Settings.CARRIAGE.key(),
                    "socket needs Netty's library for epoll, which cannot be loaded: "
                            + FaultReason.of(Epoll.unavailabilityCause())
                            + "; it is unpacked to " + System.getProperty("java.io.tmpdir")
                            + ", which must be writable and allow programs, unless it lies in java.library.path");
        }
        EventLoopGroup given = group;
        if (given != null && !Readiness.usesEpoll(given)) {
            throw ConfigException.of(
                    Settings.CARRIAGE.key(),
                    "socket needs an event loop group of epoll; allowed: one of EpollIoHandler");
        }
    }

    private void requireSockets(Login login) {
        if (!applications.isEmpty() && !login.isSockets()) {
            throw new ConfigException(
                    Settings.CARRIAGE.key(),
                    config.text(Settings.CARRIAGE),
                    "one with socket, since the application serves port "
                            + applications.get(0).ports() + " itself");
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
