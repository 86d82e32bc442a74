package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.OpenRefusal;
import io.netty.buffer.ByteBuf;

/** What happens at services; on the loop's thread, and never from within a call of the relay. */
public interface ServiceEvents {
    void onConnected(Channel channel);

    void onConnectFailed(Channel channel, OpenRefusal reason);

    /** How many bytes may be read now; asked before each read. */
    int readableBytes(Channel channel);

    /**
     * The service has sent this.
     *
     * @param buffer valid during the call
     */
    void onRead(Channel channel, ByteBuf buffer, int index, int length);

    /** So many more bytes were acknowledged by the service's TCP. */
    void onTaken(Channel channel, long bytes);

    /** The service sends no more. */
    void onEnded(Channel channel);

    /** The connection is broken. */
    void onFailed(Channel channel);

    /** A fault of the bridge itself. */
    void onBroken(Throwable fault);
}
