package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.MalformedMessageException;

/** A stream does not begin as its description says, so that its first frame cannot be found. The connection must be closed. */
public final class PreludeException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PreludeException(String message, MalformedMessageException cause) {
        super(message, cause);
    }
}
