package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.TcpInfo;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PathSampleTest {

    @Test
    void ofAConnectionThatHasNotBegunSaysNothingToThePolicies() throws Exception {
        Assumptions.assumeTrue(Epoll.isAvailable(), "needs Netty's epoll transport");
        FileDescriptor descriptor = new EpollSocketChannel().fd();
        try {
            PathSample sample = PathSample.of(TcpInfo.of(descriptor.intValue()), 1);
            assertThat(sample.rttNanos()).isZero();
            assertThat(sample.rtoNanos()).isEqualTo(1_000_000_000L);
            assertThat(sample.reordering()).isEqualTo(3);
            assertThat(new RoutePolicy().sample(sample)).isFalse();
            ShaperOptions options = new ShaperOptions(1400, 500, 1 << 18, ShaperOptions.Guard.WHERE_SHORT);
            assertThat(new ShaperPolicy(options).sample(sample, 0, 1 << 18, 1 << 18))
                    .isFalse();
        } finally {
            descriptor.close();
        }
    }
}
