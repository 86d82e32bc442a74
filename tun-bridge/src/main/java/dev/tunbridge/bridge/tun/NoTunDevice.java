package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/** In the place of a device where no packets travel: nothing comes from it, and what is written is dropped and counted. */
public final class NoTunDevice implements TunDevice {
    private final String name;
    private final Counters counters = new Counters();
    private boolean isOpen;

    /** @param name for logs and threads */
    public NoTunDevice(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void open(EventLoop loop, TunHandler handler) {
        isOpen = true;
    }

    @Override
    public boolean isOpen() {
        return isOpen;
    }

    @Override
    public void write(ByteBuf packet, int index, int length) {
        counters.dropped();
    }

    @Override
    public void write(ByteBuf header, int headerIndex, int headerLength, ByteBuf body, int bodyIndex, int bodyLength) {
        counters.dropped();
    }

    @Override
    public void flush() {}

    @Override
    public void pauseReading() {}

    @Override
    public void resumeReading() {}

    @Override
    public TunStats stats() {
        return counters.snapshot();
    }

    @Override
    public void close() {
        isOpen = false;
    }
}
