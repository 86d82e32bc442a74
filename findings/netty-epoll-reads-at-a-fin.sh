#!/usr/bin/env bash
# A Netty channel with autoRead off reads nothing until its peer sends a FIN; then the epoll one reads everything, where half-closure is allowed.
#
# Expected: without autoRead, and without a call of read(), nothing is read, so that what is not read holds up the sender: that is how a proxy
#           bounds what it holds for a slow other side. A FIN changes nothing of it; it comes to light when it is read.
# Seen:     NIO is as expected. Epoll with ALLOW_HALF_CLOSURE hands all 50,000 bytes that wait, and the end, to a handler that has asked for none:
#           EPOLLRDHUP makes AbstractEpollStreamChannel read to the end whatever autoRead says.
# With:     Netty 4.2.18.Final (Maven Central), Java 17, Linux 6.x on x86_64. Needs no privilege; traffic on the loopback alone.
set -euo pipefail

release=4.2.18.Final
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "skipped: wants $tool"; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.netty</groupId><artifactId>netty-transport-native-epoll</artifactId><version>$release</version><classifier>linux-x86_64</classifier></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >mvn.log 2>&1 || { tail -5 mvn.log; echo "skipped: Netty $release cannot be had"; exit 0; }
cat >AutoRead.java <<'END'
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.*;
import io.netty.channel.epoll.*;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

class AutoRead {
    public static void main(String[] args) throws Exception {
        for (boolean epoll : new boolean[] {false, true}) {
            look(epoll);
        }
    }

    static void look(boolean epoll) throws Exception {
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, handlers);
        AtomicLong read = new AtomicLong();
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        read.addAndGet(((ByteBuf) message).readableBytes());
                        ((ByteBuf) message).release();
                    }
                })
                .bind("127.0.0.1", 0).sync().channel();
        try (Socket client = new Socket("127.0.0.1", ((InetSocketAddress) server.localAddress()).getPort())) {
            client.getOutputStream().write(new byte[50_000]);
            Thread.sleep(500);
            long before = read.get();
            client.shutdownOutput();
            for (int i = 0; i < (epoll ? 200 : 20) && read.get() < 50_000; i++) {
                Thread.sleep(100);
            }
            System.out.println((epoll ? "epoll: " : "nio: ") + before + " read before the FIN, "
                    + read.get() + " after it");
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
}
END
javac -cp 'lib/*' AutoRead.java
seen=$(timeout 60 java -cp 'lib/*:.' AutoRead 2>/dev/null)
echo "$seen"
as_found="nio: 0 read before the FIN, 0 after it
epoll: 0 read before the FIN, 50000 after it"
if [[ $seen == "$as_found" ]]; then
  echo "as found: at a FIN the epoll channel reads all that waits, with autoRead off"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
