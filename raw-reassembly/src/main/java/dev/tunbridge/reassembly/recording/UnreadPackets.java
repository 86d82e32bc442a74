package dev.tunbridge.reassembly.recording;

import com.google.common.net.InetAddresses;
import dev.tunbridge.reassembly.wire.Encapsulation.Obstacle;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.LinkType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts what a file has and nobody looks into. A link type is a number of two bytes, so there are so many at most. */
final class UnreadPackets {
    private static final String OTHER_LINK = "allowed: " + LinkType.allowed();
    private static final String BEHIND_THE_KEY =
            "record where it is decrypted: on the host itself, the inner addresses only";
    private static final String OUTSIDE = "record where it comes out of them: on the tunnel's own interface";

    private final Map<Integer, Count> links = new TreeMap<>();
    private final Map<Obstacle, Count> obstacles = new EnumMap<>(Obstacle.class);

    private static final class Count {
        private final String first;
        private long packets;

        private Count(String first) {
            this.first = first;
        }
    }

    void link(int number, long frame) {
        links.computeIfAbsent(number, key -> new Count("frame " + frame)).packets++;
    }

    void packet(Obstacle obstacle, ByteBuf buffer, int index, int length) {
        obstacles.computeIfAbsent(obstacle, key -> new Count(addresses(buffer, index, length))).packets++;
    }

    private static String addresses(ByteBuf buffer, int index, int length) {
        boolean isVersion4 = buffer.getUnsignedByte(index) >>> 4 == 4;
        int at = isVersion4 ? IpView.V4_SOURCE_AT : IpView.V6_SOURCE_AT;
        int bytes = isVersion4 ? 4 : 16;
        if (length < at + 2 * bytes) {
            return "a cut packet";
        }
        return address(buffer, index + at, bytes) + " to " + address(buffer, index + at + bytes, bytes);
    }

    private static String address(ByteBuf buffer, int index, int bytes) {
        try {
            return InetAddresses.toAddrString(InetAddress.getByAddress(ByteBufUtil.getBytes(buffer, index, bytes)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(bytes + " bytes are no address", e);
        }
    }

    List<FileTally.Unread> report() {
        List<FileTally.Unread> report = new ArrayList<>();
        links.forEach((number, count) ->
                report.add(new FileTally.Unread("link type " + number, count.packets, count.first, OTHER_LINK)));
        obstacles.forEach((obstacle, count) -> report.add(new FileTally.Unread(
                obstacle.title(),
                count.packets,
                count.first,
                obstacle == Obstacle.ENCRYPTED ? BEHIND_THE_KEY : OUTSIDE)));
        return List.copyOf(report);
    }
}
