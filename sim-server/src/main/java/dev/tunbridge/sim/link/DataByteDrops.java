package dev.tunbridge.sim.link;

import io.netty.buffer.ByteBuf;

/** Finds the segments that {@link ExactDrops} names in the packets of one direction. */
final class DataByteDrops {
    private static final int ETHERNET_HEADER_BYTES = 14;
    private static final int ETHER_TYPE_IPV4 = 0x0800;
    private static final int ETHER_TYPE_IPV6 = 0x86dd;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int TCP = 6;
    private static final int SYN = 0x02;

    private final int port;
    /** Offsets of the data bytes still to drop, in the first {@code pendingCount} places. */
    private final long[] pending;

    private int pendingCount;

    /** Source and destination address and both ports of the connection, as they stand in its packets. */
    private final byte[] connection = new byte[36];

    private boolean connectionKnown;
    private int addressesBytes;
    private int firstDataSequence;
    private long highestOffset;

    // The segment at hand, set by isTcp.
    private int addressesIndex;
    private int segmentAddressesBytes;
    private int tcpIndex;
    private int tcpLength;

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
        int sequence = buffer.getInt(tcpIndex + 4);
        boolean syn = (buffer.getByte(tcpIndex + 13) & SYN) != 0;
        if (!connectionKnown) {
            if (syn && isWantedPort(buffer)) {
                remember(buffer, sequence);
            }
            return false;
        }
        int headerBytes = (buffer.getByte(tcpIndex + 12) >> 2) & 0x3c;
        if (syn || headerBytes >= tcpLength || !isRemembered(buffer)) {
            return false;
        }
        // Unwrapped against the highest offset seen: streams of more than 4 GiB count on.
        long offset = highestOffset + (sequence - firstDataSequence - (int) highestOffset);
        long end = offset + tcpLength - headerBytes;
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
        int ip = index + ETHERNET_HEADER_BYTES;
        int ipBytes = lengthBytes - ETHERNET_HEADER_BYTES;
        if (ipBytes < 20) {
            return false;
        }
        int etherType = buffer.getUnsignedShort(ip - 2);
        if (etherType == ETHER_TYPE_IPV4) {
            int headerBytes = (buffer.getByte(ip) & 0x0f) << 2;
            boolean laterFragment = (buffer.getUnsignedShort(ip + 6) & 0x1fff) != 0;
            if (buffer.getByte(ip + 9) != TCP || laterFragment) {
                return false;
            }
            addressesIndex = ip + 12;
            segmentAddressesBytes = 8;
            tcpIndex = ip + headerBytes;
            tcpLength = Math.min(buffer.getUnsignedShort(ip + 2), ipBytes) - headerBytes;
        } else if (etherType == ETHER_TYPE_IPV6 && ipBytes >= IPV6_HEADER_BYTES) {
            if (buffer.getByte(ip + 6) != TCP) {
                return false;
            }
            addressesIndex = ip + 8;
            segmentAddressesBytes = 32;
            tcpIndex = ip + IPV6_HEADER_BYTES;
            tcpLength = Math.min(buffer.getUnsignedShort(ip + 4), ipBytes - IPV6_HEADER_BYTES);
        } else {
            return false;
        }
        return tcpLength >= 20;
    }

    private boolean isWantedPort(ByteBuf buffer) {
        return port == 0 || buffer.getUnsignedShort(tcpIndex) == port || buffer.getUnsignedShort(tcpIndex + 2) == port;
    }

    private void remember(ByteBuf buffer, int sequence) {
        addressesBytes = segmentAddressesBytes;
        buffer.getBytes(addressesIndex, connection, 0, addressesBytes);
        buffer.getBytes(tcpIndex, connection, addressesBytes, 4);
        firstDataSequence = sequence + 1;
        connectionKnown = true;
    }

    private boolean isRemembered(ByteBuf buffer) {
        return segmentAddressesBytes == addressesBytes
                && matches(buffer, addressesIndex, 0, addressesBytes)
                && matches(buffer, tcpIndex, addressesBytes, 4);
    }

    private boolean matches(ByteBuf buffer, int index, int from, int lengthBytes) {
        for (int i = 0; i < lengthBytes; i++) {
            if (buffer.getByte(index + i) != connection[from + i]) {
                return false;
            }
        }
        return true;
    }
}
