package dev.tunbridge.bridge.relay;

/** What a server must not do. */
public enum Misbehaviour {
    /** More bytes than it had credit for; the channel is reset both ways. */
    CREDIT_OVERRUN,
    /** A datagram without credit for it; it is dropped. */
    DATAGRAM_OVERRUN,
    /** Bytes behind its own end of the stream; the channel is reset both ways. */
    DATA_AFTER_END,
    /** A second end of the stream; it changes nothing. */
    END_TWICE,
    /** Bytes for a number that no channel has, and that we have not closed; answered by one reset until the number is opened. */
    UNKNOWN_CHANNEL,
    /** A number opened that has a channel, or an answer to come; that channel is reset and the new one refused. */
    NUMBER_IN_USE,
    /** A number opened before we have closed it too; from then on no datagram of this connection goes past a hole. */
    NUMBER_TOO_EARLY,
    /** What only the device may say. */
    WRONG_WAY
}
