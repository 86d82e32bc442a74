package dev.tunbridge.reassembly.capture;

import dev.tunbridge.reassembly.wire.FourTuple;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;

/** A TCP connection whose two ends may be in two namespaces. Its four-tuple is known before the first segment. */
final class TcpPair implements AutoCloseable {
    private final ServerSocket listening;
    private final Socket near;
    private final FourTuple path;

    private TcpPair(ServerSocket listening, Socket near) {
        this.listening = listening;
        this.near = near;
        path = new FourTuple(
                new InetSocketAddress(near.getLocalAddress(), near.getLocalPort()),
                new InetSocketAddress(listening.getInetAddress(), listening.getLocalPort()));
    }

    static TcpPair prepare(TestNamespace nearNamespace, String nearAddress, TestNamespace far, String farAddress)
            throws Exception {
        ServerSocket listening = far.call(() -> new ServerSocket(0, 1, InetAddress.getByName(farAddress)));
        Socket near = nearNamespace.call(() -> {
            Socket socket = new Socket();
            socket.bind(new InetSocketAddress(InetAddress.getByName(nearAddress), 0));
            return socket;
        });
        return new TcpPair(listening, near);
    }

    FourTuple path() {
        return path;
    }

    /** Connects, lets the far end send these bytes and close, and reads them all. */
    byte[] receive(byte[] bytes) throws Exception {
        near.connect(path.remote());
        CompletableFuture<Void> sent;
        try (Socket far = listening.accept()) {
            sent = CompletableFuture.runAsync(() -> {
                try {
                    far.getOutputStream().write(bytes);
                    far.shutdownOutput();
                } catch (IOException failure) {
                    throw new java.io.UncheckedIOException(failure);
                }
            });
            byte[] received = near.getInputStream().readAllBytes();
            near.shutdownOutput();
            sent.get();
            return received;
        }
    }

    @Override
    public void close() throws IOException {
        near.close();
        listening.close();
    }
}
