package dev.tunbridge.bridge.queue;

import dev.tunbridge.bridge.flow.InnerPacket;
import java.util.BitSet;
import java.util.List;

/** Says of each packet what kind it is, from its header, or the ports of its flow. */
final class Classifier {
    private static final int LE = 1;
    private static final int CS1 = 8;
    private static final int CS5 = 40;
    private static final int VOICE_ADMIT = 44;
    private static final int EF = 46;
    private static final int CS6 = 48;
    private static final int CS7 = 56;

    private final BitSet promptPorts = new BitSet();

    /** @param promptPorts packets with one of these at either end are urgent */
    Classifier(List<PortRange> promptPorts) {
        promptPorts.forEach(range -> this.promptPorts.set(range.first(), range.last() + 1));
    }

    /** @param index where the IP header begins */
    Kind kind(InnerPacket packet, int index, int length) {
        if (packet.isPureAck()) {
            return Kind.ACKNOWLEDGEMENT;
        }
        if (isPromptPort(packet)) {
            return Kind.URGENT; // configured here, where a DSCP was chosen elsewhere
        }
        return switch (Ecn.dscp(packet.buffer(), index)) {
            case EF, VOICE_ADMIT, CS5, CS6, CS7 -> Kind.URGENT;
            case CS1, LE -> Kind.BACKGROUND;
            default -> length <= EgressQueue.SMALL_PACKET_BYTES || packet.isIcmp() ? Kind.SMALL : Kind.ORDINARY;
        };
    }

    /** Of an owned flow's bytes, which have no header: by the ports of both ends. */
    Kind kind(int devicePort, int clientPort, int length) {
        if (isPromptPort(devicePort, clientPort)) {
            return Kind.URGENT;
        }
        return length <= EgressQueue.SMALL_PACKET_BYTES ? Kind.SMALL : Kind.ORDINARY;
    }

    private boolean isPromptPort(InnerPacket packet) {
        return !promptPorts.isEmpty()
                && packet.hasTransportHeader()
                && isPromptPort(packet.sourcePort(), packet.destinationPort());
    }

    private boolean isPromptPort(int port, int other) {
        return promptPorts.get(port) || promptPorts.get(other);
    }
}
