package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;

/**
 * Two devices in two namespaces, and a loop that carries packets between them the way a bridge does: copied once when they are read,
 * written when the reading turn is over.
 */
final class TunPair implements AutoCloseable {
    static final String LEFT_4 = "198.18.0.1";
    static final String RIGHT_4 = "198.18.0.2";
    static final String LEFT_6 = "2001:2::1";
    static final String RIGHT_6 = "2001:2::2";

    final TestNamespace leftSide;
    final TestNamespace rightSide;
    final LinuxTunDevice left;
    final LinuxTunDevice right;

    private final Carrier toRight;
    private final Carrier toLeft;

    private TunPair(TestNamespace leftSide, TestNamespace rightSide, LinuxTunDevice left, LinuxTunDevice right) {
        this.leftSide = leftSide;
        this.rightSide = rightSide;
        this.left = left;
        this.right = right;
        toRight = new Carrier(right);
        toLeft = new Carrier(left);
    }

    static TunPair open(EventLoop loop, TunOptions options) throws Exception {
        TestNamespace leftSide = TestNamespace.make();
        try {
            TestNamespace rightSide = TestNamespace.make();
            try {
                TunPair pair = new TunPair(
                        leftSide, rightSide, leftSide.createDevice(options), rightSide.createDevice(options));
                leftSide.setUp(options.name(), LEFT_4, RIGHT_4, LEFT_6, RIGHT_6);
                rightSide.setUp(options.name(), RIGHT_4, LEFT_4, RIGHT_6, LEFT_6);
                pair.left.open(loop, pair.toRight);
                pair.right.open(loop, pair.toLeft);
                return pair;
            } catch (Exception failure) {
                rightSide.close();
                throw failure;
            }
        } catch (Exception failure) {
            leftSide.close();
            throw failure;
        }
    }

    @Override
    public void close() throws IOException {
        left.close();
        right.close();
        toRight.carried.release();
        toLeft.carried.release();
        leftSide.close();
        rightSide.close();
    }

    private static final class Carrier implements TunHandler {
        private final TunDevice other;
        private final ByteBuf carried = Unpooled.directBuffer(1 << 18);

        Carrier(TunDevice other) {
            this.other = other;
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            if (carried.writableBytes() < length) {
                onReadComplete();
            }
            int at = carried.writerIndex();
            carried.writeBytes(buffer, index, length);
            other.write(carried, at, length);
        }

        @Override
        public void onReadComplete() {
            other.flush();
            carried.clear();
        }

        @Override
        public void onDeviceLost(IOException cause) {
            throw new IllegalStateException(cause);
        }
    }
}
