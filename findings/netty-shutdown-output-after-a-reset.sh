#!/usr/bin/env bash
# A Netty epoll channel whose peer has reset says to shutdownOutput that it is "not yet connected", by an exception that is none of I/O.
#
# Expected: a connection that a reset has ended is an I/O fault wherever it is met: an IOException. So who passes on the end of a stream, as a
#           proxy does, has caught IOException and is done.
# Seen:     where the reset has come and the loop has not read it yet, the kernel answers shutdown(2) with ENOTCONN. The JDK takes that for no
#           fault, so of NIO shutdownOutput succeeds. Netty's native transport makes a NotYetConnectedException of it, which is an
#           IllegalStateException, though the channel has been connected and has carried bytes.
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
cat >ShutdownOutput.java <<'END'
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.*;
import io.netty.channel.epoll.*;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class ShutdownOutput {
    public static void main(String[] args) throws Exception {
        for (boolean epoll : new boolean[] {false, true}) {
            System.out.println((epoll ? "epoll: " : "nio: ") + look(epoll));
        }
    }

    static String look(boolean epoll) throws Exception {
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, handlers);
        CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
        CountDownLatch reset = new CountDownLatch(1);
        CompletableFuture<String> said = new CompletableFuture<>();
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        ReferenceCountUtil.release(message);
                        accepted.complete((SocketChannel) context.channel());
                    }
                })
                .bind("127.0.0.1", 0).sync().channel();
        Socket client = new Socket("127.0.0.1", ((InetSocketAddress) server.localAddress()).getPort());
        client.getOutputStream().write(1); // it has carried a byte
        SocketChannel channel = accepted.get(10, TimeUnit.SECONDS);
        channel.eventLoop().execute(() -> {
            try {
                reset.await(); // so the loop is busy while the reset comes
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            channel.shutdownOutput().addListener(done -> said.complete(done.isSuccess()
                    ? "succeeded"
                    : done.cause().getClass().getName() + ", an IOException: " + (done.cause() instanceof IOException)));
        });
        client.setSoLinger(true, 0);
        client.close();
        reset.countDown();
        String what = said.get(10, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        return what;
    }
}
END
javac -cp 'lib/*' ShutdownOutput.java
seen=$(timeout 60 java -cp 'lib/*:.' ShutdownOutput 2>/dev/null)
echo "$seen"
as_found="nio: succeeded
epoll: java.nio.channels.NotYetConnectedException, an IOException: false"
if [[ $seen == "$as_found" ]]; then
  echo "as found: behind a reset an epoll channel's shutdownOutput fails with NotYetConnectedException"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
