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

/**
 * Puts a DSACK (RFC 2883) for a copy that was not sent on into an acknowledgement on its way to the device, as the peer would have if the
 * copy had come. Without it Linux takes a tail-loss probe whose acknowledgement has passed for a loss that the probe has repaired
 * ({@code tcp_process_tlp_ack}), and gives up window; with it it can undo what a needless timeout did ({@code tcp_check_dsack}).
 */
public final class DuplicateReport {
    private static final int OPTION_NONE = 1;
    private static final int OPTION_SACK = 5;
    private static final int BLOCK_BYTES = 8;
    /** Two no-ops, kind and length. */
    private static final int OPTION_HEADER_BYTES = 4;

    private static final int HOP_LIMIT = 64;

    private final RetransmitSuppressor suppressor;
    private final TcpView tcp = new TcpView();
    private final ByteBuf header = Unpooled.directBuffer(TunDevice.MAX_HEADER_BYTES, TunDevice.MAX_HEADER_BYTES);

    public DuplicateReport(RetransmitSuppressor suppressor) {
        this.suppressor = suppressor;
    }

    /**
     * Writes the packet with the report to the device. Its payload stays where it is until the device is flushed.
     *
     * @return false if there is no room for the option; then nothing is written, and a later acknowledgement may have it
     */
    public boolean write(TunDevice device, InnerPacket packet, InnerSender sender) {
        ByteBuf buffer = packet.buffer();
        int segment = packet.transportIndex();
        if (tcp.wrap(buffer, segment, packet.transportLength()) != TcpProblem.OK || tcp.sackBlocks() > 0) {
            return false; // with blocks of its own it tells of a hole, and a later one will do
        }
        int optionBytes = OPTION_HEADER_BYTES + BLOCK_BYTES;
        int tcpBytes = tcp.dataOffset() + optionBytes;
        if (tcpBytes > TcpView.MAX_HEADER_BYTES) {
            return false;
        }
        int payloadBytes = tcp.payloadLength();
        int networkBytes = packet.addressBytes() == 4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        writeNetworkHeader(packet, tcpBytes + payloadBytes);
        header.setBytes(networkBytes, buffer, segment, tcp.dataOffset());
        int option = networkBytes + tcp.dataOffset();
        header.setByte(option, OPTION_NONE);
        header.setByte(option + 1, OPTION_NONE);
        header.setByte(option + 2, OPTION_SACK);
        header.setByte(option + 3, OPTION_HEADER_BYTES - 2 + BLOCK_BYTES);
        header.setInt(option + 4, sender.duplicateStart());
        header.setInt(option + 8, sender.duplicateEnd());
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
        suppressor.reported(sender);
        return true;
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
