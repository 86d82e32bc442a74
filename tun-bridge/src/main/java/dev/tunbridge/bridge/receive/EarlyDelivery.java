package dev.tunbridge.bridge.receive;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.reassembly.recovery.EarlyHandler;
import io.netty.buffer.ByteBuf;

/** Reads frames from beyond a hole; only packets and datagrams go on, everything else is left to the kernel lane. Loop thread only. */
final class EarlyDelivery implements MessageHandler {
    private final MessageCodec codec;
    private final Downlink downlink;

    private BoundaryGrade grade = BoundaryGrade.FOUND;
    private boolean isSwallowed;
    private long nowNanos;
    private long answer;

    EarlyDelivery(MessageCodec codec, Downlink downlink) {
        this.codec = codec;
        this.downlink = downlink;
    }

    /** As {@link EarlyHandler#onEarlyFrame}. */
    long deliver(FrameView frame, BoundaryGrade grade, long nowNanos) {
        this.grade = grade;
        this.nowNanos = nowNanos;
        isSwallowed = false;
        read(frame);
        return answer;
    }

    /** The kernel lane has reached a frame that had gone early: its flow is known from now on. */
    void swallowed(FrameView frame, long nowNanos) {
        this.nowNanos = nowNanos;
        isSwallowed = true;
        read(frame);
    }

    private void read(FrameView frame) {
        answer = EarlyHandler.REFUSED;
        try {
            if (isSwallowed) {
                codec.read(frame, this);
            } else {
                codec.peek(frame, this);
            }
        } catch (MalformedMessageException e) {
            // The kernel lane will say so.
        }
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        if (isSwallowed) {
            downlink.swallowedPacket(buffer, index, length, nowNanos);
        } else {
            answer = downlink.earlyPacket(buffer, index, length, grade, nowNanos);
        }
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
        if (isSwallowed) {
            downlink.swallowedSegment(
                    ipProtocol,
                    buffer,
                    clientAddressIndex,
                    deviceAddressIndex,
                    addressBytes,
                    segmentIndex,
                    segmentLength,
                    nowNanos);
        } else {
            answer = downlink.earlySegment(
                    ipProtocol,
                    buffer,
                    clientAddressIndex,
                    deviceAddressIndex,
                    addressBytes,
                    segmentIndex,
                    segmentLength,
                    grade,
                    nowNanos);
        }
    }

    @Override
    public void onMessage(Message message) {}

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        if (!isSwallowed) {
            answer = downlink.earlyData(channel, buffer, index, length, nowNanos);
        }
    }

    @Override
    public void onUnknownType(int type) {}
}
