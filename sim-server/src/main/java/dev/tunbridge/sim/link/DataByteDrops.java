package dev.tunbridge.sim.link;

import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Finds the segments that {@link ExactDrops} names in the packets of one direction. */
final class DataByteDrops {
    private final int port;
    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();

    /** Offsets of the data bytes still to drop, in the first {@code pendingCount} places. */
    private final long[] pending;

    private int pendingCount;

    /** Both addresses and both ports of the connection, as they stand in its packets; empty until its SYN. */
    private final ByteBuf connection = Unpooled.buffer(36, 36);

    private int firstDataSequence;
    private long highestOffset;

    DataByteDrops(ExactDrops drops) {
        port = drops.port();
        pending = drops.dataBytes().stream()
                .mapToLong(number -> number - 1)
                .distinct()
                .toArray();
        pendingCount = pending.length;
    }

    /** Whether this frame is the first to carry a data byte that is to be dropped. */
    boolean hits(ByteBuf buffer, int index, int lengthBytes) {
        if (pendingCount == 0 || !isTcp(buffer, index, lengthBytes)) {
            return false;
        }
        boolean syn = tcp.hasFlags(TcpView.SYN);
        if (!connection.isReadable()) {
            if (syn && (port == 0 || port == tcp.sourcePort() || port == tcp.destinationPort())) {
                remember(buffer);
            }
            return false;
        }
        if (syn || tcp.payloadLength() == 0 || !isRemembered(buffer)) {
            return false;
        }
        // Unwrapped against the highest offset seen: streams of more than 4 GiB count on.
        int distance = SequenceNumber.difference(tcp.sequenceNumber(), firstDataSequence);
        long offset = SequenceNumber.unwrap(highestOffset, distance);
        long end = offset + tcp.payloadLength();
        highestOffset = Math.max(highestOffset, end);
        return removePending(offset, end);
    }

    private boolean removePending(long from, long to) {
        boolean hit = false;
        for (int i = 0; i < pendingCount; ) {
            if (pending[i] >= from && pending[i] < to) {
                pending[i] = pending[--pendingCount];
                hit = true;
            } else {
                i++;
            }
        }
        return hit;
    }

    private boolean isTcp(ByteBuf buffer, int index, int lengthBytes) {
        int ipIndex = index + ImpairedDirection.ETHERNET_HEADER_BYTES;
        return ip.wrap(buffer, ipIndex, lengthBytes - ImpairedDirection.ETHERNET_HEADER_BYTES) == IpProblem.OK
                && ip.protocol() == IpView.PROTOCOL_TCP
                && !ip.isFragment()
                && tcp.wrap(buffer, ip.payloadIndex(), ip.payloadLength()) == TcpProblem.OK;
    }

    private void remember(ByteBuf buffer) {
        connection.writeBytes(buffer, ip.sourceIndex(), 2 * ip.addressBytes()).writeBytes(buffer, tcp.index(), 4);
        firstDataSequence = SequenceNumber.add(tcp.sequenceNumber(), 1);
    }

    private boolean isRemembered(ByteBuf buffer) {
        int addressesBytes = 2 * ip.addressBytes();
        return connection.readableBytes() == addressesBytes + 4
                && ByteBufUtil.equals(connection, 0, buffer, ip.sourceIndex(), addressesBytes)
                && ByteBufUtil.equals(connection, addressesBytes, buffer, tcp.index(), 4);
    }
}
