package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Connects to a server's addresses, all at once and from the calling thread, and closes without a byte. */
final class Probe {
    /** A SYN that is lost is sent again after one second. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);

    private Probe() {}

    /** What went wrong with each address that did not accept. */
    static Map<InetAddress, String> connect(Collection<InetAddress> addresses, int port) throws IOException {
        Map<InetAddress, String> faults = new LinkedHashMap<>();
        List<SocketChannel> channels = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (InetAddress address : addresses) {
                SocketChannel channel = SocketChannel.open();
                channels.add(channel);
                channel.configureBlocking(false);
                try {
                    if (!channel.connect(new InetSocketAddress(address, port))) {
                        channel.register(selector, SelectionKey.OP_CONNECT, address);
                        faults.put(address, "no answer");
                    }
                } catch (IOException e) {
                    faults.put(address, String.valueOf(e.getMessage()));
                }
            }
            await(selector, faults);
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
        return faults;
    }

    private static void await(Selector selector, Map<InetAddress, String> faults) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        long left = PATIENCE_NANOS;
        while (!selector.keys().isEmpty() && left > 0) {
            selector.select(1 + TimeUnit.NANOSECONDS.toMillis(left));
            for (SelectionKey key : selector.selectedKeys()) {
                InetAddress address = (InetAddress) key.attachment();
                try {
                    if (((SocketChannel) key.channel()).finishConnect()) {
                        faults.remove(address);
                    }
                } catch (IOException e) {
                    faults.put(address, String.valueOf(e.getMessage()));
                }
                key.cancel();
            }
            selector.selectedKeys().clear();
            selector.selectNow(); // lets what was cancelled go
            left = end - System.nanoTime();
        }
    }
}
