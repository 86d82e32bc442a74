package dev.tunbridge.bridge.tun;

import com.sun.management.ThreadMXBean;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Measures one kernel TCP flow through device, loop and device, with each kind of offload: {@code java ... TunThroughput [seconds]},
 * as root. It prints the rate, how packets were grouped, and what the loop's thread allocated per packet.
 */
final class TunThroughput {
    private static final long WARM_UP_NANOS = 2_000_000_000L;

    private TunThroughput() {}

    public static void main(String[] arguments) throws Exception {
        long nanos = (arguments.length > 0 ? Long.parseLong(arguments[0]) : 4) * 1_000_000_000L;
        System.out.println(
                "loop   offload joined address       Gbit/s  read/superpacket  written/write  bytes allocated/packet");
        for (LinuxTunDeviceTest.Loop kind : LinuxTunDeviceTest.Loop.values()) {
            for (String address : new String[] {TunPair.RIGHT_4, TunPair.RIGHT_6}) {
                measure(
                        kind,
                        new TunOptions("tbt0", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF),
                        address,
                        nanos);
                measure(kind, new TunOptions("tbt0", TunOptions.Offload.ON, TunOptions.Coalescing.OFF), address, nanos);
                measure(kind, TunOptions.named("tbt0"), address, nanos);
            }
        }
    }

    private static void measure(LinuxTunDeviceTest.Loop kind, TunOptions options, String address, long nanos)
            throws Exception {
        EventLoopGroup group = kind.group();
        try (TunPair pair = TunPair.open(group.next(), options)) {
            long loopThread =
                    group.next().submit(() -> Thread.currentThread().getId()).get();
            InetAddress target = InetAddress.getByName(address);
            try (ServerSocket server = pair.rightSide.network().call(() -> new ServerSocket(5_001, 1, target));
                    Socket client = pair.leftSide.network().call(() -> connect(target));
                    Socket accepted = server.accept()) {
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(client));
                byte[] block = new byte[1 << 18];
                InputStream in = accepted.getInputStream();
                receive(in, block, WARM_UP_NANOS);
                TunStats sentBefore = stats(group, pair.left);
                TunStats takenBefore = stats(group, pair.right);
                long allocatedBefore = allocatedBytes(loopThread);
                long started = System.nanoTime();
                long bytes = receive(in, block, nanos);
                double seconds = (System.nanoTime() - started) / 1e9;
                long allocated = allocatedBytes(loopThread) - allocatedBefore;
                TunStats sent = stats(group, pair.left);
                TunStats taken = stats(group, pair.right);
                long packets = sent.receivedPackets() - sentBefore.receivedPackets();
                System.out.printf(
                        "%-6s %-7s %-6s %-13s %6.2f  %16.1f  %13.1f  %22.2f%n",
                        kind,
                        options.offload(),
                        options.coalescing(),
                        address,
                        bytes * 8 / seconds / 1e9,
                        (double) packets / (sent.receivedReads() - sentBefore.receivedReads()),
                        (double) (taken.writtenPackets() - takenBefore.writtenPackets())
                                / (taken.writes() - takenBefore.writes()),
                        (double) allocated / packets);
                client.shutdownOutput();
                sending.get(10, TimeUnit.SECONDS);
            }
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static Socket connect(InetAddress target) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(target, 5_001), 10_000);
        return socket;
    }

    private static void send(Socket client) {
        byte[] block = new byte[1 << 18];
        try {
            OutputStream out = client.getOutputStream();
            while (true) {
                out.write(block);
            }
        } catch (IOException closed) {
            // The measurement is over.
        }
    }

    private static long receive(InputStream in, byte[] block, long nanos) throws IOException {
        long end = System.nanoTime() + nanos;
        long bytes = 0;
        while (System.nanoTime() < end) {
            bytes += in.read(block);
        }
        return bytes;
    }

    private static TunStats stats(EventLoopGroup group, TunDevice device) throws Exception {
        return group.next().submit(device::stats).get(10, TimeUnit.SECONDS);
    }

    private static long allocatedBytes(long thread) {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getThreadAllocatedBytes(thread);
    }
}
