package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.LinuxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Queueing disciplines of the network namespace in which it was opened, what {@code tc} does, without a process for
 * each change. What it makes bears a handle of our own, so that it is known again after a kill. One thread at a time; a
 * call takes some 10 µs, or as long as somebody else holds the lock of the kernel's network configuration.
 *
 * <pre>
 *   struct tcmsg:        u8 family, padding (0) | s32 interface (4) | u32 handle (8) | u32 parent (12) | u32 info (16)
 *   struct tc_ratespec:  u8 cell_log (0) | u8 linklayer (1) | u16 overhead (2) | s16 cell_align (4) | u16 mpu (6) | u32 rate (8)
 *   struct tc_tbf_qopt:  ratespec rate (0) | ratespec peakrate (12) | u32 limit (24) | u32 buffer (28) | u32 mtu (32)
 * </pre>
 */
public final class TrafficControl implements AutoCloseable {
    /** {@code 5442:}, as tc shows it: TB. Those that tc chooses begin at 8001. */
    public static final int HANDLE = 0x5442_0000;

    static final String TOKEN_BUCKET = "tbf";

    private static final int RTM_NEWQDISC = 36;
    private static final int RTM_DELQDISC = 37;
    private static final int RTM_GETQDISC = 38;
    private static final int TC_H_ROOT = 0xffff_ffff;

    private static final int INTERFACE_AT = 4;
    private static final int HANDLE_AT = 8;
    private static final int PARENT_AT = 12;
    private static final int MESSAGE_BYTES = 20;

    private static final int TCA_KIND = 1;
    private static final int TCA_OPTIONS = 2;
    private static final int TCA_STATS2 = 7;
    private static final int TCA_STATS_BASIC = 1;
    private static final int TCA_STATS_QUEUE = 3;
    private static final int TCA_TBF_PARMS = 1;
    private static final int TCA_TBF_RATE64 = 4;
    private static final int TCA_TBF_BURST = 6;

    /** TC_LINKLAYER_ETHERNET in its byte, whichever that is: the kernel then asks for no table of transmission times. */
    private static final int LINK_LAYER = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 1 << 8 : 1 << 16;

    private static final int RATE_AT = 8;
    private static final long U32_MAX = 0xffff_ffffL;

    private final RouteNetlink netlink;

    private TrafficControl(RouteNetlink netlink) {
        this.netlink = netlink;
    }

    public static TrafficControl open() throws LinuxException {
        return new TrafficControl(RouteNetlink.open());
    }

    /** What is at the root of the interface; nothing where it has no queue at all. */
    public Optional<QueueDiscipline> root(int interfaceIndex) throws LinuxException {
        List<QueueDiscipline> found = new ArrayList<>(1);
        NetlinkRequest request =
                new NetlinkRequest(RTM_GETQDISC, NetlinkRequest.DUMP).words(0, interfaceIndex, 0, 0, 0);
        netlink.dump(request, "netlink RTM_GETQDISC", "interface " + interfaceIndex, message -> {
            if (message.limit() >= MESSAGE_BYTES
                    && message.getInt(INTERFACE_AT) == interfaceIndex
                    && message.getInt(PARENT_AT) == TC_H_ROOT) {
                read(message).ifPresent(found::add);
            }
        });
        return found.stream().findFirst();
    }

    /**
     * Puts a token bucket of ours at the root of the interface, or changes the one that is there, with what waits in
     * it. What somebody else put there is replaced, so look at {@link #root} first.
     */
    public void shape(int interfaceIndex, TokenBucket bucket) throws LinuxException {
        NetlinkRequest request = new NetlinkRequest(
                        RTM_NEWQDISC, NetlinkRequest.ACKNOWLEDGED | NetlinkRequest.CREATE | NetlinkRequest.REPLACE)
                .words(0, interfaceIndex, HANDLE, TC_H_ROOT, 0)
                .attribute(TCA_KIND, TOKEN_BUCKET);
        int options = request.begin(TCA_OPTIONS);
        int parameters = request.begin(TCA_TBF_PARMS);
        request.words(LINK_LAYER, 0, (int) Math.min(U32_MAX, bucket.rateBytesPerSecond()))
                .words(0, 0, 0)
                .words(bucket.limitBytes(), 0, 0)
                .end(parameters)
                .attribute(TCA_TBF_RATE64, bucket.rateBytesPerSecond())
                .attribute(TCA_TBF_BURST, bucket.burstBytes())
                .end(options);
        netlink.execute(request, "netlink RTM_NEWQDISC " + bucket, "interface " + interfaceIndex);
    }

    /** Removes the token bucket of ours, and what waits in it; the kernel puts its default in its place. */
    public void unshape(int interfaceIndex) throws LinuxException {
        NetlinkRequest request = new NetlinkRequest(RTM_DELQDISC, NetlinkRequest.ACKNOWLEDGED)
                .words(0, interfaceIndex, HANDLE, TC_H_ROOT, 0);
        netlink.execute(request, "netlink RTM_DELQDISC", "interface " + interfaceIndex);
    }

    static Optional<QueueDiscipline> read(ByteBuffer message) {
        if (message.limit() < MESSAGE_BYTES) {
            return Optional.empty();
        }
        NetlinkAttributes attributes = new NetlinkAttributes(message, MESSAGE_BYTES, message.limit());
        String kind = attributes.text(TCA_KIND);
        NetlinkAttributes options = attributes.nested(TCA_OPTIONS);
        NetlinkAttributes statistics = attributes.nested(TCA_STATS2);
        boolean isBucket = kind.equals(TOKEN_BUCKET);
        long rate = isBucket ? options.unsigned(TCA_TBF_PARMS, RATE_AT) : 0;
        return Optional.of(new QueueDiscipline(
                kind,
                message.getInt(HANDLE_AT),
                isBucket && rate == U32_MAX ? options.wide(TCA_TBF_RATE64, 0) : rate,
                statistics.wide(TCA_STATS_BASIC, 0),
                statistics.unsigned(TCA_STATS_BASIC, 8),
                statistics.unsigned(TCA_STATS_QUEUE, 8),
                statistics.unsigned(TCA_STATS_QUEUE, 4),
                statistics.unsigned(TCA_STATS_QUEUE, 0)));
    }

    @Override
    public void close() {
        netlink.close();
    }
}
