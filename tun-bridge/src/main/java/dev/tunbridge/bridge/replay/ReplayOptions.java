package dev.tunbridge.bridge.replay;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.receive.DeliveryObserver.Lane;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * How a connection is replayed.
 *
 * @param config the tunnel filter's settings, as the bridge would have them
 * @param recovery how far the raw lane may go
 * @param packets takes what is delivered
 * @param stream takes the received stream, in order
 */
public record ReplayOptions(
        Protocol protocol, BridgeConfig config, RecoveryOptions recovery, Packets packets, Stream stream) {

    /** Takes delivered packets. */
    @FunctionalInterface
    public interface Packets {
        Packets NOBODY = (lane, buffer, index, length, nowNanos) -> {};

        /** A whole inner IP packet, valid during the call. */
        void onPacket(Lane lane, ByteBuf buffer, int index, int length, long nowNanos) throws IOException;
    }

    /** Takes the received stream. */
    @FunctionalInterface
    public interface Stream {
        Stream NOBODY = (buffer, index, length) -> {};

        /** The next bytes, valid during the call; what the file lacks is left out. */
        void onBytes(ByteBuf buffer, int index, int length) throws IOException;
    }

    /** Of its frames. */
    public FrameFormat format() {
        return protocol.format();
    }

    public static ReplayOptions of(Protocol protocol) {
        return new ReplayOptions(
                protocol, BridgeConfig.defaults(), RecoveryOptions.DEFAULT.ofFile(), Packets.NOBODY, Stream.NOBODY);
    }

    public ReplayOptions config(BridgeConfig config) {
        return new ReplayOptions(protocol, config, recovery, packets, stream);
    }

    public ReplayOptions recovery(RecoveryOptions recovery) {
        return new ReplayOptions(protocol, config, recovery, packets, stream);
    }

    public ReplayOptions packets(Packets packets) {
        return new ReplayOptions(protocol, config, recovery, packets, stream);
    }

    public ReplayOptions stream(Stream stream) {
        return new ReplayOptions(protocol, config, recovery, packets, stream);
    }
}
