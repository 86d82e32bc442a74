package dev.tunbridge.bridge.simulation;

import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageHandler;
import io.netty.buffer.ByteBuf;

/** Hands packets on, of any time, and nothing else. */
record ToDownlink(Downlink downlink) implements MessageHandler {
    @Override
    public void onMessage(Message message) {}

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        downlink.packet(buffer, index, length, 0);
    }

    @Override
    public void onSegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength) {}

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {}

    @Override
    public void onUnknownType(int type) {}
}
