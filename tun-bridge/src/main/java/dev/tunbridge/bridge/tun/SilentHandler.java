package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/** Takes the place of the owner before a device is opened and after it is closed. */
enum SilentHandler implements TunHandler {
    INSTANCE;

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {}

    @Override
    public void onReadComplete() {}

    @Override
    public void onDeviceLost(IOException cause) {}
}
