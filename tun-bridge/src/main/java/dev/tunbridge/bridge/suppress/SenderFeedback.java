package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Tells a local sender what the bridge did with its segments, in the acknowledgements that pass on their way to the device.
 *
 * <p>A DSACK (RFC 2883) for a copy that was not sent on, as the peer would have sent if the copy had come. Without it
 * Linux takes a tail-loss probe whose acknowledgement has passed for a loss that the probe has repaired ({@code
 * tcp_process_tlp_ack}), and gives up window; with it it can undo what a needless timeout did ({@code
 * tcp_check_dsack}).
 *
 * <p>ECE (RFC 3168) where the egress queue has signalled congestion and the carriage has no IP header to mark.
 */
public final class SenderFeedback {
    private static final int OPTION_NONE = 1;
    private static final int OPTION_SACK = 5;
    private static final int BLOCK_BYTES = 8;
    /** Two no-ops, kind and length. */
    private static final int OPTION_HEADER_BYTES = 4;

    private static final int HOP_LIMIT = 64;

    private final @Nullable RetransmitSuppressor suppressor;
    private final TcpView tcp = new TcpView();
    private final ByteBuf header = Unpooled.directBuffer(TunDevice.MAX_HEADER_BYTES, TunDevice.MAX_HEADER_BYTES);

    public SenderFeedback(@Nullable RetransmitSuppressor suppressor) {
        this.suppressor = suppressor;
    }

    /**
     * Writes the packet to the device with what its receiver is to be told. Its payload stays where it is until the
     * device is flushed.
     *
     * @param flags set in its header besides its own
     * @param duplicate whose sender is to be told of a copy, or null
     * @return false if there is nothing to tell, or no room for it; then nothing is written, and a later acknowledgement may have it
     */
    public boolean write(TunDevice device, InnerPacket packet, int flags, @Nullable InnerSender duplicate) {
        ByteBuf buffer = packet.buffer();
        int segment = packet.transportIndex();
        if (tcp.wrap(buffer, segment, packet.transportLength()) != TcpProblem.OK) {
            return false;
        }
        // With blocks of its own it tells of a hole, and a later one will do.
        int optionBytes = OPTION_HEADER_BYTES + BLOCK_BYTES;
        boolean hasRoom = tcp.sackBlocks() == 0 && tcp.dataOffset() + optionBytes <= TcpView.MAX_HEADER_BYTES;
        InnerSender reported = hasRoom ? duplicate : null;
        if (reported == null && flags == 0) {
            return false;
        }
        int tcpBytes = tcp.dataOffset() + (reported == null ? 0 : optionBytes);
        int payloadBytes = tcp.payloadLength();
        int networkBytes = packet.addressBytes() == 4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        writeNetworkHeader(packet, tcpBytes + payloadBytes);
        header.setBytes(networkBytes, buffer, segment, tcp.dataOffset());
        header.setByte(networkBytes + TcpView.FLAGS_AT, tcp.flags() | flags);
        if (reported != null) {
            writeOption(networkBytes + tcp.dataOffset(), reported);
        }
        header.setByte(networkBytes + TcpView.DATA_OFFSET_AT, (tcpBytes / 4) << 4);
        header.setShort(networkBytes + TcpView.CHECKSUM_AT, 0);
        long sum = InternetChecksum.pseudoHeader(
                        buffer,
                        packet.sourceIndex(),
                        packet.destinationIndex(),
                        packet.addressBytes(),
                        InnerPacket.TCP,
                        tcpBytes + payloadBytes)
                + InternetChecksum.sum(header, networkBytes, tcpBytes)
                + InternetChecksum.sum(buffer, tcp.payloadIndex(), payloadBytes);
        header.setShort(networkBytes + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
        device.write(header, 0, networkBytes + tcpBytes, buffer, tcp.payloadIndex(), payloadBytes);
        if (reported != null && suppressor != null) {
            suppressor.reported(reported);
        }
        return true;
    }

    private void writeOption(int option, InnerSender reported) {
        header.setByte(option, OPTION_NONE);
        header.setByte(option + 1, OPTION_NONE);
        header.setByte(option + 2, OPTION_SACK);
        header.setByte(option + 3, OPTION_HEADER_BYTES - 2 + BLOCK_BYTES);
        header.setInt(option + 4, reported.duplicateStart());
        header.setInt(option + 8, reported.duplicateEnd());
    }

    /** A new one: of the old, if there was any, the device needs nothing that is not in the segment. */
    private void writeNetworkHeader(InnerPacket packet, int payloadBytes) {
        ByteBuf buffer = packet.buffer();
        if (packet.addressBytes() == 4) {
            Ipv4Header.write(
                    header,
                    0,
                    0,
                    payloadBytes,
                    InnerPacket.TCP,
                    HOP_LIMIT,
                    buffer,
                    packet.sourceIndex(),
                    packet.destinationIndex());
        } else {
            Ipv6Header.write(
                    header,
                    0,
                    0,
                    payloadBytes,
                    InnerPacket.TCP,
                    HOP_LIMIT,
                    buffer,
                    packet.sourceIndex(),
                    packet.destinationIndex());
        }
    }

    public void release() {
        header.release();
    }
}
