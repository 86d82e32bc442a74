package dev.tunbridge.sim.link;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** One direction in virtual time: numbered packets go in, and come out with their number and their moment. */
final class VirtualLink implements AutoCloseable {

    record Arrival(int number, int lengthBytes, long atNanos) {}

    static final long MILLISECOND = 1_000_000;

    private static final int NUMBER_AT = 60;

    final LinkCounters counters = new LinkCounters();
    final List<Arrival> arrivals = new ArrayList<>();
    private final PacketPool pool = new PacketPool();
    private final ImpairedDirection direction;
    private int sent;
    long nowNanos;

    VirtualLink(Impairment impairment, long seed) {
        direction = new ImpairedDirection(impairment, seed, pool, counters);
    }

    static Impairment impairment(String... settings) {
        try {
            return LinkProfile.CLEAR.with(List.of(settings)).ab();
        } catch (LinkSettingException e) {
            throw new AssertionError(e);
        }
    }

    /** Sends a frame of zeroes with its number in it; numbers count from 0. */
    void send(int lengthBytes) {
        int slot = pool.take();
        ByteBuf buffer = pool.buffer(slot);
        buffer.setZero(pool.index(slot), lengthBytes);
        buffer.setInt(pool.index(slot) + NUMBER_AT, sent++);
        direction.offer(slot, lengthBytes, nowNanos);
        collect();
    }

    void sendFrame(ByteBuf frame) {
        int slot = pool.take();
        pool.buffer(slot).setBytes(pool.index(slot), frame, frame.readerIndex(), frame.readableBytes());
        direction.offer(slot, frame.readableBytes(), nowNanos);
        collect();
    }

    void sendMany(int count, int lengthBytes, long everyNanos) {
        for (int i = 0; i < count; i++) {
            send(lengthBytes);
            runTo(nowNanos + everyNanos);
        }
    }

    /** Moves time on, stopping at every moment at which the link has something to do, as the runner does. */
    void runTo(long untilNanos) {
        while (direction.nextEventNanos() <= untilNanos) {
            nowNanos = Math.max(nowNanos, direction.nextEventNanos());
            collect();
        }
        nowNanos = untilNanos;
    }

    void runUntilEmpty() {
        while (direction.nextEventNanos() != Long.MAX_VALUE) {
            runTo(direction.nextEventNanos());
        }
    }

    void change(Impairment impairment) {
        direction.change(impairment, nowNanos);
        collect();
    }

    void blackOutFor(long nanos) {
        direction.blackOutUntil(nowNanos + nanos, nowNanos);
    }

    long packets(LinkEvent event) {
        return counters.packets(event);
    }

    /** Ones among all bits that arrived, apart from the packets' numbers. */
    long flippedBits() {
        return flippedBits;
    }

    private long flippedBits;

    private void collect() {
        for (int slot = direction.poll(nowNanos); slot != PacketPool.NONE; slot = direction.poll(nowNanos)) {
            ByteBuf buffer = pool.buffer(slot);
            int index = pool.index(slot);
            int length = direction.polledLength();
            counters.countDelivered(length);
            arrivals.add(new Arrival(length < NUMBER_AT + 4 ? -1 : buffer.getInt(index + NUMBER_AT), length, nowNanos));
            for (int i = 0; i < length; i++) {
                if (i < NUMBER_AT || i >= NUMBER_AT + 4) {
                    flippedBits += Integer.bitCount(buffer.getByte(index + i) & 0xff);
                }
            }
            pool.give(slot);
        }
    }

    @Override
    public void close() {
        pool.release();
    }
}
