package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Message;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The server's end: waits for the hello, and answers it. */
public final class ServerSession extends Session {
    /** The protocol's own number. */
    private static final long HELLO_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Admission admission;

    public ServerSession(Admission admission, FrameFormat format) {
        super(format);
        this.admission = admission;
    }

    @Override
    long openingTimeoutNanos() {
        return HELLO_TIMEOUT_NANOS;
    }

    @Override
    String awaited() {
        return "hello";
    }

    @Override
    CloseReason openingTimeout() {
        return CloseReason.HELLO_TIMEOUT;
    }

    @Override
    List<SessionAction> opening() {
        return List.of();
    }

    @Override
    List<SessionAction> receivedOpening(Message message, long nowNanos) {
        if (!(message instanceof Message.Hello hello)) {
            return violation(nameOf(message) + " before the hello");
        }
        Message answer = admission.admit(hello);
        SessionAction send = new SessionAction.Send(answer);
        if (answer instanceof Message.Welcome welcome) {
            return List.of(send, establish(welcome, nowNanos));
        }
        if (answer instanceof Message.Reject reject) {
            return List.of(send, finish(CloseReason.REFUSED, reject.reason() + ": " + reject.text()));
        }
        throw new IllegalStateException("an admission answers with welcome or reject, not " + nameOf(answer));
    }
}
