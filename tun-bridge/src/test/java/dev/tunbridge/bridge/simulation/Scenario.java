package dev.tunbridge.bridge.simulation;

import static dev.tunbridge.bridge.simulation.VirtualTime.MICROSECOND;
import static dev.tunbridge.bridge.simulation.VirtualTime.MILLISECOND;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import java.util.Set;

/** Everything that one seed decides before the first event. */
record Scenario(
        long seed,
        Protocol protocol,
        Carriage carriage,
        int innerAddressBytes,
        Outer outer,
        Sender sender,
        Receiver receiver,
        LinkTraits forward,
        LinkTraits reverse,
        CaptureTraits capture,
        Recovery recovery,
        Traffic traffic) {

    /**
     * The outer connection.
     *
     * @param serverInitial the server's initial sequence number
     * @param clientInitial ours
     */
    record Outer(
            int addressBytes,
            int serverInitial,
            int clientInitial,
            int mss,
            boolean timestamps,
            boolean selectiveAcknowledgement,
            int serverClock,
            int clockOfClient,
            long upstreamEveryNanos) {}

    /**
     * The server's TCP.
     *
     * @param minWindowSegments the congestion window never falls below it, so that a bad path still sees traffic
     * @param resegments share of retransmissions that are cut otherwise than the first transmission
     */
    record Sender(
            int initialWindowSegments, int minWindowSegments, boolean grows, double resegments, boolean shrinksMss) {}

    /**
     * Our kernel and the loop that reads from it.
     *
     * @param readDelayNanos mean time until the loop reads the socket
     * @param ringDelayNanos mean time until it reads the ring
     * @param stallChance share of reads that come only after {@code stallNanos}
     * @param drops share of segments that are dropped between the capture and TCP, as a packet filter does
     */
    record Receiver(
            int bufferBytes,
            int readBytes,
            long readDelayNanos,
            long ringDelayNanos,
            double stallChance,
            long stallNanos,
            boolean knowsWindow,
            double drops) {}

    /**
     * The capture.
     *
     * @param coalesces whether receive offload joins segments before capture and kernel see them
     * @param unfinished whether the checksums of single segments are left unfinished too, as on veth
     */
    record CaptureTraits(
            boolean coalesces,
            boolean unfinished,
            double drops,
            double dropBurst,
            double truncation,
            boolean missesHandshake) {}

    /** How the receive core is set up. */
    record Recovery(boolean enabled, BoundaryGrade boundaries, int heldBytes, int heldRanges, boolean offload) {}

    /**
     * What the server sends.
     *
     * @param streamBytes it stops when the stream is so long
     * @param meanGapNanos mean time between two writes
     * @param burstFrames most frames of one write
     * @param batches whether a write's frames go out together
     * @param embeds share of payloads that contain frames
     */
    record Traffic(
            int streamBytes,
            long meanGapNanos,
            int burstFrames,
            boolean batches,
            int udpFlows,
            int tcpFlows,
            double embeds,
            boolean embedsKnownFlows,
            double oddities) {}

    /** Of its frames. */
    FrameFormat format() {
        return protocol.format();
    }

    static Scenario draw(long seed) {
        Dice dice = new Dice(seed);
        Protocol protocol = SimulatedFormats.draw(seed, dice.split());
        Recovery recovery = recovery(dice.split());
        Dice outer = dice.split();
        Dice paths = dice.split();
        return new Scenario(
                seed,
                protocol,
                carriage(protocol, dice),
                innerAddressBytes(dice),
                outer(outer),
                sender(dice.split()),
                receiver(dice.split()),
                link(paths, true),
                link(paths, false),
                capture(dice.split()),
                recovery,
                traffic(dice.split(), recovery));
    }

    private static Carriage carriage(Protocol protocol, Dice dice) {
        Carriage wanted = dice.chance(0.5) ? Carriage.PACKET : Carriage.SEGMENT;
        Set<Carriage> possible = SimulatedFormats.carriages(protocol);
        return possible.contains(wanted) ? wanted : possible.iterator().next();
    }

    private static int innerAddressBytes(Dice dice) {
        return dice.chance(0.6) ? 4 : 16;
    }

    private static Outer outer(Dice dice) {
        return new Outer(
                dice.chance(0.6) ? 4 : 16,
                initialNumber(dice),
                initialNumber(dice),
                dice.oneOf(1460, 1448, 1440, 1400, 1220, 536, 8960, 200),
                dice.chance(0.7),
                dice.chance(0.9),
                initialNumber(dice),
                initialNumber(dice),
                dice.logBetween(5 * MILLISECOND, 2_000 * MILLISECOND));
    }

    /** Mostly so that the numbers wrap early. */
    private static int initialNumber(Dice dice) {
        return dice.chance(0.85) ? -1 - dice.below(65_536) : dice.nextInt();
    }

    private static Sender sender(Dice dice) {
        return new Sender(
                dice.between(4, 20),
                dice.oneOf(2, 4, 10, 30),
                dice.chance(0.7),
                dice.chance(0.5) ? 0 : dice.oneOf(0.1, 0.5, 1.0),
                dice.chance(0.1));
    }

    private static Receiver receiver(Dice dice) {
        boolean lags = dice.chance(0.25);
        return new Receiver(
                (int) dice.logBetween(12_000, 1_000_000),
                dice.chance(0.8) ? 128 * 1024 : (int) dice.logBetween(50, 20_000),
                lags ? dice.logBetween(MILLISECOND, 100 * MILLISECOND) : dice.logBetween(5 * MICROSECOND, MILLISECOND),
                dice.chance(0.2)
                        ? dice.logBetween(MILLISECOND, 30 * MILLISECOND)
                        : dice.logBetween(5 * MICROSECOND, MILLISECOND),
                lags ? dice.oneOf(0, 0.01, 0.1) : 0,
                dice.logBetween(10 * MILLISECOND, 800 * MILLISECOND),
                dice.chance(0.8),
                dice.chance(0.9) ? 0 : dice.oneOf(0.005, 0.05, 0.2));
    }

    private static LinkTraits link(Dice dice, boolean forward) {
        boolean rough = dice.chance(0.15);
        long bytesPerSecond = dice.logBetween(60_000, 20_000_000);
        // In a queue of more than two seconds the server's clock seems to jump, and is not believed.
        long mostQueued = Math.min(1_000_000, bytesPerSecond * 3 / 2);
        return new LinkTraits(
                bytesPerSecond,
                (int) dice.logBetween(20_000, mostQueued),
                dice.logBetween(100 * MICROSECOND, 150 * MILLISECOND),
                dice.chance(0.5) ? 0 : dice.logBetween(10 * MICROSECOND, 20 * MILLISECOND),
                dice.chance(0.6),
                rough ? dice.oneOf(0.05, 0.15, 0.3) : dice.oneOf(0, 0.002, 0.01, 0.01, 0.03, 0.03),
                dice.chance(0.7) ? 1 : dice.oneOf(1.5, 3, 6),
                dice.chance(0.8) ? 0 : dice.oneOf(0.01, 0.1, 0.5),
                forward && dice.chance(0.2) ? dice.oneOf(0.001, 0.01, 0.05) : 0,
                dice.chance(0.7) ? 0 : dice.oneOf(0.005, 0.05, 0.2),
                dice.logBetween(100 * MICROSECOND, 80 * MILLISECOND),
                forward && dice.chance(0.5) ? dice.logBetween(20 * MICROSECOND, 2 * MILLISECOND) : 1);
    }

    private static CaptureTraits capture(Dice dice) {
        return new CaptureTraits(
                dice.chance(0.5),
                dice.chance(0.1),
                dice.chance(0.8) ? 0 : dice.oneOf(0.002, 0.02, 0.2, 0.5),
                dice.oneOf(1, 1, 10),
                dice.chance(0.95) ? 0 : 0.02,
                dice.chance(0.02));
    }

    private static Recovery recovery(Dice dice) {
        BoundaryGrade boundaries = dice.chance(0.55)
                ? BoundaryGrade.ANCHORED
                : dice.chance(0.8) ? BoundaryGrade.PROVEN : BoundaryGrade.FOUND;
        boolean small = dice.chance(0.08);
        return new Recovery(
                dice.chance(0.97),
                boundaries,
                small ? 65_536 : 4 << 20,
                small ? dice.between(1, 12) : 3_072,
                dice.chance(0.5));
    }

    private static Traffic traffic(Dice dice, Recovery recovery) {
        int streamBytes =
                (int) (dice.chance(0.02) ? dice.logBetween(400_000, 1_500_000) : dice.logBetween(15_000, 250_000));
        int burstFrames = (int) dice.logBetween(1, 40);
        // A frame has some 500 bytes on average, and the stream shall last for most of the time.
        long gap = 8_000_000_000L * 500 * (1 + burstFrames / 2) / streamBytes;
        return new Traffic(
                streamBytes,
                dice.chance(0.5) ? gap : gap / 4,
                burstFrames,
                dice.chance(0.35),
                dice.between(0, 4),
                dice.between(0, 4),
                // What is merely found by scanning may be a client's own invention; nobody promises more.
                recovery.boundaries() == BoundaryGrade.FOUND || dice.chance(0.6) ? 0 : dice.oneOf(0.05, 0.3, 1.0),
                recovery.boundaries() == BoundaryGrade.PROVEN,
                dice.chance(0.5) ? 0 : dice.oneOf(0.005, 0.05));
    }
}
