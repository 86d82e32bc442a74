package dev.tunbridge.bridge.relay;

import static dev.tunbridge.bridge.simulation.VirtualTime.MILLISECOND;
import static dev.tunbridge.bridge.simulation.VirtualTime.SECOND;

import dev.tunbridge.bridge.simulation.Dice;

/**
 * What one seed draws.
 *
 * @param delayNanos of the outer path, one way
 * @param upBytesPerSecond of the path, and so of the queue
 * @param holes probability that an arriving frame finds a hole in front of it
 * @param cutNanos mean time until the outer connection breaks; 0 never
 * @param exchanges clients with their services
 * @param spreadNanos over which clients come
 * @param breaks how many times a server breaks a rule; 0 for an honest one
 * @param queueDrops probability that the queue drops a datagram
 */
record RelayScenario(
        long seed,
        long delayNanos,
        long upBytesPerSecond,
        long downBytesPerSecond,
        double holes,
        long cutNanos,
        int exchanges,
        long spreadNanos,
        int breaks,
        double queueDrops,
        RelayLimits limits) {

    static RelayScenario draw(long seed) {
        Dice dice = new Dice(seed * 7919 + 3);
        int channels = dice.oneOf(4, 16, 64, 256);
        int own = 2 * RelayLimits.OWN_BYTES * channels;
        boolean isCut = dice.chance(0.4);
        return new RelayScenario(
                seed,
                dice.logBetween(100_000, 150 * MILLISECOND),
                dice.logBetween(200_000, 20_000_000),
                dice.logBetween(200_000, 20_000_000),
                dice.oneOf(0, 0.01, 0.1),
                isCut ? dice.logBetween(SECOND / 2, 10 * SECOND) : 0,
                dice.oneOf(3, 12, 40),
                dice.logBetween(20 * MILLISECOND, 5 * SECOND),
                dice.chance(0.35) ? dice.between(1, 6) : 0,
                dice.oneOf(0, 0.05),
                new RelayLimits(
                        channels,
                        Math.max(2, channels / dice.oneOf(1, 4)),
                        dice.oneOf(20, 200, 2000),
                        (int) dice.logBetween(4 << 10, 1 << 20),
                        own + (int) dice.logBetween(16, 2 << 20),
                        dice.between(SECOND, 5 * SECOND),
                        dice.between(5 * SECOND, 30 * SECOND),
                        dice.between(5 * SECOND, 30 * SECOND)));
    }

    /** How the service's host answers. */
    enum Answer {
        ACCEPTS,
        REFUSES,
        UNREACHABLE,
        SILENT
    }

    /** How an end of the exchange goes, once it has sent all or at some byte. */
    enum Ending {
        /** Says END when it has sent all. */
        WHEN_SENT,
        /** Says END when it has sent all and the other has ended. */
        AFTER_THE_OTHER,
        /** Resets in the middle of what it sends. */
        RESETS
    }

    /**
     * What one client and its service mean to do.
     *
     * @param clientBytes to the service; of UDP the number of datagrams
     * @param clientReadsPerSecond bytes; 0: it never reads
     * @param serviceTakesPerSecond bytes; 0: it never reads
     * @param windowBytes of the credit that the server gives for the client
     */
    record Plan(
            boolean isTcp,
            Answer answer,
            long answerNanos,
            long clientBytes,
            long serviceBytes,
            long clientSendsPerSecond,
            long serviceSendsPerSecond,
            long clientReadsPerSecond,
            long serviceTakesPerSecond,
            Ending clientEnding,
            Ending serviceEnding,
            int windowBytes) {

        static Plan draw(Dice dice) {
            boolean isTcp = dice.chance(0.7);
            long client = isTcp ? amount(dice) : dice.between(0, 60);
            long service = isTcp ? amount(dice) : dice.between(0, 60);
            Ending clientEnding = ending(dice);
            Ending serviceEnding = ending(dice);
            if (clientEnding == Ending.AFTER_THE_OTHER && serviceEnding == Ending.AFTER_THE_OTHER) {
                clientEnding = Ending.WHEN_SENT;
            }
            return new Plan(
                    isTcp,
                    dice.chance(0.85) ? Answer.ACCEPTS : Answer.values()[dice.between(1, 3)],
                    dice.logBetween(10_000, 200 * MILLISECOND),
                    client,
                    service,
                    dice.logBetween(50_000, 50_000_000),
                    dice.logBetween(50_000, 50_000_000),
                    dice.chance(0.1) ? 0 : dice.logBetween(30_000, 100_000_000),
                    dice.chance(0.1) ? 0 : dice.logBetween(30_000, 100_000_000),
                    clientEnding,
                    serviceEnding,
                    (int) dice.logBetween(1_000, 200_000));
        }

        private static long amount(Dice dice) {
            return dice.chance(0.1) ? 0 : dice.logBetween(1, 200_000);
        }

        private static Ending ending(Dice dice) {
            return dice.chance(0.15) ? Ending.RESETS : dice.chance(0.5) ? Ending.WHEN_SENT : Ending.AFTER_THE_OTHER;
        }

        /** Somebody waits for ever, and only this exchange may feel it. */
        boolean isStalling() {
            return isTcp && (clientReadsPerSecond == 0 || serviceTakesPerSecond == 0);
        }
    }
}
