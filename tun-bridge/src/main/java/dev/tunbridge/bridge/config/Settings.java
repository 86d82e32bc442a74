package dev.tunbridge.bridge.config;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.answers.AnswerMode;
import dev.tunbridge.bridge.answers.MappingMode;
import dev.tunbridge.bridge.filter.AllowRule;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.local.RelayTarget;
import dev.tunbridge.bridge.local.SourceMode;
import dev.tunbridge.bridge.queue.PortRange;
import dev.tunbridge.protocol.description.Spelling;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.message.Carriage;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every configuration key there is. */
public final class Settings {
    private static final Map<String, Setting<?>> BY_KEY = new LinkedHashMap<>();

    public static final Setting<Optional<Endpoint>> SERVER = add(
            "server",
            new SettingType<>(
                    Endpoint.ALLOWED, text -> text.isEmpty() ? Optional.empty() : Optional.of(Endpoint.parse(text))),
            "",
            "The third party's server.");

    public static final Setting<Mode> MODE = add(
            "mode",
            SettingType.oneOf(List.of(Mode.FULL, Mode.PLAIN)),
            "full",
            "plain: TCP over TCP and nothing else. The raw lane, suppression, queue management and all tuning default to off;"
                    + " what is set by its own key holds.");

    public static final Setting<String> FORMAT = add(
            "format",
            SettingType.text("reference, plain-le, hdlc or the path of a YAML description"),
            "reference",
            "The frame format: one that ships, or a file.");

    public static final Setting<List<String>> PLUGINS = add(
            "plugins",
            SettingType.listOf(SettingType.text("the path of a JAR")),
            "",
            "What code the frame format may ask for: JARs that have session drivers and message mappers.");

    public static final Setting<String> DEVICE_ID = add(
            "identity.device-id",
            SettingType.bytesOfText(1, 255),
            "tunbridge",
            "What the device calls itself in its hello.");

    public static final Setting<String> TOKEN = add(new Setting<>(
            "identity.token",
            SettingType.bytesOfText(0, 255),
            "",
            "The secret that the server asks for. In a file that others may read it must come from the environment.",
            Setting.Reload.SESSION,
            true));

    public static final Setting<Optional<Path>> TOKEN_FILE = add(
            "identity.token-file",
            SettingType.optional(new SettingType<>("the path of a file that others may not read", Path::of)),
            "",
            "The file that has the secret, without the line's end; read when the configuration is. A systemd credential:"
                    + " ${env:CREDENTIALS_DIRECTORY}/NAME.");

    public static final Setting<List<Carriage>> CARRIAGE = add(
            "carriage",
            SettingType.nonEmptyListOf(SettingType.oneOf(List.of(Carriage.values()), Carriage::key)),
            "segment,packet",
            "The carriages that the hello offers; the server picks one. Socket: virtual sockets, which need no TUN device and no"
                    + " right. With a plus: both on one connection, or either of them.");

    public static final Setting<Optional<Carriage>> TUNNEL_CARRIAGE = add(
            "tunnel.carriage",
            SettingType.optional(SettingType.oneOf(List.of(Carriage.values()), Carriage::key)),
            "",
            "The carriage, for a protocol whose login does not say it; what a login says counts.");

    public static final Setting<Optional<HostAddress>> TUNNEL_DEVICE_ADDRESS = add(
            "tunnel.device-address",
            SettingType.optional(new SettingType<>("ADDRESS/LENGTH (as 198.19.0.1/30)", HostAddress::parse)),
            "",
            "The device's address in the tunnel and the length of its network, likewise.");

    public static final Setting<Optional<InetAddress>> TUNNEL_SERVER_ADDRESS = add(
            "tunnel.server-address",
            SettingType.optional(new SettingType<>("an IPv4 or IPv6 address", InetAddresses::forString)),
            "",
            "The server's address in the tunnel, likewise.");

    public static final Setting<Optional<Integer>> TUNNEL_MTU = add(
            "tunnel.mtu",
            SettingType.optional(SettingType.number(576, 65_535)),
            "",
            "The longest inner packet, in bytes, likewise.");

    public static final Setting<String> TUN_NAME = add(
            "tun.name",
            SettingType.matching("1 to 15 letters, digits, '-', '_' or '.'", "[A-Za-z0-9_.-]{1,15}"),
            "tb0",
            "Name of the TUN device.");

    public static final Setting<Integer> TUN_TX_QUEUE_LENGTH = add(
            "tun.tx-queue-length",
            SettingType.number(1, 100_000),
            "500",
            "Packets that the driver holds before it drops: a burst absorber only.");

    public static final Setting<Boolean> TUN_OFFLOAD = add(
            "tun.offload",
            SettingType.flag(),
            "true",
            "Segmentation and checksum offload: the kernel hands over super-packets of up to 64 KiB.");

    public static final Setting<Boolean> TUN_COALESCE = add(
            "tun.coalesce",
            SettingType.flag(),
            "true",
            "Receive offload: consecutive segments and datagrams of a flow are written as one super-packet, where the kernel"
                    + " takes it; packet rules on the TUN device see that one, sockets what it is made of.");

    public static final Setting<ShaperMode> TUN_SHAPER = add(
            "tun.shaper",
            SettingType.oneOf(List.of(ShaperMode.values())),
            "auto",
            "A token bucket on the TUN device, at a rate that follows the outer connection: local senders wait instead of"
                    + " losing packets. Auto: while three quarters of queue.bytes are used up, or where tun.tx-queue-length is short"
                    + " or the device has dropped packets.");

    public static final Setting<Backpressure> TUN_BACKPRESSURE = add(
            "tun.backpressure",
            SettingType.oneOf(List.of(Backpressure.values())),
            "auto",
            "A full TUN device stops its senders instead of dropping, where the kernel offers it (7.3 and later).");

    public static final Setting<OverlapPolicy> TUN_OVERLAP = add(
            "tun.overlap",
            SettingType.oneOf(List.of(OverlapPolicy.values())),
            "refuse",
            "Where the host has another way to the tunnel's address or networks: refuse sets nothing up and tries again later,"
                    + " warn says it and goes on.");

    public static final Setting<AutoOr<Long>> ROUTE_RTO_MIN = add(
            "route.rto-min",
            SettingType.autoOr(SettingType.nanos("200ms", "10s")),
            "auto",
            "Shortest retransmission timeout of local TCP into the tunnel. Auto: what the outer connection needs to repair a"
                    + " loss by itself.");

    public static final Setting<Boolean> ROUTE_ECN = add(
            "route.ecn",
            SettingType.flag(),
            "true",
            "Local TCP into the tunnel asks for ECN: it is slowed without a loss.");

    public static final Setting<AutoOr<Integer>> ROUTE_REORDERING = add(
            "route.reordering",
            SettingType.autoOr(SettingType.number(3, 300)),
            "auto",
            "Segments out of order that local TCP into the tunnel takes for no loss, from the second connection with a"
                    + " client on. Auto: 10 with recovery, which reorders.");

    public static final Setting<AutoOr<Integer>> ROUTE_ADVMSS = add(
            "route.advmss",
            SettingType.autoOr(SettingType.number(256, 65_495)),
            "auto",
            "Segment size that local TCP asks of clients. Auto: one that fits, framed, into a segment of the outer"
                    + " connection.");

    public static final Setting<AutoOr<Integer>> ROUTE_MTU = add(
            "route.mtu",
            SettingType.autoOr(SettingType.number(1280, 65_535)),
            "off",
            "Longest packet that local sockets send into the tunnel, where less than the tunnel's. Auto: one that fits, framed,"
                    + " into a segment of the outer connection; longer datagrams are then fragmented.");

    public static final Setting<List<Prefix>> ROUTES = add(
            "routes",
            SettingType.listOf(new SettingType<>(
                    "NETWORK/LENGTH (as 10.0.0.0/8, with no bits set past its length)", Prefix::parse)),
            "",
            "Networks beyond the server that the device reaches through the tunnel.");

    public static final Setting<Boolean> SOURCE_RULE = add(
            "source-rule",
            SettingType.flag(),
            "true",
            "A rule that sends every answer from the tunnel address back into the tunnel, whatever its destination.");

    public static final Setting<Integer> SOURCE_RULE_PRIORITY = add(
            "source-rule-priority",
            SettingType.number(1, 32_765),
            "5000",
            "Priority of that rule: rules with less come before it, such as those of a load balancer; the main table's is"
                    + " 32766.");

    public static final Setting<MappingMode> MAPPING = add(
            "mapping",
            SettingType.oneOf(List.of(MappingMode.values())),
            "auto",
            "Whether clients are given addresses of a pool that is routed into the tunnel, so that every answer finds its way"
                    + " back. Auto: where the host forwards, or UDP services bound to no address would answer elsewhere.");

    public static final Setting<List<Prefix>> MAPPING_POOL = add(
            "mapping.pool",
            SettingType.poolNetworks(),
            "auto",
            "The pool's network, one for each address family. Auto: the first that nothing of the host overlaps.");

    public static final Setting<Integer> MAPPING_ENTRIES = add(
            "mapping.entries",
            SettingType.number(16, 1 << 20),
            "16384",
            "Clients that may have an address of the pool at once; a new one finds no room where nobody is idle.");

    public static final Setting<Long> MAPPING_IDLE_TCP = add(
            "mapping.idle-tcp",
            SettingType.nanos("1s", "168h"),
            "124m",
            "How long a client with TCP connections keeps its address without a packet (RFC 5382).");

    public static final Setting<Long> MAPPING_IDLE_UDP = add(
            "mapping.idle-udp",
            SettingType.nanos("1s", "168h"),
            "5m",
            "The same after UDP, and after TCP that the device has not answered (RFC 4787).");

    public static final Setting<Long> MAPPING_IDLE_ICMP = add(
            "mapping.idle-icmp", SettingType.nanos("1s", "168h"), "60s", "The same after anything else (RFC 5508).");

    public static final Setting<AnswerMode> ANSWERS = add(
            "answers",
            SettingType.oneOf(List.of(AnswerMode.values())),
            "off",
            "Mark: connections that come in by the device are marked by nftables, and a rule leads what answers them back"
                    + " into it, with clients' own addresses. Not for UDP services bound to no address.");

    public static final Setting<List<AllowRule>> ALLOW = addLive(
            "filter.allow",
            SettingType.listOf(new SettingType<>(AllowRule.ALLOWED, AllowRule::parse)),
            "",
            "Protocols and ports that may pass, both ways; empty: all.");

    public static final Setting<List<Prefix>> SOURCES = addLive(
            "filter.sources",
            SettingType.listOf(new SettingType<>(
                    "NETWORK/LENGTH (as 10.0.0.0/8, with no bits set past its length)", Prefix::parse)),
            "",
            "Client addresses that may send to the device; empty: all that are no one's own.");

    public static final Setting<Integer> FLOWS_MAX = add(
            "flows.max",
            SettingType.number(16, 1 << 20),
            "4096",
            "Inner flows remembered; beyond it the least recently used is forgotten.");

    public static final Setting<Boolean> SUPPRESSION_ENABLED = add(
            "suppression.enabled",
            SettingType.flag(),
            "true",
            "Inner retransmissions of what the outer connection still carries are not sent again.");

    public static final Setting<SourceMode> RELAY_SOURCE = add(
            "relay.source",
            SettingType.oneOf(List.of(SourceMode.values())),
            "loopback",
            "Whose address a service sees on a virtual socket. Loopback: this host's own. Device: the device's, which the loopback"
                    + " interface gets (CAP_NET_ADMIN), or which this host has already (tun.overlap=warn). Proxy-v2: this host's own, and the client's in a PROXY protocol header"
                    + " in front of all else. Client: the client's own, with rules that bring answers back (CAP_NET_ADMIN; no"
                    + " packet carriage beside it).");

    public static final Setting<List<RelayTarget>> RELAY_TARGETS = add(
            "relay.targets",
            SettingType.listOf(new SettingType<>(RelayTarget.ALLOWED, RelayTarget::parse)),
            "",
            "Where services are that clients reach by virtual sockets, by the port that they ask for; the first that names it"
                    + " counts. Others: the loopback's port of the same number; with relay.source=device or client the device's.");

    public static final Setting<Integer> RELAY_CHANNELS = add(
            "relay.channels",
            SettingType.number(1, 65_536),
            "1024",
            "Virtual sockets at once. Each has 2 KiB of relay.bytes for itself.");

    public static final Setting<Integer> RELAY_HALF_OPEN = add(
            "relay.half-open",
            SettingType.number(1, 65_536),
            "128",
            "Of these, connections whose service has not answered yet.");

    public static final Setting<Integer> RELAY_OPENS_PER_SECOND = add(
            "relay.opens-per-second",
            SettingType.number(1, 1_000_000),
            "10000",
            "Virtual sockets that the server may open a second; as many may come at once.");

    public static final Setting<Integer> RELAY_CHANNEL_BYTES = add(
            "relay.channel-bytes",
            SettingType.bytes("4KiB", "64MiB"),
            "1MiB",
            "Of one virtual socket, each way: credit that is out or bytes that the service has not taken, and bytes that wait for"
                    + " the server.");

    public static final Setting<Integer> RELAY_BYTES = add(
            "relay.bytes", SettingType.bytes("64KiB", "1024MiB"), "4MiB", "The sum of all virtual sockets, both ways.");

    public static final Setting<Long> RELAY_CONNECT_TIMEOUT = add(
            "relay.connect-timeout",
            SettingType.nanos("100ms", "5m"),
            "10s",
            "How long a service may take to accept a connection.");

    public static final Setting<Long> RELAY_IDLE_UDP = add(
            "relay.idle-udp",
            SettingType.nanos("1s", "24h"),
            "60s",
            "How long a virtual socket of UDP lasts without a datagram either way.");

    public static final Setting<Long> RELAY_DRAIN = add(
            "relay.drain",
            SettingType.nanos("1s", "1h"),
            "60s",
            "How long a service may take nothing of the rest of a virtual socket that both ends have ended.");

    public static final Setting<Integer> QUEUE_BYTES = add(
            "queue.bytes",
            SettingType.bytes("16KiB", "64MiB"),
            "2MiB",
            "Memory for packets waiting for the outer connection; beyond it the fattest flow loses some, and they are"
                    + " counted.");

    public static final Setting<Boolean> QUEUE_AQM = add(
            "queue.aqm",
            SettingType.flag(),
            "true",
            "Flows take turns in the queue, and CoDel keeps it short. Switched off: one queue for each class, which"
                    + " refuses what finds no room.");

    public static final Setting<Boolean> QUEUE_ECN = add(
            "queue.ecn",
            SettingType.flag(),
            "true",
            "CoDel marks packets whose senders know of ECN, and drops others. Switched off, it drops all.");

    public static final Setting<List<PortRange>> QUEUE_PROMPT_PORTS = add(
            "queue.prompt-ports",
            SettingType.listOf(new SettingType<>(PortRange.ALLOWED, PortRange::parse)),
            "",
            "TCP and UDP ports, at either end, whose packets go before bulk.");

    public static final Setting<Integer> APP_QUEUE_BYTES = add(
            "app.queue-bytes",
            SettingType.bytes("4KiB", "16MiB"),
            "256KiB",
            "Application messages waiting for the outer connection, and as much again on its way to the event loop; beyond it"
                    + " sending fails.");

    public static final Setting<Boolean> RECOVERY_ENABLED = add(
            "recovery.enabled",
            SettingType.flag(),
            "true",
            "Packets behind a lost segment of the outer connection are delivered at once. Switched off, waits are still"
                    + " measured.");

    public static final Setting<BoundaryGrade> BOUNDARIES = add(
            "boundaries",
            SettingType.oneOf(List.of(BoundaryGrade.values())),
            "anchored",
            "How sure a frame's boundary behind a lost segment must be; the format may ask for more. Proven: nothing"
                    + " that a client sends can deceive. Anchored: likely ones too, for flows that are known. Found: any.");

    public static final Setting<Integer> RECOVERY_HELD_BYTES = add(
            "recovery.held-bytes",
            SettingType.bytes("64KiB", "64MiB"),
            "4MiB",
            "The furthest behind a lost segment that bytes are kept, rounded down to a power of two; beyond it the kernel's"
                    + " stream alone is waited for.");

    public static final Setting<CaptureBackend> CAPTURE_BACKEND = add(
            "capture.backend",
            SettingType.oneOf(List.of(CaptureBackend.values())),
            "ring",
            "How the outer segments are captured: a packet ring of the kernel, libpcap, or not at all.");

    public static final Setting<Integer> CAPTURE_RING_BYTES = add(
            "capture.ring-bytes",
            SettingType.bytes("128KiB", "256MiB"),
            "4MiB",
            "Captured segments that may wait for the bridge; more are lost to the capture, not to the connection.");

    public static final Setting<Boolean> CAPTURE_REST = add(
            "capture.rest",
            SettingType.flag(),
            "true",
            "On a path of 200 Mbit/s or more without a loss for a second the capture rests until the kernel sees a"
                    + " segment out of order; the bridge looks every two milliseconds.");

    public static final Setting<String> CONGESTION_CONTROL = add(
            "socket.congestion-control",
            SettingType.matching("a congestion control of this kernel, or 'default'", "[a-z0-9_-]{1,15}"),
            "default",
            "Congestion control of the outer connection.");

    public static final Setting<Boolean> QUICK_ACK = add(
            "socket.quick-ack",
            SettingType.flag(),
            "true",
            "Acknowledge what was read at once: a server short of window waits for nothing else.");

    public static final Setting<AutoOr<Integer>> NOTSENT_LOWAT = add(
            "socket.notsent-lowat",
            SettingType.autoOr(SettingType.bytes("4KiB", "16MiB")),
            "auto",
            "Bytes that the kernel may hold unsent (TCP_NOTSENT_LOWAT): what waits beyond it waits in our queue. Auto: what the"
                    + " connection may send in 4 ms, 4KiB to 4MiB.");

    public static final Setting<Boolean> DRAIN = add(
            "socket.drain",
            SettingType.flag(),
            "true",
            "Whether BBR's queue is kept out of the path's buffer, by limiting its pacing for moments: it does not see that the"
                    + " path is full while local senders pace themselves, and takes it for a little faster than it is.");

    public static final Setting<Long> USER_TIMEOUT = add(
            "socket.user-timeout",
            SettingType.nanos("1s", "1h"),
            "60s",
            "How long sent data may stay unacknowledged before the connection counts as dead (RFC 5482).");

    public static final Setting<AutoOr<Long>> RTO_MAX = add(
            "socket.rto-max",
            SettingType.autoOr(SettingType.nanos("1s", "2m")),
            "auto",
            "Longest wait between two retransmissions of the outer connection, where the kernel can be told (6.15 and later)."
                    + " Auto: 1s, so that a link that is back is used at once.");

    public static final Setting<Boolean> OUTAGE_RETRY = add(
            "socket.outage-retry",
            SettingType.flag(),
            "true",
            "Whether the outer connection tries again sooner in an outage than the kernel, which doubles its wait each time"
                    + " (RFC 6069): whenever an eighth of the outage has passed. Needs the capture.");

    public static final Setting<AutoOr<Integer>> MAX_SEGMENT = add(
            "socket.max-segment",
            SettingType.autoOr(SettingType.number(256, 65_495)),
            "auto",
            "Longest TCP segment of the outer connection, its options included, both ways (TCP_MAXSEG). Auto: the kernel's,"
                    + " and less for 12 hours where longer ones vanish on the way to this server.");

    public static final Setting<Boolean> SERVER_ROUTE_QUICK_ACK = add(
            "server-route.quickack",
            SettingType.flag(),
            "false",
            "The route to the server acknowledges every segment at once. This and the next two make a host route of it while"
                    + " connected.");

    public static final Setting<Boolean> SERVER_ROUTE_ECN =
            add("server-route.ecn", SettingType.flag(), "true", "The outer connection asks for ECN.");

    public static final Setting<AutoOr<Integer>> SERVER_ROUTE_REORDERING = add(
            "server-route.reordering",
            SettingType.autoOr(SettingType.number(3, 300)),
            "auto",
            "Segments out of order that the outer connection takes for no loss, from the second connection on. Auto: the"
                    + " kernel's 3, or as many as it has seen on the way to this server within an hour.");

    public static final Setting<Long> CONNECT_TIMEOUT = add(
            "socket.connect-timeout",
            SettingType.nanos("100ms", "5m"),
            "10s",
            "How long a connection may take to be established.");

    public static final Setting<Long> RECONNECT_FIRST = addLive(
            "reconnect.first",
            SettingType.nanos("10ms", "1h"),
            "1s",
            "Wait before the first new try; doubles from there, give or take a quarter.");

    public static final Setting<Long> RECONNECT_MOST =
            addLive("reconnect.most", SettingType.nanos("10ms", "24h"), "2m", "The longest wait between two tries.");

    /** What else is the default where the mode is plain. */
    private static final Map<Setting<?>, String> PLAIN = Map.ofEntries(
            Map.entry(RECOVERY_ENABLED, "false"),
            Map.entry(CAPTURE_BACKEND, "none"),
            Map.entry(SUPPRESSION_ENABLED, "false"),
            Map.entry(QUEUE_AQM, "false"),
            Map.entry(QUEUE_BYTES, "256KiB"),
            Map.entry(QUEUE_ECN, "false"),
            Map.entry(TUN_SHAPER, "off"),
            Map.entry(TUN_BACKPRESSURE, "off"),
            Map.entry(ROUTE_RTO_MIN, "off"),
            Map.entry(ROUTE_ECN, "false"),
            Map.entry(ROUTE_REORDERING, "off"),
            Map.entry(ROUTE_ADVMSS, "off"),
            Map.entry(NOTSENT_LOWAT, "off"),
            Map.entry(DRAIN, "false"),
            Map.entry(RTO_MAX, "off"),
            Map.entry(OUTAGE_RETRY, "false"),
            Map.entry(MAX_SEGMENT, "off"),
            Map.entry(QUICK_ACK, "false"),
            Map.entry(SERVER_ROUTE_QUICK_ACK, "false"),
            Map.entry(SERVER_ROUTE_ECN, "false"),
            Map.entry(SERVER_ROUTE_REORDERING, "off"));

    private Settings() {}

    static String defaultValue(Setting<?> setting, Mode mode) {
        return mode == Mode.PLAIN ? PLAIN.getOrDefault(setting, setting.defaultValue()) : setting.defaultValue();
    }

    /** All settings, in the order of the reference page. */
    public static Collection<Setting<?>> all() {
        return BY_KEY.values();
    }

    /** The setting of this name; an unknown one is refused, with one that is spelt much the same. */
    public static Setting<?> byKey(String key) {
        Setting<?> setting = BY_KEY.get(key);
        if (setting == null) {
            throw ConfigException.of(
                    key,
                    Spelling.nearest(key, BY_KEY.keySet())
                            .map(nearest -> "unknown key; the nearest is '" + nearest + "'")
                            .orElse("unknown key; 'tunbridge check --settings' lists all"));
        }
        return setting;
    }

    private static <T> Setting<T> add(String key, SettingType<T> type, String defaultValue, String description) {
        return add(new Setting<>(key, type, defaultValue, description));
    }

    private static <T> Setting<T> addLive(String key, SettingType<T> type, String defaultValue, String description) {
        return add(new Setting<>(key, type, defaultValue, description, Setting.Reload.LIVE, false));
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        BY_KEY.put(setting.key(), setting);
        return setting;
    }
}
