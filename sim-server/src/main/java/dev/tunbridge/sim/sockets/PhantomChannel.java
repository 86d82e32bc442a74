package dev.tunbridge.sim.sockets;

import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/** A channel of a flood of opens: there is no client, so it is reset as soon as the device has made a connection for it. */
final class PhantomChannel extends ClientChannel {
    private final Channels channels;

    PhantomChannel(Channels channels, InetSocketAddress client, int devicePort) {
        super(client, devicePort);
        this.channels = channels;
    }

    @Override
    boolean isTcp() {
        return true;
    }

    @Override
    void opened() {
        channels.close(this, CloseHow.RESET);
    }

    @Override
    boolean turn() {
        return false;
    }

    @Override
    void received(ByteBuf buffer, int index, int length) {}

    @Override
    void flush() {}

    @Override
    void endedThere() {}

    @Override
    void brokenOff() {}
}
