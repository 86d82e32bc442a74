package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.ChannelInfo;
import dev.tunbridge.bridge.RelayChannel;
import dev.tunbridge.bridge.RelayHandler;
import dev.tunbridge.bridge.RelayHandler.RelayRefusedException;
import dev.tunbridge.bridge.queue.QueueFullException;
import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.bridge.relay.Service;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The application in the place of a socket. What it does comes from any thread and takes effect on the loop, in its order. */
final class AppService implements Service {
    private static final Logger LOG = LoggerFactory.getLogger(AppService.class);

    /** Of one turn, so that one channel cannot keep the loop. */
    private static final int TURN_BYTES = 256 * 1024;

    private final LocalServices services;
    private final Channel channel;
    private final ChannelInfo info;
    private final RelayHandler handler;
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private final AtomicInteger untakenBytes = new AtomicInteger();

    // The loop's.
    private final Deque<Outgoing> outgoing = new ArrayDeque<>();
    private RelayHandler.@Nullable Receiver receiver;
    private boolean isReading;
    private boolean isEndDue;
    private boolean isEndTold;
    private boolean isClosed;

    /** What the application sends. */
    private static final class Outgoing {
        /** Besides the content, so that empty datagrams are bounded too. */
        private static final int ENTRY_BYTES = 64;

        final ByteBuf bytes;
        final CompletableFuture<Void> sent = new CompletableFuture<>();

        Outgoing(byte[] bytes) {
            this.bytes = Unpooled.wrappedBuffer(bytes);
        }

        static int cost(byte[] bytes) {
            return ENTRY_BYTES + bytes.length;
        }

        int cost() {
            return ENTRY_BYTES + bytes.writerIndex();
        }
    }

    AppService(LocalServices services, Channel channel, RelayHandler handler) {
        this.services = services;
        this.channel = channel;
        this.handler = handler;
        info = ChannelInfo.of(channel.asked());
    }

    void start() {
        if (isClosed) {
            return;
        }
        try {
            receiver = Objects.requireNonNull(handler.onOpen(new End()), "nobody hears what comes");
        } catch (RelayRefusedException e) {
            LOG.debug("{}: the application refuses: {}", channel, e.getMessage());
            refuse();
            return;
        } catch (Throwable e) {
            LOG.error("{}: the application refuses, since it threw", channel, e);
            refuse();
            return;
        }
        services.events().onConnected(channel);
        pump();
    }

    private void refuse() {
        over(true);
        services.events().onConnectFailed(channel, OpenRefusal.SERVICE_REFUSED);
    }

    // To the server, on the loop

    @Override
    public void startReading() {
        isReading = true;
        services.later(this::pump);
    }

    @Override
    public void stopReading() {
        isReading = false;
    }

    private void pump() {
        int left = TURN_BYTES;
        while (isReading && !isClosed && !outgoing.isEmpty()) {
            int most = Math.min(left, services.events().readableBytes(channel));
            if (most <= 0 || isClosed) {
                break;
            }
            Outgoing first = outgoing.element();
            int length = channel.isTcp() ? Math.min(most, first.bytes.readableBytes()) : first.bytes.readableBytes();
            int index = first.bytes.readerIndex();
            first.bytes.skipBytes(length);
            left -= length;
            if (length > 0 || !channel.isTcp()) {
                services.events().onRead(channel, first.bytes, index, length);
            }
            if (!first.bytes.isReadable() && outgoing.peek() == first) {
                outgoing.remove();
                waitingBytes.addAndGet(-first.cost());
                first.sent.complete(null);
            }
        }
        if (isClosed) {
            return;
        }
        if (left <= 0 && isReading) {
            services.later(this::pump);
        } else if (outgoing.isEmpty() && isEndDue && !isEndTold && receiver != null) {
            isEndTold = true;
            services.events().onEnded(channel);
        }
    }

    // From the server, on the loop and from within the relay

    @Override
    public boolean write(ByteBuf buffer, int index, int length) {
        if (channel.isTcp()) {
            untakenBytes.addAndGet(length);
        }
        tell(receiver -> receiver.onBytes(ByteBufUtil.getBytes(buffer, index, length, true)));
        return true;
    }

    @Override
    public void endOutput() {
        tell(RelayHandler.Receiver::onEnd);
    }

    /** False: the loop has ended, and with it the channel. */
    private boolean onLoop(Runnable step) {
        try {
            services.later(step);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    // The end, on the loop

    private void fail() {
        if (!isClosed) {
            over(true);
            services.events().onFailed(channel);
        }
    }

    @Override
    public void reset() {
        over(true);
    }

    @Override
    public void close() {
        over(false);
    }

    private void over(boolean isReset) {
        if (isClosed) {
            return;
        }
        isClosed = true;
        outgoing.forEach(this::failed);
        outgoing.clear();
        tell(receiver -> receiver.onClosed(isReset));
    }

    /** Any thread. */
    private void failed(Outgoing one) {
        waitingBytes.addAndGet(-one.cost());
        one.sent.completeExceptionally(new IOException(channel + " is over"));
    }

    private void tell(Consumer<RelayHandler.Receiver> word) {
        RelayHandler.Receiver current = receiver;
        if (current == null) {
            return; // refused, or given up before it was asked
        }
        try {
            word.accept(current);
        } catch (Throwable e) {
            LOG.error("{}: what serves it threw, and it is reset", channel, e);
            onLoop(this::fail);
        }
    }

    /** What the application has of it. Any thread. */
    private final class End implements RelayChannel {
        @Override
        public ChannelInfo info() {
            return info;
        }

        @Override
        public CompletionStage<Void> send(byte[] bytes) {
            int cost = Outgoing.cost(bytes);
            int waiting = waitingBytes.addAndGet(cost);
            // One that is alone passes if its content does: who tries again would wait for ever.
            boolean isAlone = waiting == cost && bytes.length <= services.channelBytes();
            if (waiting > services.channelBytes() && !isAlone) {
                waitingBytes.addAndGet(-cost);
                throw new QueueFullException("relay.channel-bytes", waiting - cost, services.channelBytes());
            }
            Outgoing one = new Outgoing(bytes.clone());
            boolean isHandedOver = onLoop(() -> {
                if (isClosed || isEndDue) {
                    failed(one);
                } else {
                    outgoing.add(one);
                    pump();
                }
            });
            if (!isHandedOver) {
                failed(one);
            }
            return one.sent.minimalCompletionStage();
        }

        @Override
        public void taken(int bytes) {
            if (!channel.isTcp()) {
                return;
            }
            int left = untakenBytes.get();
            while (bytes >= 0 && bytes <= left && !untakenBytes.compareAndSet(left, left - bytes)) {
                left = untakenBytes.get();
            }
            if (bytes < 0 || bytes > left) {
                throw new IllegalArgumentException("taken is " + bytes + " of " + info + "; allowed 0 to " + left
                        + ", what has come and is not done with");
            }
            onLoop(() -> {
                if (!isClosed && bytes > 0) {
                    services.events().onTaken(channel, bytes);
                }
            });
        }

        @Override
        public void end() {
            onLoop(() -> {
                isEndDue = true;
                pump();
            });
        }

        @Override
        public void reset() {
            onLoop(AppService.this::fail);
        }
    }
}
