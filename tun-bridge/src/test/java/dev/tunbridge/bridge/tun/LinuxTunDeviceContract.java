package dev.tunbridge.bridge.tun;

import static java.util.Objects.requireNonNull;

import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** The contract on a real device, with a real socket as the kernel's side. */
abstract class LinuxTunDeviceContract extends TunDeviceContract {
    private @Nullable TestNamespace side;
    private @Nullable LinuxTunDevice device;
    private @Nullable DatagramChannel socket;

    abstract LinuxTunDeviceTest.Loop loopKind();

    abstract TunOptions options();

    @Override
    EventLoopGroup newGroup() {
        return loopKind().group();
    }

    @Override
    TunDevice makeDevice() throws Exception {
        TestNamespace made = TestNamespace.make();
        side = made;
        LinuxTunDevice created = made.createDevice(options());
        device = created;
        made.setUp("tbt0", "198.18.0.1", "198.18.0.2", "2001:2::1", "2001:2::2");
        DatagramChannel opened = made.network().call(DatagramChannel::open);
        opened.bind(new InetSocketAddress(LOCAL.getAddress(), LOCAL.getPort()));
        opened.configureBlocking(false);
        socket = opened;
        return created;
    }

    @AfterEach
    void removeNamespace() throws Exception {
        if (socket != null) {
            socket.close();
        }
        if (side != null) {
            side.close();
        }
    }

    @Override
    TunDevice device() {
        return requireNonNull(device);
    }

    @Override
    void sendFromKernel(byte[] payload) throws Exception {
        requireNonNull(socket).send(ByteBuffer.wrap(payload), REMOTE);
    }

    @Override
    List<byte[]> takeFromKernel() throws Exception {
        List<byte[]> taken = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.allocate(2_000);
        while (requireNonNull(socket).receive(buffer) != null) {
            byte[] payload = new byte[buffer.flip().remaining()];
            buffer.get(payload).clear();
            taken.add(payload);
        }
        return taken;
    }
}
