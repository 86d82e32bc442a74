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
    /** Cards wait 20 to 100 us by default. */
    private static final String COALESCING_NANOS = "50000";

    private final TunInterface tap;
    private final FileDescriptor descriptor;
    /** Netty's calls cost a third of JNA's and allocate nothing; where its native part is missing, JNA does it. */
    private final boolean isNative = Epoll.isAvailable();

    private TapPort(TunInterface tap) {
        this.tap = tap;
        descriptor = new FileDescriptor(tap.fd());
    }

    static TapPort open(LinkEnd end, Set<LinkOption> options) throws IOException {
        if (!options.contains(LinkOption.RECEIVE_OFFLOAD)) {
            return open(end, TunFlag.EXCLUSIVE);
        }
        TapPort port = open(end, TunFlag.EXCLUSIVE, TunFlag.NAPI);
        try {
            holdForCoalescing(end);
            return port;
        } catch (IOException | RuntimeException e) {
            port.close();
            throw e;
        }
    }

    /**
     * Each write wakes NAPI for its one frame, and there is nothing to join it with. So the kernel holds frames back
     * for a moment, as a network card does with its interrupts. {@code ip netns exec} brings the namespace's own view
     * of {@code /sys}.
     */
    private static void holdForCoalescing(LinkEnd end) throws IOException {
        Command.run(
                "ip",
                "netns",
                "exec",
                end.namespace(),
                "sh",
                "-c",
                "echo $1 >\"/sys/class/net/$2/gro_flush_timeout\"",
                "sh",
                COALESCING_NANOS,
                end.device());
    }

    private static TapPort open(LinkEnd end, TunFlag... flags) throws IOException {
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
