package dev.tunbridge.sim.lab;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** One kernel TCP connection from one namespace to port 7000 in another, and what came of its bytes. */
record TcpTransfer(boolean intact, double megabitsPerSecond) {
    private static final int PORT = 7000;
    private static final int STALL_MILLIS = 20_000;

    static TcpTransfer run(LabNamespace from, LabNamespace to, String address, int bytes) throws Exception {
        byte[] data = new byte[bytes];
        new Random(bytes).nextBytes(data);
        InetAddress target = InetAddress.getByName(address);
        try (ServerSocket server = to.call(() -> new ServerSocket(PORT, 5, target));
                Socket client = new Socket()) {
            CompletableFuture<byte[]> received = new CompletableFuture<>();
            to.newThread(() -> receive(server, received)).start();
            long start = System.nanoTime();
            // Not the constructor but connecting makes the descriptor.
            from.call(() -> {
                client.connect(new InetSocketAddress(target, PORT), STALL_MILLIS);
                return client;
            });
            OutputStream out = client.getOutputStream();
            out.write(data);
            client.shutdownOutput();
            byte[] arrived = received.get();
            double seconds = (System.nanoTime() - start) / 1e9;
            return new TcpTransfer(Arrays.equals(arrived, data), bytes * 8e-6 / seconds);
        }
    }

    private static void receive(ServerSocket server, CompletableFuture<byte[]> received) {
        try (Socket socket = server.accept()) {
            socket.setSoTimeout(STALL_MILLIS);
            InputStream in = socket.getInputStream();
            received.complete(in.readAllBytes());
        } catch (Exception e) {
            received.completeExceptionally(e);
        }
    }
}
