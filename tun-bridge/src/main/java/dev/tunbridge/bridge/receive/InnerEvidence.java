package dev.tunbridge.bridge.receive;

import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.reassembly.recovery.ContentEvidence;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;

/**
 * A whole IP packet, just as long as the frame's content and with checksums that are right, speaks for the frame that holds it: its
 * version, its length and the checksum of an IPv4 header (RFC 791) or of an IPv6 packet's transport (RFC 8200, section 8.1) make
 * forty bits. Loop thread only.
 */
final class InnerEvidence implements ContentEvidence, MessageHandler {
    private final MessageCodec codec;
    private final IpView ip = new IpView();
    private Weight weight = Weight.NOTHING;

    InnerEvidence(MessageCodec codec) {
        this.codec = codec;
    }

    @Override
    public Weight weigh(FrameView frame) {
        weight = Weight.NOTHING;
        try {
            codec.peek(frame, this);
        } catch (MalformedMessageException e) {
            return Weight.NOTHING;
        }
        return weight;
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        if (ip.wrap(buffer, index, length) != IpProblem.OK || ip.totalLength() != length || !ip.headerChecksumValid()) {
            return;
        }
        // Without a checksum that tells, as of ESP or a fragment in IPv6, it may be a packet all the same.
        boolean isSummed = ip.version() == 4 || (!ip.isFragment() && hasChecksum(ip.protocol()));
        weight = isSummed && ip.payloadChecksumValid() ? Weight.SPEAKS : Weight.RIVAL;
    }

    private static boolean hasChecksum(int protocol) {
        return protocol == IpView.PROTOCOL_TCP || protocol == IpView.PROTOCOL_UDP || protocol == IpView.PROTOCOL_ICMPV6;
    }

    @Override
    public void onSegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength) {
        // A checksum of sixteen bits, and no length: too little.
    }

    @Override
    public void onMessage(Message message) {}

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {}

    @Override
    public void onUnknownType(int type) {}
}
