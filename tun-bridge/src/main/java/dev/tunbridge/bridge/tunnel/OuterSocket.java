package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.path.BbrState;
import dev.tunbridge.bridge.path.OutageRetry;
import dev.tunbridge.bridge.path.PathSample;
import dev.tunbridge.bridge.path.QueueDrain;
import dev.tunbridge.bridge.path.SocketStats;
import dev.tunbridge.bridge.path.SocketTuning;
import dev.tunbridge.bridge.path.UnsentLimit;
import dev.tunbridge.bridge.server.ConnectionSample;
import dev.tunbridge.linux.BackoffReversion;
import dev.tunbridge.linux.BbrInfo;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.reassembly.stream.Handshake;
import dev.tunbridge.reassembly.stream.KernelView;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket of the outer connection: what it is given before it connects, what it tells of the path, and what is changed
 * in it while it lives. Where the channel has no descriptor of its own (NIO) nothing is given and nothing told. Loop
 * thread only.
 */
final class OuterSocket {
    private static final Logger LOG = LoggerFactory.getLogger(OuterSocket.class);

    private final Channel channel;
    private final BridgeConfig config;
    private final TcpInfo info = new TcpInfo();
    private final BbrInfo bbr = new BbrInfo();
    private final SendRoom room;
    private @Nullable QueueDrain drain;
    private @Nullable OutageRetry outageRetry;
    private @Nullable SocketTuning tuning;
    private long retries;

    /** @param onRoom called where the socket was full and is not any more */
    OuterSocket(EventLoop loop, Channel channel, BridgeConfig config, Runnable onRoom) {
        this.channel = channel;
        this.config = config;
        room = new SendRoom(loop, channel, new UnsentLimit(config.get(Settings.NOTSENT_LOWAT)), onRoom);
        drain = config.get(Settings.DRAIN) ? new QueueDrain() : null;
    }

    /** Once it has a descriptor. What this kernel does not grant is said, and its own way is good enough. */
    void tune(OptionalInt maxSegment) {
        if (!(channel instanceof EpollSocketChannel epoll)) {
            return;
        }
        int fd = epoll.fd().intValue();
        if (config.get(Settings.OUTAGE_RETRY)) {
            outageRetry = new OutageRetry(SocketTuning.longestRetryNanos(config));
        }
        try {
            room.set(fd);
            long userTimeoutMillis = TimeUnit.NANOSECONDS.toMillis(config.get(Settings.USER_TIMEOUT));
            Sockets.set(fd, SocketOption.TCP_USER_TIMEOUT, (int) userTimeoutMillis);
            tuning = SocketTuning.apply(fd, config);
            if (maxSegment.isPresent()) {
                // Only before it connects: then it bounds both what is sent and what the server is asked for.
                Sockets.set(fd, SocketOption.TCP_MAXSEG, maxSegment.getAsInt());
            }
        } catch (LinuxException e) {
            LOG.warn("a socket option stays as the kernel has it: {}", e.getMessage());
        }
    }

    SendRoom room() {
        return room;
    }

    /** The kernel goes back to delaying acknowledgements by itself, so it is told anew after each turn of reads. */
    void acknowledgeAtOnce() {
        if (config.get(Settings.QUICK_ACK) && channel instanceof EpollSocketChannel epoll) {
            epoll.config().setTcpQuickAck(true);
        }
    }

    /** How much of the stream the kernel knows to be acknowledged, or {@link KernelView#UNKNOWN}. Asks it. */
    long ackedOffset() {
        if (!(channel instanceof EpollSocketChannel epoll) || !epoll.isOpen()) {
            return KernelView.UNKNOWN;
        }
        try {
            info.refresh(epoll.fd().intValue());
            return info.ackedOffset();
        } catch (LinuxException e) {
            return KernelView.UNKNOWN; // the socket is gone, and the connection soon
        }
    }

    /**
     * What the kernel says of the path now, which the socket's limits follow at once; empty where it cannot be asked.
     *
     * @param handshake of this connection, where it was captured
     */
    Optional<PathSample> sample(long nowNanos, @Nullable Handshake handshake) {
        if (!(channel instanceof EpollSocketChannel epoll) || !epoll.isOpen()) {
            return Optional.empty();
        }
        try {
            int fd = epoll.fd().intValue();
            info.refresh(fd);
            PathSample sample = PathSample.of(info, nowNanos);
            room.follow(fd, Math.max(info.pacingRateBytesPerSecond(), info.deliveryRateBytesPerSecond()));
            drain(fd, sample);
            if (handshake != null) {
                retryInOutage(fd, nowNanos, handshake);
            }
            return Optional.of(sample);
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }

    /**
     * What the kernel said when it was sampled last, for those who look for what the path eats; empty where it cannot be
     * asked.
     *
     * @param furthestOffset behind all that captured segments have spoken of
     */
    Optional<ConnectionSample> connectionSample(long nowNanos, long furthestOffset) {
        if (!(channel instanceof EpollSocketChannel epoll) || !epoll.isOpen()) {
            return Optional.empty();
        }
        try {
            int fd = epoll.fd().intValue();
            ConnectionSample.Ecn ecn = info.isEcnSeen() ? ConnectionSample.Ecn.SEEN : ConnectionSample.Ecn.AGREED;
            return Optional.of(new ConnectionSample(
                    nowNanos,
                    info.isEcnNegotiated() ? ecn : ConnectionSample.Ecn.NONE,
                    info.delivered(),
                    info.totalRetransmissions(),
                    info.ackedOffset(),
                    Sockets.unackedBytes(fd) - Sockets.unsentBytes(fd),
                    info.unackedSegments(),
                    info.timeouts(),
                    (int) info.sendMss(),
                    info.segmentsIn(),
                    info.dataSegmentsIn(),
                    info.outOfOrderSegments(),
                    info.bytesReceived(),
                    (int) info.receiveMss(),
                    (int) info.advertisedMss(),
                    furthestOffset - info.bytesReceived()));
        } catch (LinuxException e) {
            return Optional.empty(); // the socket is gone, and the connection soon
        }
    }

    /** Asks the kernel anew, besides the samples. */
    boolean refresh() {
        try {
            if (channel instanceof EpollSocketChannel epoll && epoll.isOpen()) {
                info.refresh(epoll.fd().intValue());
                return true;
            }
        } catch (LinuxException e) {
            // as where there is no descriptor
        }
        return false;
    }

    /** Asks the server's kernel for a bare acknowledgement, where this host allows it. */
    void askForAcknowledgement() {
        if (channel instanceof EpollSocketChannel epoll && epoll.isOpen()) {
            Sockets.askForAcknowledgement(epoll.fd().intValue());
        }
    }

    private void drain(int fd, PathSample sample) {
        if (drain == null) {
            return;
        }
        try {
            bbr.refresh(fd);
            boolean isRepairing = info.congestionState() >= TcpInfo.CWR;
            if (drain.sample(sample, BbrState.of(bbr), info.unackedSegments(), isRepairing)) {
                Sockets.set(fd, SocketOption.SO_MAX_PACING_RATE, drain.pacingRate());
            }
        } catch (LinuxException e) {
            drain = null;
            Sockets.trySet(fd, SocketOption.SO_MAX_PACING_RATE, QueueDrain.NO_LIMIT);
            LOG.warn("{} has no effect: {}", Settings.DRAIN.key(), e.getMessage());
        }
    }

    private void retryInOutage(int fd, long nowNanos, Handshake handshake) throws LinuxException {
        if (outageRetry == null
                || !outageRetry.isDue(info, nowNanos)
                || !(channel.localAddress() instanceof InetSocketAddress local)
                || !(channel.remoteAddress() instanceof InetSocketAddress server)) {
            return;
        }
        int firstUnacked = handshake.acknowledgementNumber() + (int) info.ackedOffset();
        retries++;
        long waited = info.lastDataSentMillis();
        try {
            // Until it sends: a doubling is taken back each time, and the timeout may have been doubled more than once.
            for (long left = info.backoff(); left > 0 && info.lastDataSentMillis() >= waited; left--) {
                BackoffReversion.report(local, server, firstUnacked);
                info.refresh(fd);
            }
        } catch (LinuxException e) {
            if (e.isForbidden()) {
                outageRetry = null;
                LOG.warn("in an outage the kernel's own timer decides when to try again: {}", e.getMessage());
            }
        }
    }

    /** Whether the kernel was told that the server cannot be reached: it then says so of a connection that times out. */
    boolean hasReportedOutage() {
        return retries > 0;
    }

    /** Whether an outage has ended since this was asked the last time: then something new should be sent. */
    boolean takeOutageEnd() {
        return outageRetry != null && outageRetry.takeEnd();
    }

    /** What is in force; empty before it has a descriptor. */
    Optional<SocketStats> stats() {
        return Optional.ofNullable(tuning)
                .map(given -> new SocketStats(
                        given.congestionControl(),
                        given.rtoMaxMillis(),
                        room.limitBytes(),
                        drain != null && drain.isHolding(),
                        timeouts(),
                        retries));
    }

    private long timeouts() {
        try {
            if (channel instanceof EpollSocketChannel epoll && epoll.isOpen()) {
                info.refresh(epoll.fd().intValue());
            }
        } catch (LinuxException e) {
            LOG.debug("the kernel says nothing of the outer socket", e);
        }
        return info.retransmits();
    }

    /** Whether it sends less than it could, to get out of BBR's startup. */
    boolean isLeavingStartup() {
        return drain != null && drain.isLeavingStartup();
    }

    /** The connection is over. */
    void close() {
        room.close();
    }
}
