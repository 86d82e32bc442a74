package dev.tunbridge.bridge.mapping;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Whose address becomes which: a client's own one on the tunnel's side, one of the pool on the device's. Clients in
 * networks that the device reaches through the tunnel anyway (the welcome's, and its {@code routes}) keep theirs: an answer finds its
 * way there, and the device may call them by it. So does whom the device itself has called, for that flow.
 *
 * <p>Survives reconnects. One tunnel, one thread; no allocation per packet.
 */
public final class ClientMapping {
    static final int KEEPS = -1;
    static final int REFUSED = -2;

    private final AddressPool pool;
    private final PoolTable table;
    private final OwnFlows ownFlows;
    private final IdleTimes idle;
    private Prefix.Match[] kept = {};
    private long packetsIn;
    private long packetsOut;
    private long unassigned;
    /** The last client's: packets come in bursts. */
    private int lastPlace;

    /**
     * @param network the pool
     * @param entries most clients at once
     * @param key secret and the process's own, see {@link PoolTable}
     */
    public ClientMapping(Prefix network, int entries, IdleTimes idle, long key) {
        pool = new AddressPool(network);
        table = new PoolTable(pool, entries, key);
        ownFlows = new OwnFlows(key);
        this.idle = idle;
    }

    /** Whose addresses stay as they are. */
    public void keep(Collection<Prefix> networks) {
        kept = networks.stream().map(Prefix::match).toArray(Prefix.Match[]::new);
    }

    public Prefix network() {
        return pool.network();
    }

    int addressBytes() {
        return pool.addressBytes();
    }

    /**
     * The place of the sender of a packet from the tunnel, {@link #KEEPS} or {@link #REFUSED}.
     *
     * @param transportIndex where its ports are, if {@code hasPorts}
     */
    int sender(long high, long low, int protocol, ByteBuf buffer, int transportIndex, boolean hasPorts, long nowNanos) {
        if (isKept(high, low)) {
            return KEEPS;
        }
        long ports = hasPorts
                ? OwnFlows.ports(
                        protocol, buffer.getUnsignedShort(transportIndex + 2), buffer.getUnsignedShort(transportIndex))
                : OwnFlows.ports(protocol, 0, 0);
        if (isOwnFlow(high, low, ports, protocol, nowNanos)) {
            return KEEPS;
        }
        int place = placeOf(high, low);
        if (place == PoolTable.NONE) {
            place = table.assign(high, low, nowNanos);
            if (place == PoolTable.NONE) {
                return REFUSED;
            }
        }
        lastPlace = place;
        table.use(place, nowNanos, idle.of(protocol));
        packetsIn++;
        return place;
    }

    private int placeOf(long high, long low) {
        return table.isOf(lastPlace, high, low) ? lastPlace : table.find(high, low);
    }

    /** The place of a client whose packet an error quotes, or {@link #KEEPS}. */
    int quotedReceiver(ByteBuf buffer, QuotedPacket quoted, long nowNanos) {
        long high = addressHigh(buffer, quoted.destinationIndex());
        long low = addressLow(buffer, quoted.destinationIndex());
        boolean hasPorts = hasPorts(quoted.protocol(), quoted.transportBytes());
        long ports = hasPorts
                ? OwnFlows.ports(
                        quoted.protocol(),
                        buffer.getUnsignedShort(quoted.transportIndex()),
                        buffer.getUnsignedShort(quoted.transportIndex() + 2))
                : OwnFlows.ports(quoted.protocol(), 0, 0);
        if (isKept(high, low) || isOwnFlow(high, low, ports, quoted.protocol(), nowNanos)) {
            return KEEPS;
        }
        int place = placeOf(high, low);
        return place == PoolTable.NONE ? KEEPS : place;
    }

    /**
     * The place of the receiver of a packet from the device, or {@link #KEEPS} where it has called a client by its own
     * address, or {@link #REFUSED} where nobody has this address of the pool.
     */
    int receiver(
            long high, long low, int protocol, ByteBuf buffer, int transportIndex, boolean hasPorts, long nowNanos) {
        if (!pool.contains(pool.addressBytes(), high, low)) {
            if (!isKept(high, low)) {
                ownFlows.remember(high, low, OwnFlows.ports(protocol, 0, 0), nowNanos);
                if (hasPorts) {
                    int devicePort = buffer.getUnsignedShort(transportIndex);
                    int clientPort = buffer.getUnsignedShort(transportIndex + 2);
                    ownFlows.remember(high, low, OwnFlows.ports(protocol, devicePort, clientPort), nowNanos);
                }
            }
            return KEEPS;
        }
        int place = table.holder(low);
        if (place == PoolTable.NONE) {
            unassigned++;
            return REFUSED;
        }
        table.use(place, nowNanos, idleOfAnswer(protocol, buffer, transportIndex, hasPorts));
        packetsOut++;
        return place;
    }

    /** The device's answer says whether a connection stands; what a client alone sends says nothing. */
    private long idleOfAnswer(int protocol, ByteBuf buffer, int transportIndex, boolean hasPorts) {
        boolean stands = protocol == InnerPacket.TCP
                && hasPorts
                && (buffer.getByte(transportIndex + TcpView.FLAGS_AT) & (TcpView.SYN | TcpView.RST)) == 0;
        return stands ? idle.tcpNanos() : idle.of(protocol);
    }

    /** The place of a client whose packet an error of the device quotes, or {@link #KEEPS}. */
    int quotedSender(ByteBuf buffer, QuotedPacket quoted) {
        long high = addressHigh(buffer, quoted.sourceIndex());
        long low = addressLow(buffer, quoted.sourceIndex());
        int place = pool.contains(pool.addressBytes(), high, low) ? table.holder(low) : PoolTable.NONE;
        return place == PoolTable.NONE ? KEEPS : place;
    }

    private boolean isOwnFlow(long high, long low, long ports, int protocol, long nowNanos) {
        long within = protocol == InnerPacket.TCP ? idle.tcpNanos() : idle.of(protocol);
        return ownFlows.contains(high, low, ports, nowNanos, within);
    }

    private boolean isKept(long high, long low) {
        for (Prefix.Match network : kept) {
            if (network.contains(pool.addressBytes(), high, low)) {
                return true;
            }
        }
        return false;
    }

    static boolean hasPorts(int protocol, int available) {
        return (protocol == InnerPacket.TCP && available > TcpView.FLAGS_AT)
                || (protocol == InnerPacket.UDP && available >= 4);
    }

    long addressHigh(ByteBuf buffer, int at) {
        return pool.addressBytes() == 4 ? 0 : buffer.getLong(at);
    }

    long addressLow(ByteBuf buffer, int at) {
        return pool.addressBytes() == 4 ? buffer.getUnsignedInt(at) : buffer.getLong(at + 8);
    }

    long poolHigh() {
        return pool.high();
    }

    long poolLow(int place) {
        return pool.low(place);
    }

    long clientHigh(int place) {
        return table.clientHigh(place);
    }

    long clientLow(int place) {
        return table.clientLow(place);
    }

    /** What the sum of words grows by where the client's address becomes the pool's. */
    int step(int place) {
        return table.checksumStep(place);
    }

    boolean isOf(IpView ip) {
        return ip.addressBytes() == pool.addressBytes();
    }

    /** Counters, and the clients that were active last. */
    public MappingStats stats(long nowNanos) {
        return new MappingStats(
                pool.network().toString(),
                table.size(),
                table.capacity(),
                table.most(),
                packetsIn,
                packetsOut,
                table.refused(),
                table.evicted(),
                unassigned,
                clients(nowNanos, MappingStats.LISTED));
    }

    /** The clients that were active last, the latest first. */
    public List<MappedClient> clients(long nowNanos, int atMost) {
        List<Integer> places = new ArrayList<>(table.size());
        for (int place = 0; place < table.places(); place++) {
            if (table.isTaken(place)) {
                places.add(place);
            }
        }
        places.sort(Comparator.comparingLong(place -> nowNanos - table.usedNanos(place)));
        return places.stream()
                .limit(atMost)
                .map(place -> client(place, nowNanos))
                .toList();
    }

    private MappedClient client(int place, long nowNanos) {
        int bytes = pool.addressBytes();
        return new MappedClient(
                InetAddresses.toAddrString(AddressPool.address(bytes, table.clientHigh(place), table.clientLow(place))),
                InetAddresses.toAddrString(AddressPool.address(bytes, pool.high(), pool.low(place))),
                Math.round((nowNanos - table.usedNanos(place)) / 1e6) / 1e3);
    }
}
