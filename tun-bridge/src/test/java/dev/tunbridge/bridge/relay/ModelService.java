package dev.tunbridge.bridge.relay;

import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.Violation;
import dev.tunbridge.bridge.simulation.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** A local service, and the socket to it, as a driver would have it: what is written waits until the service has taken it. */
final class ModelService implements Service {
    private static final int MOST_READ_BYTES = 16 << 10;
    private static final int FRAME_AND_MORE_BYTES = 3_000;

    private final RelayHost host;
    private final Exchange exchange;
    private final RelayScenario.Plan plan;
    private final Channel channel;
    private final VirtualTime time;
    private final Dice dice;
    private final long resetAt;
    private long untaken;
    private boolean isEndWritten;
    private boolean isReading;
    private boolean isTaking;
    private boolean isSending;
    private boolean hasEnded;
    private boolean isStuck;
    private boolean isOver;

    ModelService(RelayHost host, Exchange exchange, Channel channel, VirtualTime time, Dice dice) {
        this.host = host;
        this.exchange = exchange;
        this.channel = channel;
        this.time = time;
        this.dice = dice;
        plan = exchange.plan;
        resetAt = dice.between(0, Math.max(0, plan.serviceBytes()));
        isStuck = plan.serviceTakesPerSecond() == 0;
        exchange.isServiceDone = false;
        switch (plan.answer()) {
            case ACCEPTS -> time.after(plan.answerNanos(), this::accept);
            case REFUSES -> time.after(plan.answerNanos(), () -> fail(OpenRefusal.SERVICE_REFUSED));
            case UNREACHABLE -> time.after(plan.answerNanos(), () -> fail(OpenRefusal.SERVICE_UNREACHABLE));
            case SILENT -> {
                // The relay has to give up.
            }
        }
    }

    private void accept() {
        if (!isOver) {
            exchange.isAccepted = true;
            host.relay().connected(channel, time.nowNanos());
            time.after(1 + dice.below(1_000_000), this::send);
        }
    }

    private void fail(OpenRefusal reason) {
        if (!isOver) {
            over();
            host.relay().connectFailed(channel, reason);
        }
    }

    private void over() {
        isOver = true;
        untaken = 0;
        exchange.isServiceDone = true;
        host.over(this);
    }

    long untakenBytes() {
        return untaken;
    }

    // The way down

    @Override
    public boolean write(ByteBuf buffer, int index, int length) {
        verifyAlive();
        if (!channel.isTcp()) {
            exchange.toService.getDatagram(buffer, index, length);
            return true;
        }
        if (isEndWritten) {
            throw new Violation("bytes were written behind the end to the service of " + exchange);
        }
        exchange.toService.get(buffer, index, length);
        untaken += length;
        take();
        return true;
    }

    private void take() {
        if (isTaking || isStuck || isOver) {
            return;
        }
        if (untaken == 0) {
            ending();
            return;
        }
        isTaking = true;
        long some = Math.min(untaken, 1 + dice.below(8 << 10));
        long nanos = some * VirtualTime.SECOND / plan.serviceTakesPerSecond();
        time.after(1 + nanos, () -> {
            isTaking = false;
            if (!isOver) {
                untaken -= some;
                host.taken(channel, some);
                take();
            }
        });
    }

    @Override
    public void endOutput() {
        verifyAlive();
        exchange.toService.end();
        isEndWritten = true;
        take();
    }

    // The way up

    private void send() {
        if (isOver || isSending) {
            return;
        }
        if (plan.serviceEnding() == RelayScenario.Ending.RESETS && exchange.toClient.sent >= resetAt) {
            breaks();
        } else if (exchange.toClient.sent == plan.serviceBytes()) {
            ending();
        } else if (isReading && host.relay().readableBytes(channel) > 0) {
            int length = channel.isTcp() ? stream() : datagram();
            isSending = true;
            long nanos = length * VirtualTime.SECOND / plan.serviceSendsPerSecond();
            time.after(1 + nanos, () -> {
                isSending = false;
                send();
            });
        }
    }

    private int stream() {
        int length = (int) Math.min(
                Math.min(host.relay().readableBytes(channel), 1 + dice.below(MOST_READ_BYTES)),
                plan.serviceBytes() - exchange.toClient.sent);
        ByteBuf buffer = Unpooled.buffer(length);
        exchange.toClient.fill(buffer, length);
        host.relay().read(channel, buffer, 0, length, time.nowNanos());
        return length;
    }

    private int datagram() {
        int length = dice.between(Exchange.LEAST_DATAGRAM_BYTES, FRAME_AND_MORE_BYTES);
        ByteBuf buffer = Unpooled.buffer(length);
        exchange.toClient.datagram(buffer, length);
        host.relay().read(channel, buffer, 0, length, time.nowNanos());
        return length;
    }

    private void ending() {
        if (hasEnded
                || isOver
                || !exchange.isAccepted
                || !channel.isTcp()
                || exchange.toClient.sent < plan.serviceBytes()) {
            return;
        }
        if (plan.serviceEnding() != RelayScenario.Ending.AFTER_THE_OTHER || (isEndWritten && untaken == 0)) {
            hasEnded = true;
            exchange.toClient.isEndSent = true;
            host.relay().ended(channel);
        }
    }

    /** Its client is over, and it will have to take the rest or be given up. */
    boolean isLeftAlone() {
        return exchange.isClientDone;
    }

    /** The service resets, or its host goes away. */
    void breaks() {
        if (!isOver && exchange.isAccepted) {
            exchange.hasServiceFailed = true;
            over();
            host.relay().failed(channel);
        }
    }

    @Override
    public void startReading() {
        verifyAlive();
        if (isReading) {
            throw new Violation("is told to read twice: " + channel);
        }
        isReading = true;
        time.after(1, this::send);
    }

    @Override
    public void stopReading() {
        isReading = false;
    }

    @Override
    public void reset() {
        verifyAlive();
        exchange.wasServiceReset = true;
        over();
    }

    @Override
    public void close() {
        verifyAlive();
        if (channel.isTcp() && (untaken > 0 || !hasEnded || !isEndWritten)) {
            throw new Violation("is closed before its end: " + exchange);
        }
        over();
    }

    private void verifyAlive() {
        if (isOver) {
            throw new Violation("the relay speaks to a service that is over: " + exchange);
        }
    }

    @Override
    public String toString() {
        return exchange + " untaken " + untaken;
    }
}
