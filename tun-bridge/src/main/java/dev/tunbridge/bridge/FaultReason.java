package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.FileFault;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Why something failed, in one line for a log or a person. */
public final class FaultReason {
    private FaultReason() {}

    /**
     * What the kernel or a library says of the world stands by itself. Of a fault of the program Java tells the half only
     * (of a class that is gone no more than its name), so there the kind of fault comes first.
     */
    public static String of(Throwable fault) {
        Throwable cause = fault;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String kind = cause.getClass().getSimpleName();
        String message = cause instanceof IOException io ? FileFault.reason(io) : cause.getMessage();
        if (message == null || message.isBlank() || message.equals("null")) {
            return kind;
        }
        String line = message.strip().replaceAll("\\s+", " ");
        return cause instanceof IOException ? line : kind + ": " + line;
    }
}
