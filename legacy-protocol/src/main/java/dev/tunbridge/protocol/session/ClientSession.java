package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Message;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The device's end: says hello, and waits for the one answer. */
public final class ClientSession extends Session {
    /** Twice what a server allows for the hello: both have a lossy path to cross, the answer after the question. */
    private static final long WELCOME_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Message.Hello hello;

    public ClientSession(Message.Hello hello, FrameFormat format) {
        super(format);
        this.hello = hello;
    }

    @Override
    long openingTimeoutNanos() {
        return WELCOME_TIMEOUT_NANOS;
    }

    @Override
    String awaited() {
        return "welcome";
    }

    @Override
    CloseReason openingTimeout() {
        return CloseReason.WELCOME_TIMEOUT;
    }

    @Override
    List<SessionAction> opening() {
        return List.of(new SessionAction.Send(hello));
    }

    @Override
    List<SessionAction> receivedOpening(Message message, long nowNanos) {
        if (message instanceof Message.Welcome welcome) {
            if (!hello.carriages().contains(welcome.carriage())) {
                return violation("welcome picks carriage " + welcome.carriage() + "; offered " + hello.carriages());
            }
            return List.of(establish(welcome, nowNanos));
        }
        if (message instanceof Message.Reject reject) {
            return List.of(
                    new SessionAction.Refused(reject),
                    finish(CloseReason.REFUSED, reject.reason() + ": " + reject.text()));
        }
        return violation(nameOf(message) + " before the welcome");
    }
}
