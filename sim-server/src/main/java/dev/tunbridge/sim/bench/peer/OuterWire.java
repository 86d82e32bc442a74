package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.wire.DatagramFrame;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The outer connection of a tunnel that does not encrypt, so that its datagrams can be found on the wire.
 *
 * @param serverPort where the device's end connects to
 * @param frames how a datagram with so many bytes of payload lies in the stream; empty where that cannot be told
 */
public record OuterWire(int serverPort, IntFunction<Optional<DatagramFrame>> frames) {}
