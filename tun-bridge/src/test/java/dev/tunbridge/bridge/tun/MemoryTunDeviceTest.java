package dev.tunbridge.bridge.tun;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.Arrays;
import java.util.List;

class MemoryTunDeviceTest extends TunDeviceContract {
    private final MemoryTunDevice device = new MemoryTunDevice(TunOptions.named("memory"));

    @Override
    EventLoopGroup newGroup() {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    @Override
    TunDevice makeDevice() {
        return device;
    }

    @Override
    TunDevice device() {
        return device;
    }

    @Override
    void sendFromKernel(byte[] payload) {
        device.inject(Packets.udp(LOCAL, REMOTE, payload));
    }

    @Override
    List<byte[]> takeFromKernel() {
        return device.takeWritten().stream()
                .map(packet -> Arrays.copyOfRange(packet, 28, packet.length))
                .toList();
    }
}
