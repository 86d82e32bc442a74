package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.StallBins;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** The receiving end of a bulk load: counts what arrives, when, and releases it. On the channel's loop. */
final class CountingSink extends ChannelInboundHandlerAdapter {
    private final StallBins counted;

    CountingSink(StallBins counted) {
        this.counted = counted;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf buffer = (ByteBuf) message;
        counted.add(System.nanoTime(), buffer.readableBytes());
        buffer.release();
    }
}
