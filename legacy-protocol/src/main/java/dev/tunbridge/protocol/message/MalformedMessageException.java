package dev.tunbridge.protocol.message;

/** A valid frame whose contents are no message of its type. */
public final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1;

    public MalformedMessageException(String message) {
        super(message);
    }
}
