package dev.tunbridge.sim.sockets;

import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/** A channel with what both ends have said of it, which is {@link Channels}' to keep, and whoever is behind it. */
abstract class ClientChannel {
    private final InetSocketAddress client;
    private final int devicePort;

    int number;

    /** The device has answered the open, with whatever. */
    boolean isAnswered;

    /** It has answered {@code open}. */
    boolean isOpened;

    /** An end or a reset was said, so nothing more is to be sent. */
    boolean isClosedHere;

    /** What was said ends both ways: a reset, or any close of datagrams. */
    boolean isOverHere;

    /** The device has said an end or a reset. */
    boolean isClosedThere;

    /** The number is free, or another channel's: there is nothing more to be said. */
    boolean isFree;

    /** It is among those that want a turn. */
    boolean isReady;

    /** What the device can still take. */
    long creditBytes;

    /** What the device may still send. */
    long grantedBytes;

    /** What the client has taken since the device was last told. */
    long untoldBytes;

    /** @param devicePort of the service that the client wants */
    ClientChannel(InetSocketAddress client, int devicePort) {
        this.client = client;
        this.devicePort = devicePort;
    }

    final InetSocketAddress client() {
        return client;
    }

    final int devicePort() {
        return devicePort;
    }

    abstract boolean isTcp();

    final Message.Open toOpen() {
        return new Message.Open(
                number, isTcp() ? Message.TCP : Message.UDP, devicePort, client.getAddress(), client.getPort());
    }

    /** The service is there, and takes {@link #creditBytes}. */
    abstract void opened();

    /** Sends what the client has sent, as far as one turn goes; true: there may be more. */
    abstract boolean turn();

    /**
     * The device has sent this, within what was granted.
     *
     * @param buffer valid during the call
     */
    abstract void received(ByteBuf buffer, int index, int length);

    /** Hands what was {@link #received} to the client. */
    abstract void flush();

    /** The service sends no more. */
    abstract void endedThere();

    /** The channel is over for the client: refused, reset, or the device is gone. */
    abstract void brokenOff();

    @Override
    public final String toString() {
        return (isTcp() ? "tcp" : "udp") + " channel " + number + " from "
                + client.getAddress().getHostAddress() + " port " + client.getPort() + " to port " + devicePort;
    }
}
