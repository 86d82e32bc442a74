package dev.tunbridge.reassembly.stream;

import dev.tunbridge.reassembly.wire.TcpView;

/**
 * What the server's SYN-ACK said, and so what the connection has negotiated: an option is in force if both ends offer it, and a
 * server answers only what it was offered (RFC 7323, RFC 2018).
 *
 * @param initialSequenceNumber the server's
 * @param acknowledgementNumber ours + 1
 * @param hasSack whether the receiver may tell what it has beyond a hole; without it the sender stalls whatever we do
 * @param hasTimestamps whether every segment carries timestamps
 * @param timestampValue the server's clock, 0 without timestamps
 * @param timestampEcho our clock when our SYN went out, 0 without timestamps
 * @param windowScale the shift of the windows that the server announces, 0 without scaling
 * @param maximumSegmentSize the largest segment that the server takes, 536 where it does not say (RFC 9293)
 * @param interfaceIndex where the SYN-ACK came in; 0 where the source does not know
 */
public record Handshake(
        int initialSequenceNumber,
        int acknowledgementNumber,
        boolean hasSack,
        boolean hasTimestamps,
        int timestampValue,
        int timestampEcho,
        int windowScale,
        int maximumSegmentSize,
        int interfaceIndex) {

    private static final int DEFAULT_MSS = 536;
    /** RFC 7323 section 2.3: more counts as 14. */
    private static final int MAX_WINDOW_SCALE = 14;

    static Handshake of(TcpView tcp, int interfaceIndex) {
        boolean hasTimestamps = tcp.hasTimestamps();
        return new Handshake(
                tcp.sequenceNumber(),
                tcp.acknowledgementNumber(),
                tcp.isSackPermitted(),
                hasTimestamps,
                hasTimestamps ? tcp.timestampValue() : 0,
                hasTimestamps ? tcp.timestampEcho() : 0,
                Math.min(MAX_WINDOW_SCALE, Math.max(0, tcp.windowScale())),
                tcp.mss() == TcpView.ABSENT ? DEFAULT_MSS : tcp.mss(),
                interfaceIndex);
    }

    /** Whether it begins the same connection; a SYN-ACK may be sent several times. */
    boolean isSameConnection(Handshake other) {
        return initialSequenceNumber == other.initialSequenceNumber
                && acknowledgementNumber == other.acknowledgementNumber;
    }
}
