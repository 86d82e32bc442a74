package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.Signals;
import dev.tunbridge.protocol.frame.Seeds;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Draws messages over the whole range of their fields. */
final class Messages {
    private Messages() {}

    static List<Message> oneOfEach(Random random) throws UnknownHostException {
        int addressBytes = random.nextBoolean() ? 4 : 16;
        return List.of(
                Signals.hello(random.nextInt(256), carriages(random), "Gerät " + random.nextInt(), octets(random, 255)),
                Signals.welcome(new TunnelParameters(
                        Seeds.pick(random, List.of(Carriage.values())),
                        u32(random),
                        u16(random),
                        random.nextInt(8 * addressBytes + 1),
                        address(random, addressBytes),
                        address(random, addressBytes))),
                Signals.reject(
                        Seeds.pick(random, List.of("version", "carriage", "credentials", "busy")),
                        "später " + random.nextInt()),
                Signals.keepAlive(u32(random)),
                Signals.keepAliveAck(u32(random)),
                Signals.bye(random.nextInt(256)),
                new Message.App(u16(random), octets(random, 2_046)),
                new Message.Packet(octets(random, 2_048)),
                new Message.Segment(
                        random.nextBoolean() ? Message.TCP : Message.UDP,
                        address(random, addressBytes),
                        address(random, addressBytes),
                        octets(random, 2_015)),
                new Message.Open(
                        u16(random),
                        random.nextBoolean() ? Message.TCP : Message.UDP,
                        u16(random),
                        address(random, addressBytes),
                        u16(random)),
                new Message.Opened(u16(random), Seeds.pick(random, List.of(Message.OpenStatus.values())), u32(random)),
                new Message.Data(u16(random), octets(random, 2_046)),
                new Message.Credit(u16(random), u32(random)),
                new Message.Close(u16(random), Seeds.pick(random, List.of(Message.CloseHow.values()))));
    }

    private static Set<Carriage> carriages(Random random) {
        EnumSet<Carriage> carriages = EnumSet.of(Carriage.PACKET, Carriage.SEGMENT, Carriage.SOCKET);
        carriages.removeIf(carriage -> random.nextBoolean());
        return carriages;
    }

    private static int u16(Random random) {
        return random.nextInt(1 << 16);
    }

    private static long u32(Random random) {
        return Integer.toUnsignedLong(random.nextInt());
    }

    private static Octets octets(Random random, int most) {
        byte[] bytes = new byte[random.nextInt(most + 1)];
        random.nextBytes(bytes);
        return Octets.of(bytes);
    }

    private static InetAddress address(Random random, int addressBytes) throws UnknownHostException {
        byte[] bytes = new byte[addressBytes];
        random.nextBytes(bytes);
        return InetAddress.getByAddress(bytes);
    }
}
