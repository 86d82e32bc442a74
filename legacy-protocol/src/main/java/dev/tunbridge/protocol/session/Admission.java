package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Message;

/** A server's decision about a device. */
@FunctionalInterface
public interface Admission {
    /** The answer to a hello: a {@link Message.Welcome} or a {@link Message.Reject}. */
    Message admit(Message.Hello hello);
}
