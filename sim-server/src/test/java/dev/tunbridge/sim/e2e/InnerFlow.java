package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.suppress.SuppressionStats;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * A connection between the kernel of the device and that of the server, through a bridge and over a link that a test can darken; what
 * crosses the TUN devices at both ends is recorded from before its SYN on.
 */
final class InnerFlow implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(30);

    /** No test is in the dark for longer, whatever becomes of it. */
    private static final Duration LONGEST_BLACKOUT = Duration.ofSeconds(30);

    private static final int BACKLOG = 1;

    /** Linux acknowledges the first 16 segments at once (TCP_MAX_QUICKACKS); from there on as on any older connection. */
    static final int EXCHANGES = 20;

    private final Scene scene;
    private final TunRecorder in;
    private final TunRecorder out;
    private final Socket device;
    private final Socket peer;
    private int written;
    private int read;

    private InnerFlow(Scene scene, TunRecorder in, TunRecorder out, Socket device, Socket peer) {
        this.scene = scene;
        this.in = in;
        this.out = out;
        this.device = device;
        this.peer = peer;
    }

    static Scene scene(Family inner) throws Exception {
        // As good as no delay, so that nothing but the dark keeps an acknowledgement from its sender.
        return Scene.open(ScenePlan.over(Scenes.profile("baseline")).families(Family.IPV4, inner));
    }

    static InnerFlow open(Scene scene) throws Exception {
        return open(scene, 0);
    }

    /** @param receiveBufferBytes of both sockets, 0 for the kernel's own choice */
    static InnerFlow open(Scene scene, int receiveBufferBytes) throws Exception {
        TunRecorder in = TunRecorder.intoTheTunnel(scene);
        TunRecorder out = TunRecorder.outOfTheTunnel(scene);
        try {
            Socket[] ends = connect(scene, receiveBufferBytes);
            InnerFlow flow = new InnerFlow(scene, in, out, ends[0], ends[1]);
            // The suppressor learns how long an acknowledgement takes, and both kernels their round trip.
            for (int i = 0; i < EXCHANGES; i++) {
                flow.write(1);
                flow.take(1);
                flow.answer(1); // with the acknowledgement, so that nothing is under way
            }
            // Nothing is due in either direction: the acknowledgement of the last answer has gone by itself.
            int last = flow.peerNumber();
            flow.awaitArrived(segment -> segment.acknowledgementNumber() == last);
            return flow;
        } catch (Exception | AssertionError e) {
            in.close();
            out.close();
            throw e;
        }
    }

    /** The device's end, then the server's. */
    private static Socket[] connect(Scene scene, int receiveBufferBytes) throws Exception {
        InetAddress address = scene.plan().inner().device();
        try (ServerSocket service = scene.deviceSide().call(() -> {
            ServerSocket socket = new ServerSocket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes);
            }
            socket.bind(new InetSocketAddress(address, 0), BACKLOG);
            return socket;
        })) {
            service.setSoTimeout((int) LIMIT.toMillis());
            Socket peer = scene.serverSide().call(() -> {
                Socket socket = new Socket();
                if (receiveBufferBytes > 0) {
                    socket.setReceiveBufferSize(receiveBufferBytes);
                }
                socket.connect(new InetSocketAddress(address, service.getLocalPort()), (int) LIMIT.toMillis());
                return socket;
            });
            Socket device = service.accept();
            for (Socket socket : List.of(device, peer)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout((int) LIMIT.toMillis());
            }
            return new Socket[] {device, peer};
        }
    }

    Socket device() {
        return device;
    }

    Socket peer() {
        return peer;
    }

    // What the ends do

    /** The device writes so many bytes, which the local kernel sends at once. */
    void write(int bytes) throws IOException {
        device.getOutputStream().write(content(written, bytes));
        written += bytes;
    }

    /** The server's end reads so many bytes, which are the next that the device has written. */
    void take(int bytes) throws IOException {
        assertThat(peer.getInputStream().readNBytes(bytes)).isEqualTo(content(read, bytes));
        read += bytes;
    }

    /** The server's end writes, and the device reads it. */
    void answer(int bytes) throws IOException {
        peer.getOutputStream().write(new byte[bytes]);
        assertThat(device.getInputStream().readNBytes(bytes)).hasSize(bytes);
    }

    static byte[] content(int from, int bytes) {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = (byte) (((from + i) * 31) >>> 3);
        }
        return content;
    }

    // What the path does

    static void darken(Scene scene) {
        link(scene).blackOutFor(LONGEST_BLACKOUT);
    }

    static void lighten(Scene scene) {
        link(scene).blackOutFor(Duration.ZERO);
    }

    /** From the device nothing arrives any more; to it everything does. */
    static void darkenUplink(Scene scene) throws LinkSettingException {
        link(scene).change(scene.plan().profile().with(List.of("ab.loss=100")));
    }

    static void lightenUplink(Scene scene) {
        LinkProfile profile = scene.plan().profile();
        link(scene).change(profile);
    }

    private static UserSpaceLink link(Scene scene) {
        if (!(scene.link() instanceof UserSpaceLink link)) {
            throw new AssertionError("a link that cannot go dark");
        }
        return link;
    }

    /** Behind the TUN device of a host the next packet that is longer than the length is lost, and no other. */
    static void loseOnePacketBehind(LabNamespace host, String tun, int longerThanBytes) throws IOException {
        // The counter of the rule begins at 0.
        String rules = "add table inet lossy; delete table inet lossy; add table inet lossy;"
                + "add chain inet lossy in { type filter hook input priority 0; };"
                + "add rule inet lossy in iifname " + tun + " meta length > " + longerThanBytes
                + " numgen inc mod 1000000 0 drop";
        Command.Result result = host.run(LIMIT, "nft", rules);
        assertThat(result.isSuccess()).as("%s", result).isTrue();
    }

    // What was recorded

    /** The number behind all that the server's end has written in the exchanges. */
    private int peerNumber() {
        RecordedSegment first =
                awaitSent(1, segment -> segment.hasFlags(TcpView.SYN)).get(0);
        return SequenceNumber.add(first.acknowledgementNumber(), EXCHANGES);
    }

    List<RecordedSegment> sent() {
        return in.segments();
    }

    List<RecordedSegment> arrived() {
        return out.segments();
    }

    /** Waits until so many segments of this kind have been handed over by the device's kernel; answers all of them. */
    List<RecordedSegment> awaitSent(int count, Predicate<RecordedSegment> kind) {
        return await(in, count, kind);
    }

    RecordedSegment awaitArrived(Predicate<RecordedSegment> kind) {
        return await(out, 1, kind).get(0);
    }

    static List<RecordedSegment> await(TunRecorder recorder, int count, Predicate<RecordedSegment> kind) {
        return Awaitility.await()
                .atMost(LIMIT)
                .until(() -> matching(recorder.segments(), kind), found -> found.size() >= count);
    }

    static List<RecordedSegment> matching(List<RecordedSegment> segments, Predicate<RecordedSegment> kind) {
        return segments.stream().filter(kind).toList();
    }

    /** The segment with the last bytes that the device has written. */
    RecordedSegment awaitData(int payloadBytes) {
        List<RecordedSegment> all = awaitSent(1, segment -> segment.payloadLength() == payloadBytes);
        return all.get(0);
    }

    SuppressionStats stats() throws Exception {
        return scene.stats().suppression().orElseThrow();
    }

    /** What became of all that the device has sent up to now; ends the recording. */
    List<Fate> fates() throws Exception {
        return fates(scene, in, out);
    }

    static List<Fate> fates(Scene scene, TunRecorder in, TunRecorder out) throws Exception {
        long nowNanos = System.nanoTime();
        fence(scene);
        out.requireComplete();
        in.requireComplete();
        return Fate.compare(in.segments(), out.segments()).stream()
                .filter(fate -> fate.sent().timeNanos() - nowNanos < 0)
                .toList();
    }

    /** The outer connection keeps the order: what was on its way before another connection's round trips has come out after them. */
    private static void fence(Scene scene) throws Exception {
        Socket[] ends = connect(scene, 0);
        try (Socket device = ends[0];
                Socket peer = ends[1]) {
            for (int i = 0; i < 3; i++) {
                device.getOutputStream().write(i);
                assertThat(peer.getInputStream().read()).isEqualTo(i);
                peer.getOutputStream().write(i);
                assertThat(device.getInputStream().read()).isEqualTo(i);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (in;
                out;
                device;
                peer) {
            lighten(scene);
        }
    }
}
