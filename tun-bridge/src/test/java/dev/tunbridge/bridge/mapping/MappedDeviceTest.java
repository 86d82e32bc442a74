package dev.tunbridge.bridge.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.mapping.PacketPlan.Addresses;
import dev.tunbridge.bridge.tun.TunHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MappedDeviceTest {
    private static final byte[] DEVICE4 = InetAddresses.forString("198.18.0.2").getAddress();
    private static final byte[] DEVICE6 = InetAddresses.forString("2001:2::2").getAddress();
    private static final byte[] SERVER4 = InetAddresses.forString("198.18.0.1").getAddress();
    private static final byte[] CLIENT4 = InetAddresses.forString("198.19.7.9").getAddress();
    private static final byte[] CLIENT6 =
            InetAddresses.forString("2001:2:0:7::9").getAddress();
    private static final byte[] ROUTER4 = InetAddresses.forString("198.19.8.1").getAddress();
    private static final IdleTimes IDLE =
            new IdleTimes(TimeUnit.HOURS.toNanos(2), TimeUnit.MINUTES.toNanos(5), TimeUnit.MINUTES.toNanos(1));

    private long nowNanos;
    private final DeviceEnd end = new DeviceEnd();
    private final MappedDevice device = new MappedDevice(end, () -> nowNanos);
    private final List<byte[]> received = new ArrayList<>();
    private final ClientMapping mapping4 = mapping("198.18.64.0/18", "198.18.0.0/24");
    private final ClientMapping mapping6 = mapping("2001:2:0:ff::/64", "2001:2::/64");
    private final EventLoop loop = new DefaultEventLoop();

    @BeforeEach
    void open() throws IOException {
        device.open(loop, new TunHandler() {
            @Override
            public void onPacket(ByteBuf buffer, int index, int length) {
                received.add(ByteBufUtil.getBytes(buffer, index, length, true));
            }

            @Override
            public void onReadComplete() {}

            @Override
            public void onDeviceLost(IOException cause) {}
        });
        device.map(mapping4);
    }

    @AfterEach
    void close() {
        device.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static ClientMapping mapping(String pool, String kept) {
        ClientMapping made = new ClientMapping(Prefix.parse(pool), 1_000, IDLE, 42);
        made.keep(List.of(Prefix.parse(kept)));
        return made;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aRewrittenPacketIsWhatASenderWithThatAddressWouldHaveSent(long seed) {
        Random random = new Random(seed);
        Map<PacketPlan.Kind, Integer> seen = new EnumMap<>(PacketPlan.Kind.class);
        for (int round = 0; round < 3_000; round++) {
            PacketPlan plan = new PacketPlan(random.nextLong());
            device.map(plan.addressBytes == 4 ? mapping4 : mapping6);
            byte[] self = plan.addressBytes == 4 ? DEVICE4 : DEVICE6;
            byte[] client = member(plan.addressBytes == 4 ? CLIENT4 : CLIENT6, random);
            byte[] address = addressOf(client);
            Addresses own = new Addresses(client, self, self, client);
            Addresses pool = new Addresses(address, self, self, address);

            byte[] before = plan.build(own);
            assertThat(writeSomehow(before, random))
                    .as("seed %d, down, %s", seed, plan.kind)
                    .isEqualTo(plan.build(pool));

            byte[] fromKernel = plan.build(new Addresses(self, address, address, self));
            assertThat(read(fromKernel))
                    .as("seed %d, up, %s", seed, plan.kind)
                    .isEqualTo(plan.build(new Addresses(self, client, client, self)));
            seen.merge(plan.kind, 1, Integer::sum);
        }
        assertThat(seen).hasSameSizeAs(PacketPlan.Kind.values());
    }

    @Test
    void whatLiesInTheBufferStaysAsItIs() {
        Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            PacketPlan plan = new PacketPlan(random.nextLong());
            device.map(plan.addressBytes == 4 ? mapping4 : mapping6);
            byte[] self = plan.addressBytes == 4 ? DEVICE4 : DEVICE6;
            byte[] client = plan.addressBytes == 4 ? CLIENT4 : CLIENT6;
            byte[] packet = plan.build(new Addresses(client, self, self, client));
            ByteBuf buffer = Unpooled.copiedBuffer(packet);
            device.write(buffer, 0, packet.length);
            device.flush();
            assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(packet);
        }
    }

    @Test
    void aWrongChecksumStaysWrong() {
        byte[] packet = udp(CLIENT4, DEVICE4, 1000, 53);
        packet[packet.length - 1] ^= 1;
        byte[] mapped = write(packet);
        byte[] address = Arrays.copyOfRange(mapped, 12, 16);
        byte[] right = udp(address, DEVICE4, 1000, 53);
        assertThat(Arrays.copyOfRange(mapped, 20, 28)).isEqualTo(Arrays.copyOfRange(right, 20, 28));
        assertThat(mapped[mapped.length - 1]).isNotEqualTo(right[right.length - 1]);
    }

    @Test
    void aClientOfTheTunnelsNetworkKeepsItsAddress() {
        byte[] packet = udp(SERVER4, DEVICE4, 1000, 53);
        assertThat(write(packet)).isEqualTo(packet);
        assertThat(mapping4.stats(0).entries()).isZero();
    }

    @Test
    void anAnswerToWhomTheDeviceHasCalledKeepsItsAddress() {
        byte[] query = udp(DEVICE4, CLIENT4, 4000, 53);
        assertThat(read(query)).isEqualTo(query);
        byte[] answer = udp(CLIENT4, DEVICE4, 53, 4000);
        assertThat(write(answer)).isEqualTo(answer);
        byte[] other = udp(CLIENT4, DEVICE4, 1000, 53);
        assertThat(Arrays.copyOfRange(write(other), 12, 16)).isEqualTo(addressOf(CLIENT4));
    }

    @Test
    void whomTheDeviceCalledLongAgoIsAClientAgain() {
        read(udp(DEVICE4, CLIENT4, 4000, 53));
        nowNanos += IDLE.udpNanos() + 1;
        device.flush();
        byte[] late = udp(CLIENT4, DEVICE4, 53, 4000);
        assertThat(write(late)).isNotEqualTo(late);
    }

    @Test
    void ourOwnErrorToALocalSenderQuotesWhatItSent() {
        byte[] address = Arrays.copyOfRange(write(udp(CLIENT4, DEVICE4, 1000, 53)), 12, 16);
        // The tunnel's other end says that the device's packet to the client is too long.
        byte[] mapped = write(error(SERVER4, DEVICE4, udp(DEVICE4, CLIENT4, 53, 1000)));
        assertThat(mapped).isEqualTo(error(SERVER4, DEVICE4, udp(DEVICE4, address, 53, 1000)));
    }

    @Test
    void anErrorOfARouterOnTheWayIsUnderstood() {
        byte[] address = Arrays.copyOfRange(write(udp(CLIENT4, DEVICE4, 1000, 53)), 12, 16);
        byte[] mapped = write(error(ROUTER4, DEVICE4, udp(DEVICE4, CLIENT4, 53, 1000)));
        byte[] router = Arrays.copyOfRange(mapped, 12, 16);
        assertThat(router).isNotEqualTo(ROUTER4).isNotEqualTo(address);
        assertThat(mapped).isEqualTo(error(router, DEVICE4, udp(DEVICE4, address, 53, 1000)));
    }

    @Test
    void nothingGoesToAnAddressOfThePoolThatNobodyHas() {
        device.write(Unpooled.wrappedBuffer(udp(CLIENT4, DEVICE4, 1, 2)), 0, 40);
        byte[] nobody = InetAddresses.forString("198.18.64.0").getAddress();
        receive(udp(DEVICE4, nobody, 53, 1000));
        assertThat(received).isEmpty();
        assertThat(mapping4.stats(0).unassigned()).isEqualTo(1);
    }

    @Test
    void aNewClientIsRefusedWhileEverybodyIsActiveAndTakesTheFirstIdlePlace() {
        ClientMapping small = new ClientMapping(Prefix.parse("198.18.64.0/29"), 16, IDLE, 1);
        device.map(small);
        for (int client = 0; client < 6; client++) {
            write(udp(client(client), DEVICE4, 1000, 53));
        }
        device.write(Unpooled.wrappedBuffer(udp(client(6), DEVICE4, 1000, 53)), 0, 40);
        device.flush();
        assertThat(end.written).isEmpty();
        assertThat(small.stats(0).refused()).isEqualTo(1);

        nowNanos += IDLE.udpNanos() - 1;
        device.flush();
        for (int client = 1; client < 6; client++) {
            write(udp(client(client), DEVICE4, 1000, 53));
        }
        nowNanos += 1;
        device.flush();
        byte[] idle = addressOfMapped(small, client(0));
        assertThat(Arrays.copyOfRange(write(udp(client(6), DEVICE4, 1000, 53)), 12, 16))
                .isEqualTo(idle);
        assertThat(small.stats(nowNanos).evicted()).isEqualTo(1);
    }

    @Test
    void aConnectionThatTheDeviceHasAnsweredKeepsItsClientForLong() {
        byte[] address = Arrays.copyOfRange(write(tcp(CLIENT4, DEVICE4, 0x10)), 12, 16);
        read(tcp(DEVICE4, address, 0x10));
        nowNanos += IDLE.tcpNanos() - 1;
        device.flush();
        ClientMapping current = Objects.requireNonNull(device.mapping());
        assertThat(current.stats(nowNanos).clients()).hasSize(1);
        assertThat(Arrays.copyOfRange(write(udp(CLIENT4, DEVICE4, 1000, 53)), 12, 16))
                .isEqualTo(address);
    }

    @Test
    void tellsWhoIsWhoTheLatestFirst() {
        byte[] first = Arrays.copyOfRange(write(udp(client(1), DEVICE4, 1000, 53)), 12, 16);
        nowNanos += 2_000_000_000L;
        device.flush();
        byte[] second = Arrays.copyOfRange(write(udp(client(2), DEVICE4, 1000, 53)), 12, 16);
        assertThat(device.clients())
                .containsExactly(
                        new MappedClient("198.19.2.2", text(second), 0),
                        new MappedClient("198.19.2.1", text(first), 2));
    }

    @Test
    void withoutMappingEverythingPasses() {
        device.map(null);
        byte[] packet = udp(CLIENT4, DEVICE4, 1000, 53);
        assertThat(write(packet)).isEqualTo(packet);
        assertThat(read(packet)).isEqualTo(packet);
        assertThat(device.mappingStats()).isEmpty();
    }

    private byte[] addressOf(byte[] client) {
        ClientMapping current = Objects.requireNonNull(device.mapping());
        byte[] self = client.length == 4 ? DEVICE4 : DEVICE6;
        write(udp(client, self, 7, 7));
        return addressOfMapped(current, client);
    }

    private static byte[] addressOfMapped(ClientMapping mapping, byte[] client) {
        return mapping.clients(0, Integer.MAX_VALUE).stream()
                .filter(each -> each.client().equals(text(client)))
                .map(each -> InetAddresses.forString(each.address()).getAddress())
                .findFirst()
                .orElseThrow();
    }

    private static String text(byte[] address) {
        try {
            return InetAddresses.toAddrString(java.net.InetAddress.getByAddress(address));
        } catch (java.net.UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static byte[] client(int number) {
        return new byte[] {(byte) 198, 19, 2, (byte) number};
    }

    private static byte[] member(byte[] network, Random random) {
        byte[] member = network.clone();
        member[member.length - 1] = (byte) random.nextInt(200);
        return member;
    }

    /** In one piece, or in two as a segment that travelled without its IP header comes. */
    private byte[] writeSomehow(byte[] packet, Random random) {
        int headerBytes = packet[0] >>> 4 == 4 ? (packet[0] & 0xf) * 4 : 40;
        if (random.nextBoolean() || headerBytes > 40) {
            return write(packet);
        }
        ByteBuf head = Unpooled.copiedBuffer(packet, 0, headerBytes);
        ByteBuf body = Unpooled.copiedBuffer(packet, headerBytes, packet.length - headerBytes);
        device.write(head, 0, headerBytes, body, 0, packet.length - headerBytes);
        return taken();
    }

    private byte[] write(byte[] packet) {
        device.write(Unpooled.buffer().writeZero(3).writeBytes(packet), 3, packet.length);
        return taken();
    }

    private byte[] taken() {
        device.flush();
        assertThat(end.written).hasSize(1);
        return end.written.remove(0);
    }

    private void receive(byte[] packet) {
        Objects.requireNonNull(end.handler).onPacket(Unpooled.copiedBuffer(packet), 0, packet.length);
    }

    private byte[] read(byte[] packet) {
        receive(packet);
        assertThat(received).hasSize(1);
        return received.remove(0);
    }

    private static byte[] udp(byte[] source, byte[] destination, int from, int to) {
        ByteBuf body =
                Unpooled.buffer().writeShort(from).writeShort(to).writeShort(20).writeShort(0);
        body.writeBytes("twelve bytes".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return finished(source, destination, PacketPlan.UDP, ByteBufUtil.getBytes(body), 6);
    }

    private static byte[] tcp(byte[] source, byte[] destination, int flags) {
        ByteBuf body = Unpooled.buffer().writeInt(0x03e8_0050).writeLong(5);
        body.writeByte(0x50).writeByte(flags).writeShort(500).writeInt(0);
        return finished(source, destination, PacketPlan.TCP, ByteBufUtil.getBytes(body), 16);
    }

    private static byte[] error(byte[] source, byte[] destination, byte[] quoted) {
        ByteBuf body = Unpooled.buffer().writeInt(0x0304_0000).writeInt(1400).writeBytes(quoted);
        return finished(source, destination, PacketPlan.ICMP, ByteBufUtil.getBytes(body), 2);
    }

    private static byte[] finished(byte[] source, byte[] destination, int protocol, byte[] body, int checksumAt) {
        ByteBuf pseudo = Unpooled.buffer();
        if (protocol != PacketPlan.ICMP) {
            pseudo.writeBytes(source)
                    .writeBytes(destination)
                    .writeShort(protocol)
                    .writeShort(body.length);
        }
        ByteBuf whole = Unpooled.buffer().writeBytes(pseudo).writeBytes(body);
        int sum = PacketPlan.checksum(ByteBufUtil.getBytes(whole));
        body[checksumAt] = (byte) (sum >>> 8);
        body[checksumAt + 1] = (byte) sum;
        ByteBuf packet = Unpooled.buffer();
        if (source.length == 4) {
            packet.writeShort(0x4500)
                    .writeShort(20 + body.length)
                    .writeInt(0)
                    .writeByte(64)
                    .writeByte(protocol);
            packet.writeShort(0).writeBytes(source).writeBytes(destination);
            packet.setShort(10, PacketPlan.checksum(ByteBufUtil.getBytes(packet)));
        } else {
            packet.writeInt(0x6000_0000)
                    .writeShort(body.length)
                    .writeByte(protocol)
                    .writeByte(64);
            packet.writeBytes(source).writeBytes(destination);
        }
        return ByteBufUtil.getBytes(packet.writeBytes(body));
    }
}
