package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.queue.OwnedFlow;
import dev.tunbridge.bridge.relay.Channel;

/** A channel's turn in the queue towards the server. */
final class ChannelFlow extends OwnedFlow {
    private final Channel channel;

    private ChannelFlow(Channel channel) {
        super(channel.isTcp() ? Loss.NEVER : Loss.BY_CODEL);
        this.channel = channel;
    }

    /** The channel's own, made at its first need. */
    static ChannelFlow of(Channel channel) {
        if (channel.attachment() instanceof ChannelFlow flow) {
            return flow;
        }
        ChannelFlow made = new ChannelFlow(channel);
        channel.attach(made);
        return made;
    }

    Channel channel() {
        return channel;
    }
}
