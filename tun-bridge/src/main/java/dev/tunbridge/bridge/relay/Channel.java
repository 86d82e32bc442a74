package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * One virtual socket. The relay's alone to change; whoever has its connection tells the relay by it what happens there. Its number is the
 * server's, and another channel's once both ends have closed this one.
 */
public final class Channel {
    private final Message.Open asked;
    final CreditWindow window;
    final long openedNanos;

    @Nullable
    Service service;

    /** The service has answered. */
    boolean isConnected;

    /** The server knows. */
    boolean isOpened;

    boolean hasServerEnded;

    /** The service has ended; bytes of it may still be in the queue. */
    boolean hasServiceEnded;

    boolean isEndSaid;
    boolean isClosed;

    /** It is among those that have something to say. */
    boolean isTalking;

    boolean isReading;

    /** What the server can still take. */
    long creditBytes;

    /** In the queue towards the server, with what frames cost there. */
    long queuedBytes;

    long activeNanos;

    long bytesDown;
    long bytesUp;

    /** Where it is in the relay's list. */
    int slot;

    private @Nullable Object attachment;

    Channel(Message.Open asked, CreditWindow window, long nowNanos) {
        this.asked = asked;
        this.window = window;
        openedNanos = nowNanos;
        activeNanos = nowNanos;
    }

    public int number() {
        return asked.channel();
    }

    public boolean isTcp() {
        return asked.transport() == Message.TCP;
    }

    /** Of the service that the client wants. */
    public int devicePort() {
        return asked.devicePort();
    }

    public InetAddress clientAddress() {
        return asked.clientAddress();
    }

    public int clientPort() {
        return asked.clientPort();
    }

    /** What the way to the server keeps of it; the relay looks at it never. */
    public @Nullable Object attachment() {
        return attachment;
    }

    public void attach(Object attachment) {
        this.attachment = attachment;
    }

    /** What the server has said of it. */
    public Message.Open asked() {
        return asked;
    }

    /** From the client to the service. */
    public long bytesDown() {
        return bytesDown;
    }

    /** From the service towards the client. */
    public long bytesUp() {
        return bytesUp;
    }

    public ChannelState state() {
        if (isClosed) {
            return ChannelState.CLOSED;
        }
        if (!isOpened) {
            return ChannelState.OPENING;
        }
        if (isOverForServer()) {
            return ChannelState.DRAINING;
        }
        if (isEndSaid) {
            return ChannelState.SERVICE_ENDED;
        }
        return hasServerEnded ? ChannelState.SERVER_ENDED : ChannelState.OPEN;
    }

    /** Both ends have ended, and the number is the server's again. */
    boolean isOverForServer() {
        return isEndSaid && hasServerEnded;
    }

    /** The end of the service's stream may be said, because all that came before has left. */
    boolean isEndDue() {
        return isOpened && hasServiceEnded && queuedBytes == 0 && !isEndSaid;
    }

    boolean isAwaitingService() {
        return !isConnected && !isClosed;
    }

    @Override
    public String toString() {
        return (isTcp() ? "tcp" : "udp") + " channel " + number() + " (" + state() + ") from "
                + clientAddress().getHostAddress() + " port " + clientPort() + " to port " + devicePort();
    }
}
