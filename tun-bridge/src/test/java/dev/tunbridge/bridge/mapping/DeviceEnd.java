package dev.tunbridge.bridge.mapping;

import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.bridge.tun.TunStats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A device that keeps what is written, and takes it from where it lies at the flush, as a real one does. */
class DeviceEnd implements TunDevice {
    final List<byte[]> written = new ArrayList<>();
    private final List<Runnable> queued = new ArrayList<>();

    @Nullable
    TunHandler handler;

    @Override
    public String name() {
        return "tb0";
    }

    @Override
    public void open(EventLoop loop, TunHandler opened) {
        handler = opened;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void write(ByteBuf packet, int index, int length) {
        queued.add(() -> written.add(ByteBufUtil.getBytes(packet, index, length, true)));
    }

    @Override
    public void write(ByteBuf header, int headerIndex, int headerLength, ByteBuf body, int bodyIndex, int bodyLength) {
        if (headerLength > MAX_HEADER_BYTES) {
            throw new IllegalArgumentException("header of " + headerLength);
        }
        byte[] copied = ByteBufUtil.getBytes(header, headerIndex, headerLength, true);
        queued.add(() -> {
            byte[] whole = java.util.Arrays.copyOf(copied, headerLength + bodyLength);
            body.getBytes(bodyIndex, whole, headerLength, bodyLength);
            written.add(whole);
        });
    }

    @Override
    public void flush() {
        queued.forEach(Runnable::run);
        queued.clear();
    }

    @Override
    public void pauseReading() {}

    @Override
    public void resumeReading() {}

    @Override
    public TunStats stats() {
        throw new UnsupportedOperationException("not asked here");
    }

    @Override
    public void close() {}
}
