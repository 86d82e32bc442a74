package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.peer.Ends;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A client's connection from the server's side. */
final class ClientSocket {
    private ClientSocket() {}

    /** Connects; each wait, of this and of reads, takes at most so long. */
    static Socket connect(Ends ends, InetSocketAddress address, int timeoutMillis) throws IOException {
        return ends.serverSide()
                .call(
                        () -> { // the first thing asked of it makes the socket, in the namespace of that moment
                            Socket client = new Socket();
                            try {
                                client.setSoTimeout(timeoutMillis);
                                client.connect(address, timeoutMillis);
                                return client;
                            } catch (IOException e) {
                                client.close();
                                throw e;
                            }
                        });
    }
}
