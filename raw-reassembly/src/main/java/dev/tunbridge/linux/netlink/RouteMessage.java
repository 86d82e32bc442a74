package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A {@link KernelRoute} in a message (include/uapi/linux/rtnetlink.h).
 *
 * <pre>
 *   struct rtmsg: u8 family (0) | u8 destination length (1) | u8 source length (2) | u8 tos (3)
 *                 u8 table (4) | u8 protocol (5) | u8 scope (6) | u8 type (7) | u32 flags (8)
 *   RTA_DST address | RTA_PRIORITY u32 | RTA_TABLE u32 | RTA_PREFSRC address | RTA_METRICS { RTAX_… u32 }
 *   one next hop:  RTA_OIF u32 | RTA_GATEWAY address, or RTA_VIA { u16 family | address }; its flags are the message's
 *   several:       RTA_MULTIPATH of struct rtnexthop: u16 length (0) | u8 flags (2) | u8 hops (3) | s32 interface (4), attributes
 *   by number:     RTA_NH_ID u32, and no other
 * </pre>
 */
final class RouteMessage {
    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    static final int RTM_GETROUTE = 26;

    static final int BYTES = 12;
    private static final int DESTINATION_LENGTH_AT = 1;
    private static final int SOURCE_LENGTH_AT = 2;
    private static final int TOS_AT = 3;
    private static final int TABLE_AT = 4;
    private static final int PROTOCOL_AT = 5;
    private static final int SCOPE_AT = 6;
    private static final int TYPE_AT = 7;
    private static final int MESSAGE_FLAGS_AT = 8;

    private static final int RTM_F_CLONED = 0x200;
    private static final int RTM_F_LOOKUP_TABLE = 0x1000;
    private static final int RTM_F_FIB_MATCH = 0x2000;

    private static final int RTA_DST = 1;
    private static final int RTA_IP_PROTO = 27;
    private static final int RTA_SRC = 2;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_PREFSRC = 7;
    private static final int RTA_METRICS = 8;
    private static final int RTA_MULTIPATH = 9;
    private static final int RTA_FLOW = 11;
    private static final int RTA_TABLE = 15;
    private static final int RTA_VIA = 18;
    private static final int RTA_PREF = 20;
    private static final int RTA_ENCAP_TYPE = 21;
    private static final int RTA_ENCAP = 22;
    private static final int RTA_NH_ID = 30;

    /** RTAX_CC_ALGO is a name, all others are numbers. */
    private static final int RTAX_CC_ALGO = 16;

    /** Where {@link KernelRoute#others} has it: no attribute has such a number. */
    private static final int CONGESTION_CONTROL = 1 << 16 | RTAX_CC_ALGO;

    /** Where {@link KernelRoute#others} has how long the network in RTA_SRC is: no attribute has such a number. */
    private static final int SOURCE_LENGTH = 1 << 16 | RTA_SRC;

    private static final int HOP_FLAGS_AT = 2;
    private static final int HOP_WEIGHT_AT = 3;
    private static final int HOP_INTERFACE_AT = 4;

    /** Of the whole route, and passed on as they are. */
    private static final Set<Integer> ROUTE_OTHERS = Set.of(RTA_SRC, RTA_PREF, RTA_NH_ID, CONGESTION_CONTROL);

    /** Of a next hop, and passed on as they are. */
    private static final Set<Integer> HOP_OTHERS = Set.of(RTA_FLOW, RTA_ENCAP_TYPE, RTA_ENCAP);

    private RouteMessage() {}

    /** Nothing for what is too short, for a family that is neither IPv4 nor IPv6, nor for what the kernel remembers of a way by itself. */
    static Optional<KernelRoute> read(ByteBuffer body) {
        if (body.limit() < BYTES
                || !AddressFamily.isKnown(body.get(0))
                || (body.getInt(MESSAGE_FLAGS_AT) & RTM_F_CLONED) != 0) {
            return Optional.empty();
        }
        AddressFamily family = AddressFamily.of(body.get(0));
        NetlinkAttributes attributes = new NetlinkAttributes(body, BYTES, body.limit());
        Map<Integer, ByteBuffer> others = others(attributes, ROUTE_OTHERS);
        if (body.get(SOURCE_LENGTH_AT) == 0) {
            others.remove(RTA_SRC);
        } else {
            others.put(SOURCE_LENGTH, NetlinkAttributes.copy(body, SOURCE_LENGTH_AT, SOURCE_LENGTH_AT + 1));
        }
        attributes.nested(RTA_METRICS).forEach((type, from, to) -> {
            if (type == RTAX_CC_ALGO) {
                others.put(CONGESTION_CONTROL, NetlinkAttributes.copy(body, from, to));
            }
        });
        KernelRoute.Key key = new KernelRoute.Key(
                attributes.has(RTA_TABLE) ? (int) attributes.unsigned(RTA_TABLE, 0) : body.get(TABLE_AT) & 0xff,
                attributes.unsigned(RTA_PRIORITY, 0),
                body.get(PROTOCOL_AT) & 0xff,
                body.get(TOS_AT) & 0xff);
        return Optional.of(new KernelRoute(
                attributes.address(RTA_DST).orElse(family.unspecified()),
                body.get(DESTINATION_LENGTH_AT) & 0xff,
                key,
                new KernelRoute.Kind(body.get(TYPE_AT) & 0xff, body.get(SCOPE_AT) & 0xff),
                attributes.address(RTA_PREFSRC),
                nextHops(body, attributes),
                metrics(attributes.nested(RTA_METRICS)),
                others));
    }

    private static List<NextHop> nextHops(ByteBuffer body, NetlinkAttributes attributes) {
        if (!attributes.has(RTA_MULTIPATH)) {
            int interfaceIndex = (int) attributes.unsigned(RTA_OIF, 0);
            return interfaceIndex == 0
                    ? List.of()
                    : List.of(nextHop(interfaceIndex, body.getInt(MESSAGE_FLAGS_AT) & 0xff, 0, attributes));
        }
        List<NextHop> hops = new ArrayList<>();
        NetlinkAttributes several = attributes.nested(RTA_MULTIPATH);
        int at = several.start();
        while (at + NetlinkRequest.NEXT_HOP_BYTES <= several.end()) {
            int length = body.getShort(at) & 0xffff;
            if (length < NetlinkRequest.NEXT_HOP_BYTES || length > several.end() - at) {
                break;
            }
            hops.add(nextHop(
                    body.getInt(at + HOP_INTERFACE_AT),
                    body.get(at + HOP_FLAGS_AT) & 0xff,
                    body.get(at + HOP_WEIGHT_AT) & 0xff,
                    new NetlinkAttributes(body, at + NetlinkRequest.NEXT_HOP_BYTES, at + length)));
            at += (length + 3) & ~3;
        }
        return hops;
    }

    private static NextHop nextHop(int interfaceIndex, int flags, int weight, NetlinkAttributes attributes) {
        Optional<InetAddress> gateway =
                attributes.address(RTA_GATEWAY).or(() -> attributes.addressBehind(RTA_VIA, Short.BYTES));
        return new NextHop(interfaceIndex, gateway, flags, weight, others(attributes, HOP_OTHERS));
    }

    private static Map<Integer, ByteBuffer> others(NetlinkAttributes attributes, Set<Integer> wanted) {
        Map<Integer, ByteBuffer> others = new HashMap<>();
        attributes.forEach((type, from, to) -> {
            if (wanted.contains(type)) {
                others.put(type, NetlinkAttributes.copy(attributes.bytes(), from, to));
            }
        });
        return others;
    }

    private static SortedMap<Integer, Integer> metrics(NetlinkAttributes attributes) {
        SortedMap<Integer, Integer> metrics = new TreeMap<>();
        attributes.forEach((type, from, to) -> {
            if (type != RTAX_CC_ALGO && to - from == Integer.BYTES) {
                metrics.put(type, attributes.bytes().getInt(from));
            }
        });
        return metrics;
    }

    /** All routes of a family, or those of one table. */
    static NetlinkRequest list(AddressFamily family, int table) {
        NetlinkRequest request = new NetlinkRequest(RTM_GETROUTE, NetlinkRequest.DUMP)
                .bytes(family.number(), 0, 0, 0, 0, 0, 0, 0)
                .words(0);
        return table == 0 ? request : request.attribute(RTA_TABLE, table);
    }

    /** Those that the kernel could take for this one: of its table, maker, type and interface; before 4.20 all. */
    static NetlinkRequest listLike(KernelRoute route) {
        KernelRoute.Key key = route.key();
        NetlinkRequest request = new NetlinkRequest(RTM_GETROUTE, NetlinkRequest.DUMP)
                .bytes(
                        route.family().number(),
                        0,
                        0,
                        0,
                        0,
                        key.protocol(),
                        0,
                        route.kind().type())
                .words(0)
                .attribute(RTA_TABLE, key.table());
        return route.nextHops().size() == 1
                ? request.attribute(RTA_OIF, route.nextHops().get(0).interfaceIndex())
                : request;
    }

    /** For traffic of which sources the route is. */
    static Optional<ByteBuffer> source(KernelRoute route) {
        return Optional.ofNullable(route.others().get(RTA_SRC));
    }

    /** Those through an interface, of one maker. */
    static NetlinkRequest listOf(AddressFamily family, int interfaceIndex, int protocol) {
        return new NetlinkRequest(RTM_GETROUTE, NetlinkRequest.DUMP)
                .bytes(family.number(), 0, 0, 0, 0, protocol, 0, 0)
                .words(0)
                .attribute(RTA_OIF, interfaceIndex);
    }

    /** Which route the kernel would take: the entry of the table itself. */
    static NetlinkRequest match(InetAddress destination, int protocol) {
        AddressFamily family = AddressFamily.of(destination);
        return new NetlinkRequest(RTM_GETROUTE, NetlinkRequest.ACKNOWLEDGED)
                .bytes(family.number(), family.bits(), 0, 0, 0, 0, 0, 0)
                // IPv6 has no other way, and refuses the flag (inet6_rtm_valid_getroute_req).
                .words(family == AddressFamily.IPV4 ? RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH : RTM_F_FIB_MATCH)
                .attribute(RTA_DST, destination)
                .attribute(RTA_IP_PROTO, (byte) protocol);
    }

    static NetlinkRequest add(KernelRoute route) {
        return write(
                RTM_NEWROUTE, NetlinkRequest.ACKNOWLEDGED | NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, route);
    }

    static NetlinkRequest replace(KernelRoute route) {
        return write(RTM_NEWROUTE, NetlinkRequest.ACKNOWLEDGED | NetlinkRequest.REPLACE, route);
    }

    /** Whatever it tells TCP. */
    static NetlinkRequest remove(KernelRoute route) {
        return write(RTM_DELROUTE, NetlinkRequest.ACKNOWLEDGED, route.with(Collections.emptySortedMap()));
    }

    private static NetlinkRequest write(int type, int flags, KernelRoute route) {
        AddressFamily family = route.family();
        KernelRoute.Key key = route.key();
        boolean isNumbered = route.others().containsKey(RTA_NH_ID);
        boolean isSingle = !isNumbered && route.nextHops().size() == 1;
        int hopFlags = isSingle ? route.nextHops().get(0).configured().flags() : 0;
        ByteBuffer sourceLength = route.others().get(SOURCE_LENGTH);
        NetlinkRequest request = new NetlinkRequest(type, flags)
                .bytes(family.number(), route.prefixLength(), sourceLength == null ? 0 : sourceLength.get(0), key.tos())
                .bytes(key.table() >>> Byte.SIZE == 0 ? key.table() : 0, key.protocol())
                .bytes(route.kind().scope(), route.kind().type())
                .words(hopFlags);
        if (!route.isDefault()) {
            request.attribute(RTA_DST, route.destination());
        }
        request.attribute(RTA_TABLE, key.table());
        if (key.priority() != 0) {
            request.attribute(RTA_PRIORITY, (int) key.priority());
        }
        route.preferredSource().ifPresent(source -> request.attribute(RTA_PREFSRC, source));
        writeMetrics(request, route);
        if (isSingle) {
            NextHop hop = route.nextHops().get(0);
            request.attribute(RTA_OIF, hop.interfaceIndex());
            writeHop(request, family, hop);
        } else if (!isNumbered && !route.nextHops().isEmpty()) {
            int several = request.begin(RTA_MULTIPATH);
            for (NextHop hop : route.nextHops()) {
                int at = request.beginNextHop(hop.configured().flags(), hop.weight(), hop.interfaceIndex());
                writeHop(request, family, hop);
                request.end(at);
            }
            request.end(several);
        }
        route.others().forEach((other, value) -> {
            if (other != CONGESTION_CONTROL && other != SOURCE_LENGTH) {
                request.attribute(other, value);
            }
        });
        return request;
    }

    private static void writeMetrics(NetlinkRequest request, KernelRoute route) {
        ByteBuffer congestionControl = route.others().get(CONGESTION_CONTROL);
        if (route.metrics().isEmpty() && congestionControl == null) {
            return;
        }
        int metrics = request.begin(RTA_METRICS);
        route.metrics().forEach((metric, value) -> request.attribute(metric, value.intValue()));
        if (congestionControl != null) {
            request.attribute(RTAX_CC_ALGO, congestionControl);
        }
        request.end(metrics);
    }

    private static void writeHop(NetlinkRequest request, AddressFamily family, NextHop hop) {
        hop.gateway().ifPresent(gateway -> {
            if (AddressFamily.of(gateway) == family) {
                request.attribute(RTA_GATEWAY, gateway);
            } else {
                ByteBuffer via = ByteBuffer.allocate(Short.BYTES + gateway.getAddress().length)
                        .order(ByteOrder.nativeOrder());
                via.putShort((short) AddressFamily.of(gateway).number())
                        .put(gateway.getAddress())
                        .flip();
                request.attribute(RTA_VIA, via);
            }
        });
        hop.others().forEach(request::attribute);
    }
}
