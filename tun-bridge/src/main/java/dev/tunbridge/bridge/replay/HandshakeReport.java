package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.wire.TcpView;

/**
 * What a connection has negotiated. Where the file lacks one of the two SYNs, its values are {@link TcpView#ABSENT} or false.
 *
 * @param isComplete whether both SYNs are in the file
 * @param sack selective acknowledgements (RFC 2018): without them the sender repeats blindly and stalls, whatever a receiver does
 * @param timestamps RFC 7323
 * @param receiverWindowScale offered by the receiving end
 * @param senderWindowScale offered by the sending end
 * @param receiverMss the largest segment that the receiving end takes
 * @param senderMss the largest that the sending end takes
 */
public record HandshakeReport(
        boolean isComplete,
        boolean sack,
        boolean timestamps,
        int receiverWindowScale,
        int senderWindowScale,
        int receiverMss,
        int senderMss) {

    static HandshakeReport of(ConnectionChoice.Chosen chosen) {
        Half receiver = chosen.connection().of(chosen.receiver());
        Half sender = chosen.connection().other(chosen.receiver());
        return new HandshakeReport(
                receiver.initialNumber().isPresent() && sender.initialNumber().isPresent(),
                receiver.sackPermitted() && sender.sackPermitted(),
                receiver.timestamps() && sender.timestamps(),
                receiver.windowScale(),
                sender.windowScale(),
                receiver.mss(),
                sender.mss());
    }
}
