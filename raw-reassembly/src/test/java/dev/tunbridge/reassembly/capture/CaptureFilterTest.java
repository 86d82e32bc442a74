package dev.tunbridge.reassembly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The filter as the kernel runs it, on packets that differ a little from the right ones, against a model. */
class CaptureFilterTest {
    /** That the filter lets through: the last of them shows that none before it was one too many. */
    private static final int WANTED = 500;

    private static final int[] PORTS = {443, 40_000, 444};
    private static final int[] PROTOCOLS = {6, 6, 6, 6, 17, 1};
    private static final int[] EXTENSIONS = {0, 43, 60};

    private final long seed = Long.getLong("tunbridge.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** A packet, and what the model says of it. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Packet(byte[] bytes, boolean toLocal, boolean fromRemote) {}

    private enum Backend {
        RING,
        PCAP;

        LiveSource open(CaptureFilter filter) throws IOException {
            CaptureOptions options = CaptureOptions.of(filter).on("tbc0").withRingBytes(1 << 24);
            return this == RING ? CaptureRing.open(options) : PcapCapture.open(options);
        }
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void letsThroughWhatTheModelLetsThrough(Backend backend) throws Exception {
        System.out.println("-Dtunbridge.seed=" + seed);
        for (String[] ends : new String[][] {{"198.18.0.1", "198.18.7.9"}, {"2001:2::1", "2001:2::7:9"}}) {
            InetSocketAddress local = new InetSocketAddress(InetAddress.getByName(ends[0]), 40_000);
            InetSocketAddress remote = new InetSocketAddress(InetAddress.getByName(ends[1]), 443);
            FourTuple path = new FourTuple(local, remote);
            compare(backend, path, new CaptureFilter.Inbound(path));
            compare(backend, path, new CaptureFilter.Connection(path));
            compare(backend, path, new CaptureFilter.Remote(remote));
            compare(backend, path, new CaptureFilter.Everything());
        }
    }

    private void compare(Backend backend, FourTuple path, CaptureFilter filter) throws Exception {
        try (TestNamespace namespace = TestNamespace.make();
                TunInterface tun = namespace.tun("tbc0", TunKind.TUN);
                LiveSource source = namespace.call(() -> backend.open(filter))) {
            List<String> expected = new ArrayList<>();
            List<String> seen = new ArrayList<>();
            int wanted = 0;
            while (wanted < WANTED) {
                Packet packet = packet(path);
                write(tun, packet.bytes);
                if (wanted(filter, packet)) {
                    wanted++;
                    expected.add(ByteBufUtil.hexDump(packet.bytes));
                    // So that no more waits than fits.
                    drain(source, seen, expected);
                }
            }
            assertThat(seen).as(filter.toString()).isEqualTo(expected);
            assertThat(source.counters()).isEqualTo(new CaptureCounters(expected.size(), 0, 0));
        }
    }

    private static void drain(LiveSource source, List<String> seen, List<String> expected) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (seen.size() < expected.size()) {
            source.drain(
                    segment -> seen.add(ByteBufUtil.hexDump(Seen.copyOf(segment).bytes())), 64);
            if (System.nanoTime() - deadline > 0) {
                String last = expected.get(expected.size() - 1);
                throw new TimeoutException(seen.size() + " packets, but not " + last + "; " + source.counters());
            }
        }
    }

    /** The kernel takes the tag off before it looks for the VLAN's own interface, where the packet is captured if there is one. */
    @ParameterizedTest
    @EnumSource(Backend.class)
    void leavesOutWhatBelongsToAVlan(Backend backend) throws Exception {
        FourTuple path = new FourTuple(
                new InetSocketAddress(InetAddress.getByName("198.18.0.1"), 40_000),
                new InetSocketAddress(InetAddress.getByName("198.18.7.9"), 443));
        try (TestNamespace namespace = TestNamespace.make();
                TunInterface tap = namespace.tun("tbc0", TunKind.TAP);
                LiveSource source = namespace.call(() -> backend.open(new CaptureFilter.Everything()))) {
            List<String> expected = new ArrayList<>();
            List<String> seen = new ArrayList<>();
            for (String tag : new String[] {"", "81000005", "81006000", "88a80005" + "81000006", "81000000", ""}) {
                byte[] packet = packet(path).bytes;
                ByteBuf frame =
                        Unpooled.buffer().writeBytes(ByteBufUtil.decodeHexDump("ffffffffffff020000000001" + tag));
                write(tap, ByteBufUtil.getBytes(frame.writeShort(0x0800).writeBytes(packet)));
                if (!tag.contains("0005")) {
                    expected.add(ByteBufUtil.hexDump(packet));
                }
            }
            drain(source, seen, expected);
            assertThat(seen).isEqualTo(expected);
        }
    }

    private static boolean wanted(CaptureFilter filter, Packet packet) {
        if (filter instanceof CaptureFilter.Everything) {
            return true;
        }
        if (filter instanceof CaptureFilter.Remote) {
            return packet.fromRemote;
        }
        return packet.toLocal && packet.fromRemote;
    }

    private Packet packet(FourTuple path) {
        boolean v6 = path.addressBytes() == 16;
        byte[] source = nearly(path.remote());
        byte[] destination = nearly(path.local());
        int protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        int sourcePort = PORTS[random.nextInt(3) == 0 ? random.nextInt(3) : 0];
        int destinationPort = PORTS[random.nextInt(3) == 0 ? random.nextInt(3) : 1];
        int fragmentOffset = random.nextInt(4) == 0 ? random.nextInt(1, 100) : 0;
        boolean moreFragments = random.nextInt(6) == 0;

        ByteBuf upper = Unpooled.buffer().writeShort(sourcePort).writeShort(destinationPort);
        upper.writeZero(16 + random.nextInt(200));
        ByteBuf packet = Unpooled.buffer();
        boolean extended = false;
        if (v6) {
            boolean fragment = fragmentOffset > 0 || moreFragments;
            extended = !fragment && random.nextInt(4) == 0;
            int next = fragment ? 44 : extended ? EXTENSIONS[random.nextInt(EXTENSIONS.length)] : protocol;
            int more = next == protocol ? 0 : 8;
            packet.writeInt(6 << 28).writeShort(upper.readableBytes() + more).writeByte(next);
            packet.writeByte(64).writeBytes(source).writeBytes(destination);
            if (fragment) {
                packet.writeByte(protocol).writeByte(0).writeShort(fragmentOffset << 3 | (moreFragments ? 1 : 0));
                packet.writeInt(random.nextInt());
            } else if (extended) {
                packet.writeByte(protocol).writeZero(7);
            }
        } else {
            int optionWords = random.nextInt(3) == 0 ? random.nextInt(1, 11) : 0;
            packet.writeByte(0x45 + optionWords).writeByte(0);
            packet.writeShort(20 + 4 * optionWords + upper.readableBytes());
            packet.writeShort(random.nextInt(0x10000)).writeShort(fragmentOffset | (moreFragments ? 0x2000 : 0));
            packet.writeByte(64).writeByte(protocol).writeShort(0);
            packet.writeBytes(source).writeBytes(destination);
            for (int i = 0; i < 4 * optionWords; i++) {
                packet.writeByte(1);
            }
        }
        packet.writeBytes(upper);
        boolean hidden = extended || fragmentOffset > 0;
        boolean rightProtocol = protocol == 6 || extended;
        boolean fromRemote = rightProtocol
                && Arrays.equals(source, path.remote().getAddress().getAddress())
                && (hidden || sourcePort == path.remote().getPort());
        boolean toLocal = Arrays.equals(destination, path.local().getAddress().getAddress())
                && (hidden || destinationPort == path.local().getPort());
        return new Packet(ByteBufUtil.getBytes(packet), toLocal, fromRemote);
    }

    /** One address in four differs in one bit. */
    private byte[] nearly(InetSocketAddress address) {
        byte[] bytes = address.getAddress().getAddress();
        if (random.nextInt(4) == 0) {
            bytes[random.nextInt(2, bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    static void write(TunInterface tun, byte[] bytes) throws Exception {
        ByteBuf direct = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
        try {
            assertThat(Descriptors.write(tun.fd(), direct.memoryAddress(), bytes.length))
                    .isEqualTo(bytes.length);
        } finally {
            direct.release();
        }
    }
}
