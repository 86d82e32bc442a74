package dev.tunbridge.bridge.tun;

import dev.tunbridge.reassembly.wire.TcpView;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Seeded mixtures of TCP and UDP flows, mostly well behaved so that segments join, with every kind of exception in between. */
final class Flows {
    private static final int[] WILD_FLAGS = {
        TcpView.ACK | TcpView.FIN,
        TcpView.SYN,
        TcpView.RST,
        TcpView.ACK | TcpView.ECE,
        TcpView.ACK | TcpView.CWR,
        TcpView.ACK | TcpView.URG,
        0
    };

    private final Random random;
    private final List<Flow> flows = new ArrayList<>();

    Flows(long seed) {
        random = new Random(seed);
        int count = 1 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            flows.add(new Flow());
        }
    }

    List<byte[]> packets(int count) {
        List<byte[]> packets = new ArrayList<>();
        Flow flow = flows.get(0);
        for (int i = 0; i < count; i++) {
            if (random.nextInt(4) == 0) {
                flow = flows.get(random.nextInt(flows.size()));
            }
            packets.add(flow.next());
        }
        return packets;
    }

    private final class Flow {
        private final byte[] source = bytes(random.nextBoolean() ? 4 : 16);
        private final byte[] destination = bytes(source.length);
        private final int ports = random.nextInt();
        private final boolean isUdp = random.nextInt(3) == 0;
        private final boolean dontFragment = random.nextBoolean();
        private final int identificationStep = dontFragment ? random.nextInt(2) : 1;
        private final int usualBytes = 1 + random.nextInt(random.nextInt(4) == 0 ? 8_900 : 1_400);
        private byte[] options = random.nextBoolean() ? new byte[0] : timestamps();
        private int sequence = random.nextInt(3) == 0 ? -2_000 : random.nextInt();
        private int acknowledgement = random.nextInt();
        private int identification = random.nextInt(0x10000);
        private int trafficClass = 0;
        private int window = 500;

        byte[] next() {
            int flags = TcpView.ACK;
            int length = usualBytes;
            boolean spoil = false;
            switch (random.nextInt(40)) {
                case 0 -> acknowledgement += 1_000;
                case 1 -> flags = WILD_FLAGS[random.nextInt(WILD_FLAGS.length)];
                case 2 -> sequence += random.nextInt(3_000) - 1_500;
                case 3 -> trafficClass ^= 3;
                case 4 -> window++;
                case 5 -> identification += random.nextInt(3);
                case 6 -> length = 0;
                case 7 -> spoil = true;
                case 8 -> options = options.length == 0 ? options : timestamps();
                case 9, 10 -> length = random.nextInt(usualBytes + 1);
                case 11 -> length = usualBytes + 1;
                case 12, 13 -> flags |= TcpView.PSH;
                default -> {
                    // The usual segment.
                }
            }
            Packets.Segment segment = new Packets.Segment(
                    source,
                    destination,
                    trafficClass,
                    64,
                    identification,
                    dontFragment,
                    ports,
                    sequence,
                    acknowledgement,
                    flags,
                    window,
                    options,
                    bytes(length));
            byte[] packet = isUdp ? Packets.udp(segment) : Packets.tcp(segment);
            sequence += length;
            identification += identificationStep;
            if (spoil) {
                packet[packet.length - 1] ^= 0x40;
            }
            return packet;
        }

        private byte[] timestamps() {
            byte[] options = bytes(12);
            options[0] = 1;
            options[1] = 1;
            options[2] = 8;
            options[3] = 10;
            return options;
        }
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
