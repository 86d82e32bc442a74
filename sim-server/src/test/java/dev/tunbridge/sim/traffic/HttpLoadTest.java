package dev.tunbridge.sim.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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
        List<InetSocketAddress> clients = new CopyOnWriteArrayList<>();
        byte[] page = HttpService.PAGE.getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            clients.add(exchange.getRemoteAddress());
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        server.start();
        try {
            assertThat(new HttpLoad(server.getAddress()).page().isIntact()).isTrue();
            assertThat(new HttpLoad(server.getAddress()).page().isIntact()).isTrue();
        } finally {
            server.stop(0);
        }
        assertThat(clients).hasSize(2).doesNotHaveDuplicates();
    }
}
