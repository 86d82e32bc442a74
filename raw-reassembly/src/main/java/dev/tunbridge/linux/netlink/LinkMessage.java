package dev.tunbridge.linux.netlink;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A {@link Link} in a message (include/uapi/linux/if_link.h).
 *
 * <pre>
 *   struct ifinfomsg: u8 family (0) | u8 (1) | u16 type (2) | s32 index (4) | u32 flags (8) | u32 change (12)
 *   IFLA_IFNAME text | IFLA_MTU u32 | IFLA_MASTER u32 | IFLA_TXQLEN u32 | IFLA_LINKINFO { KIND text | DATA { TUN_PERSIST u8 } } | IFLA_IFALIAS text
 *   IFLA_AF_SPEC { AF_INET6 { ADDR_GEN_MODE u8 } }
 *   IFLA_STATS64 struct rtnl_link_stats64: u64 received packets (0) | sent packets (8) | received bytes (16) | sent bytes (24)
 *                received dropped (48) | sent dropped (56) | received missed (120)
 * </pre>
 */
final class LinkMessage {
    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;

    static final int BYTES = 16;
    private static final int INDEX_AT = 4;
    private static final int FLAGS_AT = 8;

    private static final int IFF_UP = 0x1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_TXQLEN = 13;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final String KIND_TUN = "tun";
    private static final int IFLA_TUN_PERSIST = 6;
    private static final int IFLA_IFALIAS = 20;
    private static final int IFLA_STATS64 = 23;
    private static final int IFLA_AF_SPEC = 26;
    private static final int IFLA_INET6_ADDR_GEN_MODE = 8;

    private static final int RECEIVED_PACKETS_AT = 0;
    private static final int SENT_PACKETS_AT = 8;
    private static final int RECEIVED_BYTES_AT = 16;
    private static final int SENT_BYTES_AT = 24;
    private static final int RECEIVED_DROPPED_AT = 48;
    private static final int SENT_DROPPED_AT = 56;
    private static final int RECEIVED_MISSED_AT = 120;

    private LinkMessage() {}

    /**
     * Nothing for what is no link: too short, or what a bridge says of its ports.
     *
     * @param body behind the header, from position 0 to its limit
     */
    static Optional<Link> read(ByteBuffer body) {
        if (body.limit() < BYTES || body.get(0) != 0) {
            return Optional.empty();
        }
        NetlinkAttributes attributes = new NetlinkAttributes(body, BYTES, body.limit());
        NetlinkAttributes info = attributes.nested(IFLA_LINKINFO);
        String kind = info.text(IFLA_INFO_KIND);
        NetlinkAttributes tun = info.nested(IFLA_INFO_DATA);
        NetlinkAttributes version6 = attributes.nested(IFLA_AF_SPEC).nested(AddressFamily.IPV6.number());
        return Optional.of(new Link(
                body.getInt(INDEX_AT),
                attributes.text(IFLA_IFNAME),
                body.getInt(FLAGS_AT),
                (int) attributes.unsigned(IFLA_MTU, 0),
                (int) attributes.unsigned(IFLA_TXQLEN, 0),
                (int) attributes.unsigned(IFLA_MASTER, 0),
                kind,
                attributes.text(IFLA_IFALIAS),
                kind.equals(KIND_TUN) && tun.has(IFLA_TUN_PERSIST) && tun.octet(IFLA_TUN_PERSIST) != 0,
                version6.has(IFLA_INET6_ADDR_GEN_MODE)
                        ? OptionalInt.of(version6.octet(IFLA_INET6_ADDR_GEN_MODE))
                        : OptionalInt.empty()));
    }

    /** What a link has counted; nothing for what is no link. */
    static Optional<InterfaceCounters> counters(ByteBuffer body) {
        if (body.limit() < BYTES || body.get(0) != 0) {
            return Optional.empty();
        }
        NetlinkAttributes attributes = new NetlinkAttributes(body, BYTES, body.limit());
        return Optional.of(new InterfaceCounters(
                attributes.wide(IFLA_STATS64, RECEIVED_BYTES_AT),
                attributes.wide(IFLA_STATS64, RECEIVED_PACKETS_AT),
                attributes.wide(IFLA_STATS64, RECEIVED_DROPPED_AT) + attributes.wide(IFLA_STATS64, RECEIVED_MISSED_AT),
                attributes.wide(IFLA_STATS64, SENT_BYTES_AT),
                attributes.wide(IFLA_STATS64, SENT_PACKETS_AT),
                attributes.wide(IFLA_STATS64, SENT_DROPPED_AT)));
    }

    static NetlinkRequest list() {
        return new NetlinkRequest(RTM_GETLINK, NetlinkRequest.DUMP).words(0, 0, 0, 0);
    }

    static NetlinkRequest byIndex(int index) {
        return new NetlinkRequest(RTM_GETLINK, NetlinkRequest.ACKNOWLEDGED).words(0, index, 0, 0);
    }

    static NetlinkRequest byName(String name) {
        return new NetlinkRequest(RTM_GETLINK, NetlinkRequest.ACKNOWLEDGED)
                .words(0, 0, 0, 0)
                .attribute(IFLA_IFNAME, name);
    }

    static NetlinkRequest change(int index, LinkSettings settings) {
        NetlinkRequest request = new NetlinkRequest(RTM_NEWLINK, NetlinkRequest.ACKNOWLEDGED).words(0, index, 0, 0);
        settings.mtu().ifPresent(bytes -> request.attribute(IFLA_MTU, bytes));
        settings.txQueueLength().ifPresent(packets -> request.attribute(IFLA_TXQLEN, packets));
        settings.alias().ifPresent(text -> request.attribute(IFLA_IFALIAS, text));
        settings.addressGeneration().ifPresent(mode -> {
            int families = request.begin(IFLA_AF_SPEC);
            int version6 = request.begin(AddressFamily.IPV6.number());
            request.attribute(IFLA_INET6_ADDR_GEN_MODE, (byte) mode)
                    .end(version6)
                    .end(families);
        });
        return request;
    }

    static NetlinkRequest up(int index) {
        return new NetlinkRequest(RTM_NEWLINK, NetlinkRequest.ACKNOWLEDGED).words(0, index, IFF_UP, IFF_UP);
    }

    static NetlinkRequest down(int index) {
        return new NetlinkRequest(RTM_NEWLINK, NetlinkRequest.ACKNOWLEDGED).words(0, index, 0, IFF_UP);
    }
}
