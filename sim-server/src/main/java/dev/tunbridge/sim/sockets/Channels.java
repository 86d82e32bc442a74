package dev.tunbridge.sim.sockets;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * The channels of one session: their numbers, the credit both ways and who has closed. A number is free again when both ends have closed it,
 * or when the device has refused it.
 */
final class Channels {
    /** Of opens for clients that do not exist, with each for one that does ({@link Misdeed#FLOOD_OPENS}). */
    static final int FLOOD = 512;

    private static final int NUMBERS = 1 << 16;

    /** Reads of 64 KiB, so that clients cannot keep the loop from the device. */
    private static final int TURNS = 16;

    /** What comes behind a close ({@link Misdeed#DATA_AFTER_CLOSE}). */
    private static final ByteBuf BEHIND_THE_END =
            Unpooled.unreleasableBuffer(Unpooled.directBuffer(16).writeZero(16).asReadOnly());

    private final DeviceSide device;
    private final SiteOptions options;
    private final SocketCounters counters;
    private final Executor loop;
    private final IntObjectMap<ClientChannel> byNumber = new IntObjectHashMap<>();
    private final Deque<ClientChannel> ready = new ArrayDeque<>();
    private final Set<ClientChannel> unflushed = new LinkedHashSet<>();
    private final Deque<Integer> closedHere = new ArrayDeque<>();
    private int lastNumber;
    private boolean isPumping;
    private boolean isPumpDue;
    private boolean isEnded;

    Channels(DeviceSide device, SiteOptions options, SocketCounters counters, Executor loop) {
        this.device = device;
        this.options = options;
        this.counters = counters;
        this.loop = loop;
    }

    int size() {
        return byNumber.size();
    }

    int maxDataBytes() {
        return device.maxDataBytes();
    }

    // What clients do

    /** Asks the device for the client's service; false: all numbers are in use. */
    boolean open(ClientChannel channel) {
        if (!ask(channel)) {
            return false;
        }
        if (does(Misdeed.FLOOD_OPENS)) {
            for (int i = 0; i < FLOOD && byNumber.size() < NUMBERS / 2; i++) {
                counters.misdeeds++;
                InetSocketAddress nobody =
                        new InetSocketAddress(channel.client().getAddress(), i + 1);
                ask(new PhantomChannel(this, nobody, channel.devicePort()));
            }
        }
        pump();
        return true;
    }

    private boolean ask(ClientChannel channel) {
        int number = nextNumber();
        if (number < 0) {
            return false;
        }
        channel.number = number;
        ClientChannel before = byNumber.put(number, channel);
        counters.opens++;
        device.say(channel.toOpen());
        grant(channel, options.windowBytes()); // now, so that a service that speaks first is heard after one round trip
        if (before != null) {
            counters.misdeeds++;
            before.isFree = true;
            before.brokenOff();
        }
        return true;
    }

    private int nextNumber() {
        for (Integer early = closedHere.poll(); early != null; early = closedHere.poll()) {
            ClientChannel old = byNumber.get(early.intValue());
            if (old == null || old.isClosedHere) {
                return early;
            }
        }
        for (int tried = 0; tried < NUMBERS; tried++) {
            lastNumber = (lastNumber + 1) % NUMBERS;
            if (!byNumber.containsKey(lastNumber)) {
                return lastNumber;
            }
        }
        return -1;
    }

    /** How many bytes of the client the device may be sent now. */
    long allowance(ClientChannel channel) {
        return does(Misdeed.OVERRUN_CREDIT) ? Long.MAX_VALUE : channel.creditBytes;
    }

    /** Bytes of a stream, or one datagram, within the {@link #allowance}. */
    void send(ClientChannel channel, ByteBuf buffer, int index, int length) {
        if (length > channel.creditBytes) {
            counters.misdeeds++;
        }
        channel.creditBytes = Math.max(0, channel.creditBytes - length);
        counters.bytesToDevice += length;
        int at = 0;
        do {
            int piece = Math.min(length - at, device.maxDataBytes());
            device.data(channel.number, buffer, index + at, piece);
            at += piece;
        } while (at < length);
    }

    /** The client's end of the stream, a reset, or the end of a flow of datagrams. */
    void close(ClientChannel channel, CloseHow how) {
        if (isEnded || channel.isFree || channel.isOverHere || (channel.isClosedHere && how != CloseHow.RESET)) {
            return;
        }
        sayClose(channel, how);
        if (channel.isClosedThere) {
            free(channel);
        }
    }

    private void sayClose(ClientChannel channel, CloseHow how) {
        channel.isClosedHere = true;
        channel.isOverHere |= how == CloseHow.RESET || !channel.isTcp();
        device.say(new Message.Close(channel.number, how));
        if (does(Misdeed.DATA_AFTER_CLOSE)) {
            counters.misdeeds++;
            device.data(channel.number, BEHIND_THE_END, 0, BEHIND_THE_END.readableBytes());
        }
        if (does(Misdeed.REUSE_NUMBER) && !closedHere.contains(channel.number)) {
            closedHere.add(channel.number);
        }
    }

    /** The client's socket has taken so many bytes: the device may send as many again. */
    void taken(ClientChannel channel, long bytes) {
        channel.untoldBytes += bytes;
        boolean isWorthIt = channel.untoldBytes >= options.windowBytes() / 4 || channel.grantedBytes == 0;
        if (isWorthIt && channel.untoldBytes > 0 && !channel.isClosedThere && !channel.isOverHere) {
            grant(channel, channel.untoldBytes);
            channel.untoldBytes = 0;
        }
    }

    private void grant(ClientChannel channel, long bytes) {
        channel.grantedBytes += bytes;
        device.say(new Message.Credit(channel.number, bytes));
    }

    // What the device says

    /** An answer, credit or close, in the order of the stream. */
    void receive(Message message) {
        if (message instanceof Message.Opened opened) {
            opened(opened);
        } else if (message instanceof Message.Credit credit) {
            credit(credit);
        } else if (message instanceof Message.Close close) {
            close(close);
        } else {
            counters.deviceFaults++; // an open, which is the server's alone
        }
    }

    private void opened(Message.Opened opened) {
        ClientChannel channel = byNumber.get(opened.channel());
        if (channel == null || channel.isAnswered) {
            counters.deviceFaults++;
            return;
        }
        channel.isAnswered = true;
        if (opened.status() != Message.OpenStatus.OPEN) {
            counters.refusals++;
            free(channel);
            channel.brokenOff();
        } else if (!channel.isOverHere) {
            channel.isOpened = true;
            channel.creditBytes = opened.credit();
            channel.opened();
        }
    }

    private void credit(Message.Credit credit) {
        ClientChannel channel = byNumber.get(credit.channel());
        if (channel != null && channel.isOpened) {
            channel.creditBytes += credit.bytes();
            ready(channel);
        } else if (channel != null && !channel.isAnswered) {
            counters.deviceFaults++;
        } // or it is late
    }

    private void close(Message.Close close) {
        ClientChannel channel = byNumber.get(close.channel());
        if (channel == null || !channel.isAnswered) {
            counters.deviceFaults++;
        } else if (close.how() == CloseHow.RESET || !channel.isTcp()) {
            counters.resetsByDevice += close.how() == CloseHow.RESET ? 1 : 0;
            channel.isClosedThere = true;
            if (!channel.isClosedHere) {
                sayClose(channel, close.how());
            }
            free(channel);
            channel.brokenOff();
        } else if (channel.isClosedThere) {
            counters.deviceFaults++;
        } else {
            channel.isClosedThere = true;
            if (!channel.isOverHere) {
                channel.endedThere();
            }
            if (channel.isClosedHere) {
                free(channel);
            }
        }
    }

    /** Bytes of a channel, or one datagram, in the order of the stream. */
    void data(int number, ByteBuf buffer, int index, int length) {
        ClientChannel channel = byNumber.get(number);
        if (channel == null || !channel.isAnswered) {
            counters.deviceFaults++;
        } else if (channel.isClosedThere || (length > channel.grantedBytes && !channel.isOverHere)) {
            counters.deviceFaults++;
            if (channel.isTcp()) {
                close(channel, CloseHow.RESET);
                channel.brokenOff();
            }
        } else if (!channel.isOverHere) { // or it is late
            channel.grantedBytes -= length;
            counters.bytesFromDevice += length;
            channel.received(buffer, index, length);
            unflushed.add(channel);
        }
    }

    private void free(ClientChannel channel) {
        channel.isFree = true;
        if (byNumber.get(channel.number) == channel) {
            byNumber.remove(channel.number);
        }
    }

    // Turns

    /** The client has something to send, or there is credit for it again. */
    void ready(ClientChannel channel) {
        if (!channel.isReady && !channel.isFree && !isEnded) {
            channel.isReady = true;
            ready.add(channel);
        }
    }

    /** What a read of the device's has brought goes to the clients. */
    void flush() {
        while (!unflushed.isEmpty()) {
            ClientChannel channel = unflushed.iterator().next();
            unflushed.remove(channel);
            channel.flush();
        }
    }

    /** Sends what there is to say, and what clients have sent, in turns, as long as there is room for it. */
    void pump() {
        if (isPumping || isEnded) {
            return;
        }
        isPumping = true;
        try {
            int turns = 0;
            while (!isEnded && turns < TURNS && device.hasRoom()) {
                ClientChannel channel = ready.poll();
                if (channel == null) {
                    break;
                }
                channel.isReady = false;
                turns++;
                if (channel.turn()) {
                    ready(channel);
                }
            }
            device.flush();
        } finally {
            isPumping = false;
        }
        if (!ready.isEmpty() && !isPumpDue && device.hasRoom()) {
            isPumpDue = true;
            loop.execute(() -> {
                isPumpDue = false;
                pump();
            });
        }
    }

    /** The session is over: every client that the device knew is broken off. */
    void end() {
        isEnded = true;
        ready.clear();
        flush(); // to those that both ends have closed already
        for (ClientChannel channel : new ArrayList<>(byNumber.values())) {
            free(channel);
            channel.brokenOff();
        }
    }

    private boolean does(Misdeed misdeed) {
        return options.misdeeds().contains(misdeed);
    }
}
