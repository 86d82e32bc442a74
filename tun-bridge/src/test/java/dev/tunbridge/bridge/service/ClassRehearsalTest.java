package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.supervisor.Supervisor;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process whose event loop comes to its very end; most are gone before, and load the last of their classes only sometimes. */
class ClassRehearsalTest {
    private static final String REHEARSED = "rehearsed";

    @Test
    void anEventLoopEndsWithTheClassesThatItHas() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load:stdout",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EndOfLoop.class.getName())
                .redirectErrorStream(true)
                .start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(process.waitFor()).as("%s", lines).isZero();
        assertThat(lines).contains(REHEARSED, "ended");
        assertThat(lines.subList(lines.indexOf(REHEARSED), lines.size()))
                .filteredOn(line -> line.contains(" source: file:") || line.contains(" source: jar:"))
                .isEmpty();
    }

    static final class EndOfLoop {
        private EndOfLoop() {}

        public static void main(String[] arguments) throws InterruptedException {
            EventLoopGroup group = Supervisor.newGroup(2);
            for (int i = 0; i < 2; i++) { // one that stays, and one that closes itself because it has hung up
                group.register(Epoll.isAvailable() ? new EpollDatagramChannel() : new NioDatagramChannel())
                        .sync();
                group.register(Epoll.isAvailable() ? new EpollSocketChannel() : new NioSocketChannel())
                        .sync();
            }
            ClassRehearsal.loadAll(); // which takes long enough for the loops to come to rest, where an end finds them
            System.out.println(REHEARSED);
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
            System.out.println("ended");
        }
    }
}
