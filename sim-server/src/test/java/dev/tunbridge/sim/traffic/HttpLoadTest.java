package dev.tunbridge.sim.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HttpLoadTest {

    @Test
    void transfersAreIntact() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (HttpService service = HttpService.start(any)) {
            HttpLoad load = new HttpLoad(new InetSocketAddress(any.getAddress(), service.port()));
            assertThat(load.page().isIntact()).isTrue();
            assertThat(load.download(1, 300_000, 5_000, bytes -> {}))
                    .satisfies(transfer -> assertThat(transfer.isIntact()).isTrue())
                    .satisfies(transfer -> assertThat(transfer.bytes()).isEqualTo(300_000));
            assertThat(load.upload(2, 300_000, 5_000, bytes -> {}))
                    .satisfies(transfer -> assertThat(transfer.isIntact()).isTrue())
                    .satisfies(transfer -> assertThat(transfer.bytes()).isEqualTo(300_000));
        }
    }

    /** One that the next request takes over may have been left by another scene, whose network is gone. */
    @Test
    void noConnectionIsLeftForTheNextRequest() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        int port;
        try (HttpService service = HttpService.start(any)) {
            port = service.port();
            HttpLoad load = new HttpLoad(new InetSocketAddress(any.getAddress(), port));
            assertThat(load.page().isIntact()).isTrue();
            assertThat(load.download(1, 1_000, 5_000, bytes -> {}).isIntact()).isTrue();
            assertThat(load.upload(1, 1_000, 5_000, bytes -> {}).isIntact()).isTrue();
        }
        // A connection that was kept would be tried first, and this one never be asked for.
        try (ServerSocket next = new ServerSocket(port, 1, any.getAddress())) {
            next.setSoTimeout(5_000);
            CompletableFuture<Transfer> page = CompletableFuture.supplyAsync(() -> {
                try {
                    return new HttpLoad(new InetSocketAddress(any.getAddress(), port)).page();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            try (Socket asked = next.accept()) {
                byte[] body = HttpService.PAGE.getBytes(StandardCharsets.UTF_8);
                asked.getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                asked.getOutputStream().write(body);
                assertThat(page.get(5, TimeUnit.SECONDS).isIntact()).isTrue();
            }
        }
    }

    /** What the client goes by. */
    @Test
    void theServiceSaysThatItCloses() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (HttpService service = HttpService.start(any);
                Socket client = new Socket(any.getAddress(), service.port())) {
            client.setSoTimeout(5_000);
            client.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("Connection: close")
                    .endsWith(HttpService.PAGE);
        }
    }
}
