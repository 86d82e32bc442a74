package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** After a reset whose error was told already a socket is not connected any more: that is no fault of the program's. */
class ConnectedSocketTest {
    private final ByteBuf bytes = Unpooled.directBuffer(8).writeZero(8);
    private Socket socket;

    @BeforeEach
    void connectAndReset() throws Exception {
        Epoll.ensureAvailability();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket listening = new ServerSocket(0, 1, loopback)) {
            socket = Socket.newSocketStream();
            socket.connect(listening.getLocalSocketAddress());
            java.net.Socket accepted = listening.accept();
            accepted.setOption(StandardSocketOptions.SO_LINGER, 0);
            accepted.close();
        }
        int error = 0;
        for (int tries = 0; tries < 10_000 && error == 0; tries++) {
            error = socket.getSoError(); // which takes it
            Thread.sleep(1);
        }
        assertThat(error).as("the reset has come").isNotZero();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        bytes.release();
    }

    @Test
    void whatIsSentFailsAsInputAndOutputDo() {
        assertThatThrownBy(() -> ConnectedSocket.endOutput(socket))
                .isInstanceOf(IOException.class)
                .hasMessage("the connection was reset");
        assertThatThrownBy(() -> ConnectedSocket.send(socket, bytes.memoryAddress(), 0, 8))
                .isInstanceOf(IOException.class);
    }

    @Test
    void soDoesTheEndBehindWhatIsPending() {
        SocketOutput output = new SocketOutput();
        output.end();
        assertThatThrownBy(() -> output.flush(socket)).isInstanceOf(IOException.class);
        assertThat(output.isPending()).isFalse();
    }
}
