package dev.tunbridge.protocol.message;

import java.util.Optional;

/** Why a server refuses a hello. */
public enum RejectReason {
    VERSION(1),
    CARRIAGE(2),
    CREDENTIALS(3),
    BUSY(4);

    private final int code;

    RejectReason(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static Optional<RejectReason> ofCode(int code) {
        for (RejectReason reason : values()) {
            if (reason.code == code) {
                return Optional.of(reason);
            }
        }
        return Optional.empty();
    }
}
