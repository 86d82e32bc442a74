package dev.tunbridge.sim.link;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.TunFlag;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** A TAP device in a namespace, as the link sees it: frames in and out of native memory. */
final class TapPort implements AutoCloseable {
    private final TunInterface tap;
    private final FileDescriptor descriptor;
    /** Netty's calls cost a third of JNA's and allocate nothing; where its native part is missing, JNA does it. */
    private final boolean isNative = Epoll.isAvailable();

    private TapPort(TunInterface tap) {
        this.tap = tap;
        descriptor = new FileDescriptor(tap.fd());
    }

    static TapPort open(LinkEnd end, Set<LinkOption> options) throws IOException {
        TunFlag[] flags = options.contains(LinkOption.RECEIVE_OFFLOAD)
                ? new TunFlag[] {TunFlag.EXCLUSIVE, TunFlag.NAPI}
                : new TunFlag[] {TunFlag.EXCLUSIVE};
        return Namespaces.in(end.namespace(), () -> {
            TunInterface tap = TunInterface.open(end.device(), TunKind.TAP, flags);
            try {
                Command.runIpBatch(List.of(
                        "link set dev " + end.device() + " addrgenmode none", "link set dev " + end.device() + " up"));
                return new TapPort(tap);
            } catch (IOException | RuntimeException e) {
                tap.close();
                throw e;
            }
        });
    }

    int fd() {
        return tap.fd();
    }

    /** Returns the length of a frame, or 0 or less when there is none. */
    int read(long address, int capacityBytes) throws IOException {
        return isNative
                ? descriptor.readAddress(address, 0, capacityBytes)
                : Descriptors.read(tap.fd(), address, capacityBytes);
    }

    /** Whether the device took the frame: it does not while it is down. */
    boolean write(long address, int lengthBytes) {
        try {
            int written = isNative
                    ? descriptor.writeAddress(address, 0, lengthBytes)
                    : Descriptors.write(tap.fd(), address, lengthBytes);
            return written == lengthBytes;
        } catch (IOException e) {
            // EIO while the device is down; where it is gone, reading says so.
            return false;
        }
    }

    @Override
    public void close() {
        tap.close();
    }
}
