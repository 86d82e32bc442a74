package dev.tunbridge.bridge.relay;

import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All channels that are not closed, and by their numbers those that the server knows. */
final class ChannelTable {
    private final IntObjectHashMap<Channel> byNumber = new IntObjectHashMap<>();
    private final List<Channel> all = new ArrayList<>();
    private int halfOpen;

    @Nullable
    Channel of(int number) {
        return byNumber.get(number);
    }

    void add(Channel channel) {
        byNumber.put(channel.number(), channel);
        channel.slot = all.size();
        all.add(channel);
        halfOpen++;
    }

    /** Its service has answered. */
    void connected(Channel channel) {
        channel.isConnected = true;
        halfOpen--;
    }

    /** The number is the server's again. */
    void freeNumber(Channel channel) {
        if (byNumber.get(channel.number()) == channel) {
            byNumber.remove(channel.number());
        }
    }

    void close(Channel channel) {
        freeNumber(channel);
        if (channel.isAwaitingService()) {
            halfOpen--;
        }
        channel.isClosed = true;
        Channel last = all.remove(all.size() - 1);
        if (last != channel) {
            last.slot = channel.slot;
            all.set(channel.slot, last);
        }
    }

    int size() {
        return all.size();
    }

    /** From the last to the first: closing one moves none that comes later. */
    Channel at(int slot) {
        return all.get(slot);
    }

    int halfOpen() {
        return halfOpen;
    }
}
